// Responses to searches as they were sent: the same octets asked by a session with the same view get the same octets back.
import { LRUCache } from 'lru-cache';
import type { Snapshot } from '../directory/snapshot.js';
import type { Step, Trace } from '../gate/trace.js';
import type { SearchRequest } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import type { ResponseCopier, ResponseEncoder } from '../wire/encode-response.js';
import { idOffset } from '../wire/envelope.js';
import type { Output } from './output.js';
import type { Search } from './search-question.js';

export interface CachedResponse {
  /** What was asked, in memory of its own. */
  readonly search: Search;
  /** All messages one behind the other, with the message ID of `search`. */
  readonly parts: readonly Part[];
  /** Octets and messages of all parts. */
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

/** Some messages of a response, as they are copied together; one if it is long. */
interface Part {
  octets: Buffer;
  /** Where in them each message ends, and where its ID stands. */
  readonly ends: number[];
  readonly ids: number[];
}

/** Octets of one response that is worth keeping. */
const LARGEST = 2 * 1024 * 1024;
/** Octets of a part, unless a single message is longer. */
const PART = 32 * 1024;
/** What an octet of the request costs: those of the copy, and what the decoded request makes of it. */
const REQUEST = 16;
/** About what a response costs beside its octets and its request. */
const OVERHEAD = 512;
/** Responses that depend on nothing but request and view: not on how long something took, nor on what else was going on. */
const LASTING: readonly number[] = [ResultCode.success, ResultCode.sizeLimitExceeded, ResultCode.noSuchObject];

/**
 * Bounded by octets; emptied when there is a new snapshot. There is one response for each hash: of two searches that share one, the newer
 * takes the place of the older, so nothing grows with them, whoever makes them up.
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
    return new Recording(search.detached(), (response) => this.known.set(search.hash, response));
  }

  /** Drops the responses from older snapshots: no view of theirs will be asked for again. */
  follow(snapshot: Snapshot | undefined): void {
    if (snapshot === this.snapshot) return;
    this.known.clear();
    this.snapshot = snapshot;
  }
}

/** Copies messages together as they come, so that the end of a long response costs no more than any of its messages. */
export class Recording implements ResponseCopier {
  private parts: Part[] | undefined = [];
  /** Octets in use of the last part. */
  private filled = 0;
  private size = 0;
  private count = 0;

  constructor(
    private readonly search: Search,
    private readonly keep: (response: CachedResponse) => void,
  ) {}

  /** The message that was encoded last, of so many octets. */
  add(message: ResponseEncoder, octets: number): void {
    this.size += octets;
    this.count++;
    if (this.size > LARGEST) this.parts = undefined;
    if (this.parts === undefined) return;
    let part = this.parts.at(-1);
    if (part === undefined || this.filled + octets > part.octets.length) {
      this.closePart();
      // Not from the pool that small Buffers share: what is kept for long would keep all of it.
      part = { octets: Buffer.allocUnsafeSlow(Math.max(PART, octets)), ends: [], ids: [] };
      this.parts.push(part);
    }
    message.copyTo(part.octets, this.filled);
    part.ids.push(this.filled + idOffset(part.octets, this.filled));
    this.filled += octets;
    part.ends.push(this.filled);
  }

  /** A message of it was not sent: it is not kept. */
  spoil(): void {
    this.parts = undefined;
  }

  /** `trace` has ended. */
  finish(trace: Trace): void {
    const { parts, size, count } = this;
    if (parts === undefined || !LASTING.includes(trace.code)) return;
    this.closePart();
    const { name, request, entries, code, reason } = trace;
    // Told again they take no time.
    const steps = trace.steps.map(({ name, decision }): Step => ({ name, decision, at: 0 }));
    steps.push({ name: 'recall', decision: 'the same was answered from this snapshot before', at: 0 });
    Object.freeze(steps);
    const { search } = this;
    this.keep({ search, parts, size, count, request: detached(request), name, steps, entries, code, reason });
  }

  /** The last part takes no more memory than it needs. */
  private closePart(): void {
    const part = this.parts?.at(-1);
    if (part !== undefined && this.filled < part.octets.length) {
      const exact = Buffer.allocUnsafeSlow(this.filled);
      part.octets.copy(exact, 0, 0, this.filled);
      part.octets = exact;
    }
    this.filled = 0;
  }
}

/** Its filter is made of views of the octets that it came in, and those are a part of all that the socket received. */
function detached(request: SearchRequest | undefined): SearchRequest | undefined {
  return request === undefined ? undefined : structuredCloneOf(request);
}

/** A copy with octets of its own; `structuredClone` would make Uint8Arrays of Buffers. */
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

/** As it is if the ID is the same, as it often is with clients that connect anew for each login; else a copy with the right one. */
function send(response: CachedResponse, search: Search, output: Output): void {
  for (const { octets, ends, ids } of response.parts) {
    if (search.messageID === response.search.messageID) {
      output.add(octets, ends);
      continue;
    }
    const { length } = octets;
    const isShort = length <= PART;
    const at = isShort ? output.reserve(length) : 0;
    const memory = isShort ? output.memory : Buffer.allocUnsafeSlow(length);
    octets.copy(memory, at);
    for (const id of ids) memory.writeIntBE(search.messageID, at + id, search.idOctets);
    if (isShort) output.added(at, length, ends);
    else output.add(memory, ends);
  }
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
