// Answers to searches as they were sent: the same octets asked by somebody who may see the same get the same octets back.
import { LRUCache } from 'lru-cache';
import type { Snapshot } from '../directory/snapshot.js';
import { ResultCode } from '../ldap/result-code.js';
import { OpTag } from '../wire/tags.js';
import type { GateContext } from './context.js';
import { currentSnapshot } from './context.js';
import type { Session } from './session.js';
import type { Trace } from './trace.js';

/** A search, as it is looked up: everything that could change its answer but the snapshot. */
export interface Question {
  readonly key: string;
  readonly messageID: number;
  /** How many octets the message ID takes: an answer has room for so many. */
  readonly idOctets: number;
  readonly snapshot: Snapshot;
}

interface Remembered {
  /** All messages one behind the other, with some message ID. */
  readonly octets: Buffer;
  /** Where each message ends. */
  readonly ends: readonly number[];
  /** Where each message's ID stands. */
  readonly ids: readonly number[];
  /** For the trace. */
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
    this.known = new LRUCache({ maxSize: octets, maxEntrySize: LARGEST, sizeCalculation: sizeOf });
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
    return new Recording((answer) => {
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

  constructor(private readonly keep: (answer: Remembered) => void) {}

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
    this.keep({ octets: Buffer.concat(messages, this.size), ends, ids, name, steps, entries, code, reason });
  }
}

/**
 * The question that these octets ask in this session; undefined unless they are one search without controls, in a form that is
 * read in one way only, by somebody whose sight has a name.
 */
export function questionOf(pdu: Buffer, session: Session, context: GateContext): Question | undefined {
  const header = headerOctets(pdu);
  if (pdu[header] !== 0x02) return undefined;
  const idOctets = pdu[header + 1]!;
  if (idOctets < 1 || idOctets > 4) return undefined;
  const start = header + 2 + idOctets;
  if (pdu.length < start + 2 || pdu[start] !== OpTag.searchRequest) return undefined;
  // A search with controls has them behind the operation: its octets then reach further than the operation's length says.
  const length = pdu[start + 1]!;
  if (length < 0x80 ? start + 2 + length !== pdu.length : !endsWithLongForm(pdu, start)) return undefined;
  const messageID = pdu.readIntBE(header + 2, idOctets);
  // The decoder answers what is not an ID, or not in its shortest form.
  if (messageID < 1 || idOctets !== shortest(messageID)) return undefined;
  const snapshot = currentSnapshot(context);
  if (typeof snapshot === 'string') return undefined;
  const sight = sightOf(session, context, snapshot);
  if (sight === undefined) return undefined;
  return { key: `${sight}${idOctets}${pdu.toString('latin1', start)}`, messageID, idOctets, snapshot };
}

/** Names what a session may see; equal names see the same. Told apart by the first character, and a uid by its length in front. */
function sightOf({ identity, channel }: Session, context: GateContext, snapshot: Snapshot): string | undefined {
  switch (identity.kind) {
    case 'anonymous':
      return `n${channel}`;
    case 'service':
      return `s${channel}`;
    case 'user':
      if (snapshot.user(identity.uid) === undefined) return undefined;
      if (context.userSearch !== 'self') return `${context.userSearch === 'all' ? 'a' : 'e'}${channel}`;
      return `u${channel}${identity.uid.length}:${identity.uid}`;
  }
}

/** Octets of tag and length of the message, whose frame has been checked. */
function headerOctets(pdu: Buffer): number {
  const length = pdu[1]!;
  return length < 0x80 ? 2 : 2 + (length & 0x7f);
}

function endsWithLongForm(pdu: Buffer, start: number): boolean {
  const octets = pdu[start + 1]! - 0x80;
  if (octets < 1 || octets > 4 || pdu.length < start + 2 + octets) return false;
  return start + 2 + octets + pdu.readUIntBE(start + 2, octets) === pdu.length;
}

function shortest(id: number): number {
  return id < 0x80 ? 1 : id < 0x8000 ? 2 : id < 0x80_0000 ? 3 : 4;
}

function sizeOf({ octets, ids }: Remembered, key: string): number {
  return octets.length + key.length + 16 * ids.length + OVERHEAD;
}

function retold(answer: Remembered, trace: Trace): Trace {
  trace.name = answer.name;
  trace.entries = answer.entries;
  for (const { name, decision } of answer.steps) trace.step(name, decision);
  trace.step('recall', 'the same was answered from this snapshot before');
  return trace.end(answer.code, answer.reason);
}
