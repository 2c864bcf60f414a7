// Responses to searches as they were sent: the same bytes from a session with the same view get the same bytes back.
import { LRUCache } from 'lru-cache';
import type { Snapshot } from '../directory/snapshot.js';
import type { Step, Trace } from '../gate/trace.js';
import type { SearchRequest } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import type { ResponseCopier, ResponseEncoder } from '../wire/encode-response.js';
import { messageEnds, writeID } from '../wire/envelope.js';
import type { Output } from './output.js';
import type { Search } from './search-question.js';

export interface CachedResponse {
  /** What was asked, in memory of its own: the same that begins with what is in `first`. */
  readonly search: Search;
  /** All messages one behind the other, with the message ID of `search`: the few of most responses, and the rest. */
  readonly first: Buffer;
  readonly rest: readonly Buffer[];
  /** Bytes and messages of all. */
  readonly size: number;
  readonly count: number;
  /** For the trace. */
  readonly request: SearchRequest | undefined;
  readonly name: string;
  /** Frozen: shared by all traces of this response. */
  readonly steps: Step[];
  readonly entries: number;
  readonly code: number;
  readonly reason: Trace['reason'];
}

/** Bytes of the largest response that is kept. */
const LARGEST = 2 * 1024 * 1024;
/** Bytes of the first part at most: an entry and its result mostly have room there. */
const FIRST = 2048;
/** Bytes of a further part, unless a single message is longer. */
const PART = 32 * 1024;
/** Most responses have no further part: one list does for all of them. */
const NO_REST: readonly Buffer[] = [];
/** Bytes that each byte of the request costs: for the copy, and for the decoded request. */
const REQUEST = 16;
/** About the bytes that a response costs beside its own and its request's. */
const OVERHEAD = 512;
/** Responses that depend on nothing but request and view: not on how long something took, nor on what else was going on. */
const LASTING: readonly number[] = [ResultCode.success, ResultCode.sizeLimitExceeded, ResultCode.noSuchObject];

/**
 * Bounded by bytes; emptied when there is a new snapshot. There is one response for each hash: of two searches that share one, the newer replaces the
 * older, so invented searches make nothing grow.
 */
export class ResponseCache {
  private readonly known: LRUCache<number, CachedResponse>;
  private snapshot: Snapshot | undefined;

  /** `octets`: of all responses together. */
  constructor(octets: number) {
    this.known = new LRUCache({ maxSize: octets, maxEntrySize: Math.min(LARGEST, octets), sizeCalculation: sizeOf });
  }

  /** The response to the same search; undefined if it is not known. */
  find(search: Search): CachedResponse | undefined {
    const found = this.known.get(search.hash);
    return found?.search.equals(search) === true ? found : undefined;
  }

  /** Writes a response that was found; `trace` has begun, and ends with it. */
  tell(response: CachedResponse, search: Search, output: Output, trace: Trace): void {
    send(response, search, output);
    retell(response, trace);
  }

  /** Collects the messages of a response that is being made; its `finish` keeps it if it is worth that. */
  record(search: Search): Recording {
    const { snapshot } = this;
    // It may end when there is another snapshot already.
    return new Recording(search, (response) => {
      if (this.snapshot === snapshot) this.known.set(search.hash, response);
    });
  }

  /** Drops the responses from older snapshots: no view of theirs will be asked for again. */
  follow(snapshot: Snapshot | undefined): void {
    if (snapshot === this.snapshot) return;
    this.known.clear();
    this.snapshot = snapshot;
  }
}

/** Copies messages together as they come, so the end of a long response costs no more than any of its messages. */
export class Recording implements ResponseCopier {
  /** Parts that take no more; each is as long as it is filled. */
  private parts: Buffer[] | undefined = [];
  /** The part that is being filled. The first one begins with the request, so a look-up brings the response into the CPU's cache as well. */
  private memory: Buffer;
  private filled: number;
  private size = 0;
  private count = 0;

  constructor(
    private readonly search: Search,
    private readonly keep: (response: CachedResponse) => void,
  ) {
    // Not from the pool that small Buffers share: what is kept for long would keep all of it.
    this.memory = Buffer.allocUnsafeSlow(search.size + FIRST);
    this.filled = search.copyTo(this.memory);
  }

  /** The message that was encoded last, and its length in bytes. */
  add(message: ResponseEncoder, octets: number): void {
    this.size += octets;
    this.count++;
    if (this.size > LARGEST) this.spoil();
    if (this.parts === undefined) return;
    if (this.filled + octets > this.memory.length) {
      this.closePart(this.parts);
      this.memory = Buffer.allocUnsafeSlow(Math.max(PART, octets));
      this.filled = 0;
    }
    message.copyTo(this.memory, this.filled);
    this.filled += octets;
  }

  /** A message of it was not sent: it is not kept. */
  spoil(): void {
    this.parts = undefined;
  }

  /** `trace` has ended. */
  finish(trace: Trace): void {
    const { parts, size, count } = this;
    if (parts === undefined || !LASTING.includes(trace.code)) return;
    this.closePart(parts);
    const [begin, ...rest] = parts as [Buffer, ...Buffer[]];
    const search = this.search.movedTo(begin);
    const { name, request, entries, code, reason } = trace;
    // Told again they take no time.
    const steps = trace.steps.map(({ name, decision }): Step => ({ name, decision, at: 0 }));
    steps.push({ name: 'recall', decision: 'the same was answered from this snapshot before', at: 0 });
    Object.freeze(steps);
    this.keep({
      search,
      first: begin.subarray(search.size),
      rest: rest.length === 0 ? NO_REST : rest,
      size,
      count,
      request: detached(request),
      name,
      steps,
      entries,
      code,
      reason,
    });
  }

  /** The part takes no more memory than it needs. */
  private closePart(parts: Buffer[]): void {
    const { memory, filled } = this;
    if (filled === memory.length) return void parts.push(memory);
    const exact = Buffer.allocUnsafeSlow(filled);
    memory.copy(exact, 0, 0, filled);
    parts.push(exact);
  }
}

/** Its filter is made of views of the bytes that it came in, which are a part of the socket's whole chunk. */
function detached(request: SearchRequest | undefined): SearchRequest | undefined {
  return request === undefined ? undefined : structuredCloneOf(request);
}

/** A copy with memory of its own; `structuredClone` would make Uint8Arrays of Buffers. */
function structuredCloneOf<T>(value: T): T {
  if (Buffer.isBuffer(value)) {
    const own = Buffer.allocUnsafeSlow(value.length);
    value.copy(own);
    return own as T;
  }
  if (Array.isArray(value)) return value.map(structuredCloneOf) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, structuredCloneOf(part)])) as T;
}

function send(response: CachedResponse, search: Search, output: Output): void {
  const { first, rest } = response;
  if (first.length > 0) sendPart(first, response, search, output);
  for (let i = 0; i < rest.length; i++) sendPart(rest[i]!, response, search, output);
}

/** A copy with the right ID. A long one that has that ID already is sent as it is: common with clients that reconnect for each login. */
function sendPart(part: Buffer, response: CachedResponse, { messageID, idOctets }: Search, output: Output): void {
  const { length } = part;
  if (length <= PART) {
    const at = output.reserve(length);
    part.copy(output.memory, at);
    writeID(output.memory, at, length, messageID, idOctets);
    return output.added(at, length, endsFor(output, output.memory, at, length));
  }
  if (messageID === response.search.messageID) return output.add(part, endsFor(output, part, 0, length));
  const copy = Buffer.allocUnsafeSlow(length);
  part.copy(copy);
  writeID(copy, 0, length, messageID, idOctets);
  output.add(copy, endsFor(output, copy, 0, length));
}

function endsFor({ isEncrypted }: Output, memory: Buffer, start: number, length: number): number[] | undefined {
  return isEncrypted ? messageEnds(memory, start, length) : undefined;
}

function sizeOf({ search, size, count }: CachedResponse): number {
  return size + REQUEST * search.size + 24 * count + OVERHEAD;
}

function retell(response: CachedResponse, trace: Trace): void {
  trace.name = response.name;
  trace.request = response.request;
  trace.entries = response.entries;
  trace.retell(response.steps);
  trace.end(response.code, response.reason);
}
