// The envelope of a message as octets: which messages are plain searches, and where the message ID is (RFC 4511 4.1.1).
import { OpTag } from './tags.js';

const INTEGER = 0x02;

/**
 * Where the SearchRequest begins in a message, from `at` to `end` of this memory, that is one search without controls, with its message ID in
 * the shortest form; -1 for any other message. Two messages with equal octets from there on ask the same.
 */
export function plainSearchStart(memory: Buffer, at = 0, end = memory.length): number {
  const id = at + headerOctetsAt(memory, at) + 2;
  if (memory[id - 2] !== INTEGER) return -1;
  const idOctets = memory[id - 1]!;
  const start = id + idOctets;
  if (idOctets < 1 || idOctets > 4 || end < start + 2 || memory[start] !== OpTag.searchRequest) return -1;
  // A search with controls has them behind the operation: its octets then reach further than the operation's length says.
  const length = memory[start + 1]!;
  if (length < 0x80 ? start + 2 + length !== end : !endsWithLongForm(memory, start, end)) return -1;
  // The decoder answers what is not an ID, or not in its shortest form.
  return memory[id]! < 0x80 && idOctets === shortestID(messageIDBefore(memory, start, idOctets)) ? start : -1;
}

/** How many octets the message ID takes of a message from `at` on whose operation begins at `start`: those right before it. */
export function idOctetsBefore(memory: Buffer, at: number, start: number): number {
  return start - at - headerOctetsAt(memory, at) - 2;
}

/** The message ID in the `idOctets` octets before `start`; it is not negative. */
export function messageIDBefore(memory: Buffer, start: number, idOctets: number): number {
  let id = 0;
  for (let i = start - idOctets; i < start; i++) id = id * 256 + memory[i]!;
  return id;
}

/** Writes an ID into each of the consecutive messages from `start` on. They are of our own encoding, with room for an ID of this length. */
export function writeID(memory: Buffer, start: number, length: number, messageID: number, idOctets: number): void {
  for (let at = start; at < start + length; at = messageEnd(memory, at)) {
    const end = at + headerOctetsAt(memory, at) + 2 + idOctets;
    let rest = messageID;
    for (let i = end - 1; i >= end - idOctets; i--) {
      memory[i] = rest;
      rest >>>= 8;
    }
  }
}

/** Where each of such messages ends, counted from `start`. */
export function messageEnds(memory: Buffer, start: number, length: number): number[] {
  const ends: number[] = [];
  for (let at = start; at < start + length; ) {
    at = messageEnd(memory, at);
    ends.push(at - start);
  }
  return ends;
}

function messageEnd(memory: Buffer, at: number): number {
  const short = memory[at + 1]!;
  if (short < 0x80) return at + 2 + short;
  let length = 0;
  for (let i = 0; i < short - 0x80; i++) length = length * 256 + memory[at + 2 + i]!;
  return at + headerOctetsAt(memory, at) + length;
}

function headerOctetsAt(memory: Buffer, at: number): number {
  const short = memory[at + 1]!;
  return short < 0x80 ? 2 : 2 + (short & 0x7f);
}

function endsWithLongForm(memory: Buffer, start: number, end: number): boolean {
  const octets = memory[start + 1]! - 0x80;
  if (octets < 1 || octets > 4 || end < start + 2 + octets) return false;
  return start + 2 + octets + memory.readUIntBE(start + 2, octets) === end;
}

function shortestID(id: number): number {
  return id < 0x80 ? 1 : id < 0x8000 ? 2 : id < 0x80_0000 ? 3 : 4;
}
