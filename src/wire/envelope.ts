// The envelope of a message as octets: which searches are asked in one way only, and where a message ID stands (RFC 4511 4.1.1).
import { headerOctets } from './frame.js';
import { OpTag } from './tags.js';

const INTEGER = 0x02;

/**
 * Where the SearchRequest begins in a message that is one search without controls, with its message ID in the shortest form; -1 for any
 * other message. Two messages with equal octets from there on ask the same.
 */
export function plainSearchStart(pdu: Buffer): number {
  const header = headerOctets(pdu);
  if (pdu[header] !== INTEGER) return -1;
  const idOctets = pdu[header + 1]!;
  const start = header + 2 + idOctets;
  if (idOctets < 1 || idOctets > 4 || pdu.length < start + 2 || pdu[start] !== OpTag.searchRequest) return -1;
  // A search with controls has them behind the operation: its octets then reach further than the operation's length says.
  const length = pdu[start + 1]!;
  if (length < 0x80 ? start + 2 + length !== pdu.length : !endsWithLongForm(pdu, start)) return -1;
  const messageID = pdu.readIntBE(header + 2, idOctets);
  // The decoder answers what is not an ID, or not in its shortest form.
  return messageID >= 0 && idOctets === shortestID(messageID) ? start : -1;
}

/** How many octets the message ID takes of a message whose operation begins at `start`: those right before it. */
export function idOctetsBefore(pdu: Buffer, start: number): number {
  return start - headerOctets(pdu) - 2;
}

/** Puts an ID into each of the messages that stand one behind the other from `start` on. They are of our own encoding, with room for so long an ID. */
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

function endsWithLongForm(pdu: Buffer, start: number): boolean {
  const octets = pdu[start + 1]! - 0x80;
  if (octets < 1 || octets > 4 || pdu.length < start + 2 + octets) return false;
  return start + 2 + octets + pdu.readUIntBE(start + 2, octets) === pdu.length;
}

function shortestID(id: number): number {
  return id < 0x80 ? 1 : id < 0x8000 ? 2 : id < 0x80_0000 ? 3 : 4;
}
