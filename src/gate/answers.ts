// Answers to searches as they were sent: the same octets asked by somebody who may see the same get the same octets back.
import { LRUCache } from 'lru-cache';
import type { Snapshot } from '../directory/snapshot.js';
import type { SearchRequest } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { decodeRequest } from '../wire/decode.js';
import { headerOctets } from '../wire/frame.js';
import type { Trace } from './trace.js';

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

interface Remembered {
  /** All messages one behind the other, with some message ID. */
  readonly octets: Buffer;
  /** Where each message ends. */
  readonly ends: readonly number[];
  /** Where each message's ID stands. */
  readonly ids: readonly number[];
  /** For the trace. */
  readonly request: SearchRequest | undefined;
  readonly name: string;
  readonly steps: readonly { readonly name: Trace['steps'][number]['name']; readonly decision: string }[];
  readonly entries: number;
  readonly code: number;
  readonly reason: Trace['reason'];
}

/** Octets of one answer that is worth keeping. */
const LARGEST = 2 * 1024 * 1024;
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

  /** Writes the answer, each message through `write`, and returns its trace's contents; undefined if it is not known. */
  recall(question: Question, trace: () => Trace, write: (message: Buffer) => void): Trace | undefined {
    if (question.snapshot !== this.snapshot) return undefined;
    const answer = this.known.get(question.key);
    if (answer === undefined) return undefined;
    const octets = Buffer.allocUnsafe(answer.octets.length);
    answer.octets.copy(octets);
    for (const at of answer.ids) octets.writeIntBE(question.messageID, at, question.idOctets);
    let start = 0;
    for (const end of answer.ends) {
      write(octets.subarray(start, end));
      start = end;
    }
    return retold(answer, trace());
  }

  /** Collects the messages of an answer that is being made; `finish` keeps it if it is worth that. */
  record(question: Question): Recording {
    return new Recording(question.pdu, (answer) => {
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
    private readonly pdu: Buffer,
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
    const steps = trace.steps.map((step) => ({ name: step.name, decision: step.decision }));
    // In octets of its own: those that it came in are a part of what the socket received.
    const { op } = decodeRequest(Buffer.from(this.pdu));
    const request = op.kind === 'searchRequest' ? op : undefined;
    this.keep({ octets: Buffer.concat(messages, this.size), ends, ids, request, name, steps, entries, code, reason });
  }
}

function sizeOf({ octets, ids }: Remembered, key: string): number {
  return octets.length + 4 * key.length + 16 * ids.length + OVERHEAD;
}

function retold(answer: Remembered, trace: Trace): Trace {
  trace.name = answer.name;
  trace.request = answer.request;
  trace.entries = answer.entries;
  for (const { name, decision } of answer.steps) trace.step(name, decision);
  trace.step('recall', 'the same was answered from this snapshot before');
  return trace.end(answer.code, answer.reason);
}
