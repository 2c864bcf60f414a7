// Responses to clients as octets, one after the other in memory that is used again (RFC 4511 4.1.1): a message of its own would cost half a
// kilobyte of garbage for the fourteen octets of a bind's success.
import type { Control, LDAPResult, Response } from '../ldap/message.js';
import { BerWriter, Tag } from './ber.js';
import { writeMessage } from './encode.js';
import { OpTag } from './tags.js';

/** Octets of the memory that is kept; a longer response takes more for its time. */
const ROOM = 64 * 1024;

/** Encodes one response at a time. What holds a secret is not to be encoded here: its octets stay until others are written over them. */
export class ResponseEncoder {
  private readonly writer = new BerWriter(ROOM);

  /** Returns how many octets the message takes, for `copyTo`. */
  encode(messageID: number, op: Response, controls: readonly Control[] | undefined): number {
    const { writer } = this;
    writer.restart(ROOM);
    writeMessage(writer, messageID, op, controls);
    return writer.length;
  }

  /** Copies the message that was encoded last to `at` of other memory. */
  copyTo(memory: Buffer, at: number): void {
    this.writer.copyTo(memory, at);
  }
}

/** Who takes a copy of what is encoded. */
export interface ResponseCopier {
  /** The message that was encoded last, and its length in octets. */
  add(message: ResponseEncoder, octets: number): void;
}

/**
 * The tag of a response that says no more than a result code, as most binds and searches end; 0 for any other. Such a response has
 * `briefOctets` and is written by `writeBrief`.
 */
export function briefTag(op: Response): number {
  switch (op.kind) {
    case 'bindResponse':
      return op.serverSaslCreds === undefined && isBrief(op.result) ? OpTag.bindResponse : 0;
    case 'searchResultDone':
      return isBrief(op.result) ? OpTag.searchResultDone : 0;
    default:
      return 0;
  }
}

function isBrief({ code, matchedDN, text, referral }: LDAPResult): boolean {
  return text === '' && matchedDN === '' && referral === undefined && code >= 0 && code < 0x80;
}

/** Octets of a response that `briefTag` has a tag for. `messageID`: from 0 to 2^31-1. */
export function briefOctets(messageID: number): number {
  return BRIEF + (messageID < 0x80 ? 1 : messageID < 0x8000 ? 2 : messageID < 0x80_0000 ? 3 : 4);
}

/** All but the octets of the message ID. */
const BRIEF = 13;

/** Writes `briefOctets` octets at `at`: what `encodeMessage` makes of it, without a writer. */
export function writeBrief(memory: Buffer, at: number, messageID: number, tag: number, code: number): void {
  const idOctets = briefOctets(messageID) - BRIEF;
  memory[at] = Tag.sequence;
  memory[at + 1] = BRIEF - 2 + idOctets;
  memory[at + 2] = Tag.integer;
  memory[at + 3] = idOctets;
  let end = at + 4 + idOctets;
  for (let i = end - 1, rest = messageID; i >= at + 4; i--, rest >>= 8) memory[i] = rest;
  memory[end++] = tag;
  memory[end++] = 7;
  memory[end++] = Tag.enumerated;
  memory[end++] = 1;
  memory[end++] = code;
  // matchedDN and diagnosticMessage
  memory[end++] = Tag.octetString;
  memory[end++] = 0;
  memory[end++] = Tag.octetString;
  memory[end] = 0;
}
