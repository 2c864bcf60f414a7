// Framing: from a stream of chunks to whole LDAPMessages, by size alone and before anything is parsed (RFC 4511 5.1).
import { ProtocolError } from './errors.js';

const SEQUENCE = 0x30;
/** Tag, length and at most four octets of length. */
const LONGEST_HEADER = 6;
const INCOMPLETE = -1;

/** Collects chunks and yields one message at a time. Chunks are joined once per message that spans them, never per chunk. */
export class Framer {
  private chunks: Buffer[] = [];
  /** Index of the first chunk in use, and of the first octet in it. */
  private first = 0;
  private offset = 0;
  private size = 0;
  /** Octets of the message at the front, header included; INCOMPLETE until its header is whole. */
  private wanted = INCOMPLETE;
  /** True until octets come, once `next` had no whole message. */
  private isExhausted = true;

  /** `limit`: octets of one message, header included; may be changed at any time and counts for the next header. */
  constructor(public limit: number) {}

  /** Octets received and not yet yielded. */
  get pendingBytes(): number {
    return this.size;
  }

  /** False if there may be a whole message, or octets that are none: `next` is to be asked. */
  get needsMore(): boolean {
    return this.isExhausted;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.size += chunk.length;
    this.isExhausted = false;
  }

  clear(): void {
    this.chunks = [];
    this.first = this.offset = this.size = 0;
    this.wanted = INCOMPLETE;
    this.isExhausted = true;
  }

  /** The next whole message: a view of the chunk that holds it, or a new buffer if it spans chunks. Throws ProtocolError (R53, R54). */
  next(): Buffer | undefined {
    if (this.wanted === INCOMPLETE) this.wanted = this.readHeader();
    if (this.wanted === INCOMPLETE || this.size < this.wanted) {
      this.isExhausted = true;
      return undefined;
    }
    const message = this.take(this.wanted);
    this.wanted = INCOMPLETE;
    return message;
  }

  private readHeader(): number {
    if (this.size === 0) return INCOMPLETE;
    const tag = this.peek(0);
    if (tag !== SEQUENCE) throw new ProtocolError('not an LDAPMessage: the first octet is no SEQUENCE');
    if (this.size < 2) return INCOMPLETE;
    const short = this.peek(1);
    let total: number;
    if (short < 0x80) total = 2 + short;
    else {
      const octets = short - 0x80;
      if (octets === 0) throw new ProtocolError('indefinite lengths are not allowed');
      if (octets > LONGEST_HEADER - 2) throw new ProtocolError('a length of more than four octets');
      if (this.size < 2 + octets) return INCOMPLETE;
      let length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + this.peek(2 + i);
      total = 2 + octets + length;
    }
    if (total > this.limit) throw new ProtocolError(`a message of ${total} octets is above the limit of ${this.limit}`);
    return total;
  }

  /** The octet at `index` of what is pending; a header may begin in one chunk and end in another. */
  private peek(index: number): number {
    let rest = this.offset + index;
    for (let i = this.first; i < this.chunks.length; i++) {
      const chunk = this.chunks[i]!;
      if (rest < chunk.length) return chunk[rest]!;
      rest -= chunk.length;
    }
    throw new RangeError('peeked beyond what is pending');
  }

  private take(length: number): Buffer {
    this.size -= length;
    const front = this.chunks[this.first]!;
    if (this.offset + length <= front.length) {
      const message = front.subarray(this.offset, this.offset + length);
      this.advance(length);
      return message;
    }
    const message = Buffer.allocUnsafe(length);
    for (let filled = 0; filled < length; ) {
      const chunk = this.chunks[this.first]!;
      const part = Math.min(length - filled, chunk.length - this.offset);
      chunk.copy(message, filled, this.offset, this.offset + part);
      filled += part;
      this.advance(part);
    }
    return message;
  }

  private advance(length: number): void {
    this.offset += length;
    if (this.offset < this.chunks[this.first]!.length) return;
    this.offset = 0;
    this.first++;
    if (this.first === this.chunks.length) {
      this.chunks = [];
      this.first = 0;
    } else if (this.first > 1024) {
      this.chunks = this.chunks.slice(this.first);
      this.first = 0;
    }
  }
}

/** Octets of tag and length of a message whose frame is whole. */
export function headerOctets(pdu: Buffer): number {
  const length = pdu[1]!;
  return length < 0x80 ? 2 : 2 + (length & 0x7f);
}
