// Framing: from a stream of chunks to whole LDAPMessages, by size alone and before anything is parsed (RFC 4511 5.1).
import { MessageTooLong, ProtocolError } from './errors.js';

const SEQUENCE = 0x30;
/** Tag, length and at most four octets of length. */
const LONGEST_HEADER = 6;
const INCOMPLETE = -1;

/** Chunks of a message that are kept as they come; beyond these, small ones are copied together: a Buffer costs a hundred octets and more. */
const FEW_CHUNKS = 4;
const SMALL_CHUNK = 4096;
/** Capacity of the buffer that small chunks are copied into: it starts with the one, doubles, and ends with the other. */
const SMALLEST_TAIL = 1024;
const LARGEST_TAIL = 64 * 1024;
/** The first chunk may keep this much memory for however few octets are left of it. */
const SLACK = 16 * 1024;
/** While whole messages are left of the first chunk, it stays until so small a part of it is left. */
const SMALL_REST = 1 / 16;

/**
 * Collects chunks and yields one message at a time. A chunk of whole messages is not copied: they are views of it, unless each is a
 * small part of a large one. What waits for more is copied together when it comes in many small chunks, or when it is the smaller part
 * of a large one. So the memory kept is at most twice `pendingBytes` and 32 KiB, in at most one Buffer per 2 KiB and seven more, however
 * the octets are cut (and, while its whole messages are being taken, the chunk that they came in). Each octet is copied a bounded number of times, and wiped where it was copied
 * from: a password may be among them, and the code that wipes it knows only its last place.
 */
export class Framer {
  /** What is pending: of the first chunk what is behind `offset`, and the chunks behind it. Most messages come in a chunk of their own. */
  private front: Buffer | undefined;
  private offset = 0;
  private readonly behind: Buffer[] = [];
  private size = 0;
  /** The memory of which the last chunk is the part in use, if small chunks may be copied behind it. */
  private tail: Buffer | undefined;
  /** Octets of the message at the front, header included; INCOMPLETE until `next` has accepted its header. */
  private wanted = INCOMPLETE;

  /** `limit`: octets of one message, header included; may be changed at any time and counts for the next header. */
  constructor(public limit: number) {}

  /** Octets received and not yet yielded. */
  get pendingBytes(): number {
    return this.size;
  }

  /** True if `next` can neither yield a message nor refuse one before more octets arrive. */
  get needsMore(): boolean {
    if (this.size === 0) return true;
    const octets = this.octetsAtHand();
    return octets === INCOMPLETE || octets > this.size;
  }

  /** Adds octets; the caller leaves the chunk alone from then on: it may be wiped. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.size === 0) this.front = chunk;
    else {
      this.compact();
      this.keep(chunk);
    }
    this.size += chunk.length;
  }

  /** Wipes and forgets what is pending. */
  clear(): void {
    this.front?.fill(0, this.offset);
    for (const chunk of this.behind) chunk.fill(0);
    this.size = 0;
    this.wanted = INCOMPLETE;
    this.forget();
  }

  /**
   * The next whole message: a view of the chunk that holds it, or a buffer of its own if it spans chunks or is a small part of a large one.
   * Throws ProtocolError (R53, R54).
   */
  next(): Buffer | undefined {
    if (this.wanted === INCOMPLETE) this.wanted = this.acceptHeader();
    if (this.wanted === INCOMPLETE || this.size < this.wanted) {
      this.compact();
      return undefined;
    }
    const message = this.take(this.wanted);
    this.wanted = INCOMPLETE;
    return message;
  }

  /**
   * Where the next message ends in `chunk`, which holds all of it from `start` on; -1 if no chunk does. It can be read there without the view that
   * `next` makes. Throws as `next` does.
   */
  endInChunk(): number {
    if (this.wanted === INCOMPLETE) this.wanted = this.acceptHeader();
    if (this.wanted === INCOMPLETE) return -1;
    const end = this.offset + this.wanted;
    return end <= this.front!.length ? end : -1;
  }

  get chunk(): Buffer {
    return this.front!;
  }

  get start(): number {
    return this.offset;
  }

  /** Drops the message that `endInChunk` has found; its octets are not wiped. */
  skip(): void {
    this.size -= this.wanted;
    this.passTo(this.offset + this.wanted);
    this.wanted = INCOMPLETE;
  }

  private acceptHeader(): number {
    const found = this.readHeader();
    if (typeof found === 'string') throw new ProtocolError(found);
    if (found > this.limit)
      throw new MessageTooLong(`a message of ${found} octets is above the limit of ${this.limit}`);
    return found;
  }

  /** Octets of the message at the front, INCOMPLETE if its header is, 0 if `next` would refuse it. */
  private octetsAtHand(): number {
    if (this.wanted !== INCOMPLETE) return this.wanted;
    const found = this.readHeader();
    return typeof found === 'string' || found > this.limit ? 0 : found;
  }

  /** Octets of the message at the front as its header says, INCOMPLETE, or why it is not a message. */
  private readHeader(): number | string {
    if (this.size === 0) return INCOMPLETE;
    if (this.peek(0) !== SEQUENCE) return 'not an LDAPMessage: it does not begin with a SEQUENCE';
    if (this.size < 2) return INCOMPLETE;
    const short = this.peek(1);
    if (short < 0x80) return 2 + short;
    const octets = short - 0x80;
    if (octets === 0) return 'indefinite lengths are not allowed';
    if (octets > LONGEST_HEADER - 2) return 'a length of more than four octets';
    if (this.size < 2 + octets) return INCOMPLETE;
    let length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + this.peek(2 + i);
    return 2 + octets + length;
  }

  /** The octet at `index` of what is pending; a header may begin in one chunk and end in another. */
  private peek(index: number): number {
    const front = this.front!;
    let rest = this.offset + index;
    if (rest < front.length) return front[rest]!;
    rest -= front.length;
    for (const chunk of this.behind) {
      if (rest < chunk.length) return chunk[rest]!;
      rest -= chunk.length;
    }
    throw new RangeError('peeked beyond what is pending');
  }

  private take(length: number): Buffer {
    this.size -= length;
    const front = this.front!;
    const { offset } = this;
    const end = offset + length;
    if (end > front.length) return this.takeAcross(front, length);
    // A view costs as much as all the rest of this: a chunk that is one message is the message.
    const isWhole = offset === 0 && end === front.length;
    const view = isWhole ? front : front.subarray(offset, end);
    // What is done with a message may take long, and would keep all of a large chunk meanwhile.
    const message = isWasteful(front, length, SLACK) ? moved(view, 0) : view;
    this.passTo(end);
    return message;
  }

  /** Drops the first chunk up to `end`. */
  private passTo(end: number): void {
    if (end === this.front!.length) this.leave(1, 0);
    else this.leave(0, end);
  }

  /** A message that ends in a chunk behind the first one. */
  private takeAcross(front: Buffer, length: number): Buffer {
    const { behind } = this;
    const message = Buffer.allocUnsafe(length);
    let filled = move(front, this.offset, front.length, message, 0);
    let index = 0;
    for (; behind[index]!.length < length - filled; index++) {
      const chunk = behind[index]!;
      filled += move(chunk, 0, chunk.length, message, filled);
    }
    const rest = length - filled;
    const last = behind[index]!;
    move(last, 0, rest, message, filled);
    if (rest === last.length) this.leave(index + 2, 0);
    else this.leave(index + 1, rest);
    return message;
  }

  /** Drops `gone` chunks, and what is before `offset` in the next one. */
  private leave(gone: number, offset: number): void {
    const { behind } = this;
    if (gone > behind.length) return this.forget();
    if (gone > 0) {
      this.front = behind[gone - 1]!;
      behind.splice(0, gone);
    }
    this.offset = offset;
    const front = this.front!;
    if (front.length > SLACK && front.length - offset < front.length * SMALL_REST) this.compact();
  }

  private forget(): void {
    this.front = this.tail = undefined;
    this.offset = 0;
    if (this.behind.length > 0) this.behind.length = 0;
  }

  /** Copies what is left of the first chunk if that is the smaller part of a large memory. */
  private compact(): void {
    const { front } = this;
    if (front === undefined || !isWasteful(front, front.length - this.offset, SLACK)) return;
    this.front = moved(front, this.offset);
    if (this.behind.length === 0) this.tail = undefined;
    this.offset = 0;
  }

  /** Adds a chunk to others that are kept. */
  private keep(chunk: Buffer): void {
    const isLean = !isWasteful(chunk, chunk.length, 0);
    const isAmongFew = isLean && this.tail === undefined && this.behind.length + 1 < FEW_CHUNKS;
    if (!isAmongFew && chunk.length < SMALL_CHUNK) return this.append(chunk);
    this.behind.push(isLean ? chunk : moved(chunk, 0));
    this.tail = undefined;
  }

  /** Copies a small chunk behind the last one, into memory of our own that doubles when it is full. */
  private append(chunk: Buffer): void {
    const { tail, behind } = this;
    if (tail === undefined) {
      const begun = Buffer.allocUnsafeSlow(Math.max(SMALLEST_TAIL, 2 * chunk.length));
      behind.push(begun.subarray(0, move(chunk, 0, chunk.length, begun, 0)));
      this.tail = begun;
      return;
    }
    const isFront = behind.length === 0;
    const used = isFront ? this.front! : behind[behind.length - 1]!;
    const start = isFront ? this.offset : 0;
    if (used.length + chunk.length <= tail.length) {
      move(chunk, 0, chunk.length, tail, used.length);
      return this.replaceLast(tail.subarray(0, used.length + chunk.length));
    }
    const length = used.length - start + chunk.length;
    if (length > LARGEST_TAIL) {
      this.tail = undefined;
      return this.append(chunk);
    }
    const grown = Buffer.allocUnsafeSlow(Math.min(LARGEST_TAIL, Math.max(SMALLEST_TAIL, 2 * length)));
    move(chunk, 0, chunk.length, grown, move(used, start, used.length, grown, 0));
    this.tail = grown;
    this.replaceLast(grown.subarray(0, length));
    if (isFront) this.offset = 0;
  }

  private replaceLast(chunk: Buffer): void {
    const { behind } = this;
    if (behind.length === 0) this.front = chunk;
    else behind[behind.length - 1] = chunk;
  }
}

/** Copies octets and wipes them where they were; returns how many. */
function move(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  const octets = from.copy(to, at, start, end);
  from.fill(0, start, end);
  return octets;
}

/** The octets from `start` on in memory of their own. */
function moved(from: Buffer, start: number): Buffer {
  // Not from the pool that small Buffers share: what is kept for long would keep all of it.
  const copy = Buffer.allocUnsafeSlow(from.length - start);
  from.copy(copy, 0, start);
  from.fill(0, start);
  return copy;
}

/** Whether a view keeps more memory than twice its `inUse` octets, and more than `slack`. */
function isWasteful(view: Buffer, inUse: number, slack: number): boolean {
  return view.buffer.byteLength > Math.max(slack, 2 * inUse);
}

/** Octets of tag and length of a message whose frame is whole. */
export function headerOctets(pdu: Buffer): number {
  const length = pdu[1]!;
  return length < 0x80 ? 2 : 2 + (length & 0x7f);
}
