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
  /** Room for so many octets (64 KiB at most) in `memory`, to be filled and `added` at once. Returns where. */
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
  /** Where each message's ID stands. */
  readonly ids: readonly number[];
  /** For the trace. */
  readonly request: SearchRequest | undefined;
  readonly name: string;
  /** Frozen: shared by all who are told them again. */
  readonly steps: Step[];
  readonly entries: number;
  readonly code: number;
  readonly reason: Trace['reason'];
}

/** Octets of one answer that is worth keeping. */
const LARGEST = 2 * 1024 * 1024;
/** Octets of an answer that is copied to where other answers are. */
const SMALL = 16 * 1024;
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
    const ends: number[] = [];
    const ids: number[] = [];
    let start = 0;
    for (const message of messages) {
      ids.push(start + headerOctets(message) + 2);
      start += message.length;
      ends.push(start);
    }
    const { name, entries, code, reason } = trace;
    // Told again they take no time.
    const steps = trace.steps.map(({ name, decision }): Step => ({ name, decision, at: 0 }));
    steps.push({ name: 'recall', decision: 'the same was answered from this snapshot before', at: 0 });
    Object.freeze(steps);
    // In octets of its own: those that it came in are a part of what the socket received.
    const { op } = decodeRequest(Buffer.from(pdu));
    const request = op.kind === 'searchRequest' ? op : undefined;
    const octets = Buffer.concat(messages, this.size);
    this.keep({ octets, messageID, ends, ids, request, name, steps, entries, code, reason });
  }
}

/** As it is if the ID is the same, as it often is with clients that connect anew for each login; else a copy with the right one. */
function send({ octets, messageID, ends, ids }: Remembered, question: Question, sink: Sink): void {
  if (question.messageID === messageID) return sink.add(octets, ends);
  const { length } = octets;
  const isSmall = length <= SMALL;
  const at = isSmall ? sink.reserve(length) : 0;
  const memory = isSmall ? sink.memory : Buffer.allocUnsafeSlow(length);
  octets.copy(memory, at);
  for (const id of ids) memory.writeIntBE(question.messageID, at + id, question.idOctets);
  if (isSmall) sink.added(at, length, ends);
  else sink.add(memory, ends);
}

function sizeOf({ octets, ids }: Remembered, key: string): number {
  return octets.length + 4 * key.length + 16 * ids.length + OVERHEAD;
}

function retold(answer: Remembered, trace: Trace): Trace {
  trace.name = answer.name;
  trace.request = answer.request;
  trace.entries = answer.entries;
  trace.retell(answer.steps);
  return trace.end(answer.code, answer.reason);
}
