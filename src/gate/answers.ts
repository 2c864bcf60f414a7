// Answers to searches as they were sent: the same octets asked by somebody who may see the same get the same octets back.
import { LRUCache } from 'lru-cache';
import type { Snapshot } from '../directory/snapshot.js';
import type { SearchRequest } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { decodeRequest } from '../wire/decode.js';
import { headerOctets } from '../wire/frame.js';
import type { Step, Trace } from './trace.js';

/** A search, as it is looked up: everything that could change its answer but the snapshot. */
export interface Question {
  readonly key: string;
  readonly messageID: number;
  /** How many octets the message ID takes: an answer has room for so many. */
  readonly idOctets: number;
  readonly snapshot: Snapshot;
  /** The message itself. */
  readonly pdu: Buffer;
}

/** Takes whole messages, to be sent in their order. */
export interface Sink {
  /** Messages that nobody changes any more. `ends`: where each of them ends; one unless given. */
  add(octets: Buffer, ends?: readonly number[]): void;
  /** Room for so many octets (256 KiB at most) in `memory`, to be filled and `added` at once. Returns where. */
  reserve(octets: number): number;
  readonly memory: Buffer;
  added(at: number, octets: number, ends: readonly number[]): void;
}

interface Remembered {
  /** All messages one behind the other, with this message ID. */
  readonly octets: Buffer;
  readonly messageID: number;
  /** Where each message ends. */
  readonly ends: readonly number[];
  readonly parts: readonly Part[];
  /** For the trace. */
  readonly request: SearchRequest | undefined;
  readonly name: string;
  /** Frozen: shared by all who are told them again. */
  readonly steps: Step[];
  readonly entries: number;
  readonly code: number;
  readonly reason: Trace['reason'];
}

/** Some messages of an answer, as they are copied together; one if it is long. */
interface Part {
  readonly octets: Buffer;
  /** Where in them each message ends, and where its ID stands. */
  readonly ends: number[];
  readonly ids: number[];
}

/** Octets of one answer that is worth keeping. */
const LARGEST = 2 * 1024 * 1024;
/** Octets of a part, unless a single message is longer. */
const PART = 32 * 1024;
/** About what an answer costs beside its octets. */
const OVERHEAD = 512;
/** Answers that depend on nothing but the question and the snapshot: not on how long something took. */
const LASTING: readonly number[] = [ResultCode.success, ResultCode.sizeLimitExceeded, ResultCode.noSuchObject];

/** Bounded by octets; emptied when the snapshot changes. */
export class Answers {
  private readonly known: LRUCache<string, Remembered>;
  private snapshot: Snapshot | undefined;

  /** `octets`: of all answers together. */
  constructor(octets: number) {
    this.known = new LRUCache({ maxSize: octets, maxEntrySize: Math.min(LARGEST, octets), sizeCalculation: sizeOf });
  }

  /** Sends the answer and returns its trace, made of the one that is handed in; undefined if it is not known. */
  recall(question: Question, trace: () => Trace, sink: Sink): Trace | undefined {
    if (question.snapshot !== this.snapshot) return undefined;
    const answer = this.known.get(question.key);
    if (answer === undefined) return undefined;
    send(answer, question, sink);
    return retold(answer, trace());
  }

  /** Collects the messages of an answer that is being made; `finish` keeps it if it is worth that. */
  record(question: Question): Recording {
    return new Recording(question, (answer) => {
      if (this.snapshot !== question.snapshot) {
        this.known.clear();
        this.snapshot = question.snapshot;
      }
      this.known.set(question.key, answer);
    });
  }
}

export class Recording {
  private messages: Buffer[] | undefined = [];
  private size = 0;

  constructor(
    private readonly question: Question,
    private readonly keep: (answer: Remembered) => void,
  ) {}

  add(message: Buffer): void {
    this.size += message.length;
    if (this.size > LARGEST) this.messages = undefined;
    this.messages?.push(message);
  }

  /** `trace` has ended. */
  finish(trace: Trace): void {
    const { messages } = this;
    const { pdu, messageID } = this.question;
    if (messages === undefined || !LASTING.includes(trace.code)) return;
    const { name, entries, code, reason } = trace;
    // Told again they take no time.
    const steps = trace.steps.map(({ name, decision }): Step => ({ name, decision, at: 0 }));
    steps.push({ name: 'recall', decision: 'the same was answered from this snapshot before', at: 0 });
    Object.freeze(steps);
    // In octets of its own: those that it came in are a part of what the socket received.
    const { op } = decodeRequest(Buffer.from(pdu));
    const request = op.kind === 'searchRequest' ? op : undefined;
    // Not from the pool that small Buffers share: what is kept for long would keep all of it.
    const octets = Buffer.allocUnsafeSlow(this.size);
    let filled = 0;
    for (const message of messages) filled += message.copy(octets, filled);
    const parts = partsOf(octets, messages);
    const ends = parts.flatMap((part) => part.ends.map((end) => part.octets.byteOffset - octets.byteOffset + end));
    this.keep({ octets, messageID, ends, parts, request, name, steps, entries, code, reason });
  }
}

function partsOf(octets: Buffer, messages: readonly Buffer[]): Part[] {
  const parts: Part[] = [];
  let [start, end] = [0, 0];
  let ends: number[] = [];
  let ids: number[] = [];
  const close = () => {
    if (ends.length > 0) parts.push({ octets: octets.subarray(start, end), ends, ids });
    [start, ends, ids] = [end, [], []];
  };
  for (const message of messages) {
    if (end - start + message.length > PART) close();
    ids.push(end - start + headerOctets(message) + 2);
    end += message.length;
    ends.push(end - start);
  }
  close();
  return parts;
}

/** As it is if the ID is the same, as it often is with clients that connect anew for each login; else a copy with the right one. */
function send(answer: Remembered, question: Question, sink: Sink): void {
  if (question.messageID === answer.messageID) return sink.add(answer.octets, answer.ends);
  for (const { octets, ends, ids } of answer.parts) {
    const { length } = octets;
    const isShort = length <= PART;
    const at = isShort ? sink.reserve(length) : 0;
    const memory = isShort ? sink.memory : Buffer.allocUnsafeSlow(length);
    octets.copy(memory, at);
    for (const id of ids) memory.writeIntBE(question.messageID, at + id, question.idOctets);
    if (isShort) sink.added(at, length, ends);
    else sink.add(memory, ends);
  }
}

function sizeOf({ octets, ends }: Remembered, key: string): number {
  return octets.length + 4 * key.length + 24 * ends.length + OVERHEAD;
}

function retold(answer: Remembered, trace: Trace): Trace {
  trace.name = answer.name;
  trace.request = answer.request;
  trace.entries = answer.entries;
  trace.retell(answer.steps);
  return trace.end(answer.code, answer.reason);
}
