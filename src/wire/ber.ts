// BER by the rules of RFC 4511 5.1: definite lengths, primitive strings, single-octet tags. A reader and a writer on Buffers.
import { ProtocolError } from './errors.js';

/** Universal tags that LDAP uses. */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Reads elements from a range of a Buffer. Nothing is copied; every element stays inside its parent (R55). */
export class BerReader {
  /** Where the next element begins. */
  private position: number;

  constructor(
    readonly buffer: Buffer,
    start = 0,
    private end: number = buffer.length,
  ) {
    this.position = start;
  }

  get isAtEnd(): boolean {
    return this.position >= this.end;
  }

  /** The tag of the next element, or -1 at the end. */
  peekTag(): number {
    return this.isAtEnd ? -1 : this.buffer[this.position]!;
  }

  /** Reads the header of an element with this tag and returns its content's end; the position is then at the content. */
  private header(tag: number): number {
    if (this.position + 2 > this.end) throw new ProtocolError('an element is missing');
    const found = this.buffer[this.position]!;
    if (found !== tag) throw new ProtocolError(`tag ${found.toString(16)} instead of ${tag.toString(16)}`);
    let length = this.buffer[this.position + 1]!;
    let content = this.position + 2;
    if (length >= 0x80) {
      const octets = length - 0x80;
      if (octets === 0 || octets > 4) throw new ProtocolError('a length that is not allowed');
      if (content + octets > this.end) throw new ProtocolError('a length that is cut off');
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + this.buffer[content++]!;
    }
    if (length > this.end - content) throw new ProtocolError('an element reaches beyond its parent');
    this.position = content;
    return content + length;
  }

  /** A reader over the content of the next element, which must be constructed with this tag. */
  enter(tag: number): BerReader {
    const end = this.header(tag);
    const inner = new BerReader(this.buffer, this.position, end);
    this.position = end;
    return inner;
  }

  /** Goes on in the content of the next element, which must be constructed with this tag and all that is left. */
  descend(tag: number): void {
    const end = this.header(tag);
    if (end !== this.end) throw new ProtocolError(SURPLUS);
  }

  /** Where the next element begins: for `back`. */
  get mark(): number {
    return this.position;
  }

  /** Goes back to the element with this tag that begins at `mark`, and on in its content alone. */
  back(mark: number, tag: number): void {
    this.position = mark;
    this.end = this.header(tag);
  }

  /** Passes over the next element, which must have this tag; returns how many octets its content has. */
  skip(tag: number): number {
    const end = this.header(tag);
    const length = end - this.position;
    this.position = end;
    return length;
  }

  /** A reader of its own from here to the end. */
  clone(): BerReader {
    return new BerReader(this.buffer, this.position, this.end);
  }

  /** The content octets of the next element: a view. */
  octets(tag: number = Tag.octetString): Buffer {
    const end = this.header(tag);
    const content = this.buffer.subarray(this.position, end);
    this.position = end;
    return content;
  }

  /** UTF-8 text; invalid octets become U+FFFD, which no name holds (R24). */
  text(tag: number = Tag.octetString): string {
    const end = this.header(tag);
    const content = this.buffer.toString('utf8', this.position, end);
    this.position = end;
    return content;
  }

  /** An integer of 1 to 4 octets in its shortest form (R51). */
  integer(tag: number = Tag.integer): number {
    const end = this.header(tag);
    const start = this.position;
    const length = end - start;
    if (length < 1 || length > 4) throw new ProtocolError(`an integer of ${length} octets`);
    const { buffer } = this;
    const first = buffer[start]!;
    // The sign, which a shift by 24 carries into all 32 bits.
    let value = (first << 24) >> 24;
    // If the first nine bits are equal, the first octet is redundant (X.690 8.3.2).
    if (length > 1 && value === (buffer[start + 1]! << 24) >> 31)
      throw new ProtocolError('an integer that is not in its shortest form');
    for (let i = start + 1; i < end; i++) value = (value << 8) | buffer[i]!;
    this.position = end;
    return value;
  }

  /** One octet; any but 0 is true (R43). */
  boolean(tag: number = Tag.boolean): boolean {
    const end = this.header(tag);
    if (end - this.position !== 1) throw new ProtocolError('a BOOLEAN that is not one octet');
    const value = this.buffer[this.position] !== 0;
    this.position = end;
    return value;
  }

  /** Everything that is left, as it is: the content of a primitive operation. */
  rest(): Buffer {
    const content = this.buffer.subarray(this.position, this.end);
    this.position = this.end;
    return content;
  }

  /** Throws when something is left. */
  finish(): void {
    if (!this.isAtEnd) throw new ProtocolError(SURPLUS);
  }
}

const SURPLUS = 'surplus octets in an element';

/**
 * Writes from the back to the front: when a length has to be written its content is there already. So the last element of a sequence
 * is written first, and `wrap` closes whatever was written since a mark.
 */
export class BerWriter {
  private buffer: Buffer;
  private start: number;

  constructor(size = 512) {
    this.buffer = Buffer.allocUnsafe(size);
    this.start = size;
  }

  /** Octets written so far: a mark for `wrap`. */
  get length(): number {
    return this.buffer.length - this.start;
  }

  /** Makes room; may exchange `buffer`, so it is called before `buffer` is named. */
  private reserve(octets: number): number {
    if (octets > this.start) {
      const used = this.length;
      const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, used + octets + 64));
      this.buffer.copy(grown, grown.length - used, this.start);
      this.buffer = grown;
      this.start = grown.length - used;
    }
    this.start -= octets;
    return this.start;
  }

  private header(tag: number, length: number): void {
    if (length < 0x80) {
      const at = this.reserve(2);
      this.buffer[at] = tag;
      this.buffer[at + 1] = length;
      return;
    }
    let octets = 1;
    for (let rest = length; rest > 0xff; rest = Math.floor(rest / 256)) octets++;
    const at = this.reserve(2 + octets);
    this.buffer[at] = tag;
    this.buffer[at + 1] = 0x80 + octets;
    this.buffer.writeUIntBE(length, at + 2, octets);
  }

  /** Makes everything written since `mark` the content of one element. */
  wrap(tag: number, mark: number): void {
    this.header(tag, this.length - mark);
  }

  octets(value: Buffer, tag: number = Tag.octetString): void {
    const at = this.reserve(value.length);
    value.copy(this.buffer, at);
    this.header(tag, value.length);
  }

  /** Elements that are encoded already. */
  raw(elements: Buffer): void {
    const at = this.reserve(elements.length);
    elements.copy(this.buffer, at);
  }

  text(value: string, tag: number = Tag.octetString): void {
    const length = Buffer.byteLength(value, 'utf8');
    const at = this.reserve(length);
    this.buffer.write(value, at, length, 'utf8');
    this.header(tag, length);
  }

  /** A signed integer of at most 32 bits in its shortest form. */
  integer(value: number, tag: number = Tag.integer): void {
    const octets = integerOctets(value);
    const at = this.reserve(octets);
    if (octets === 1) this.buffer[at] = value;
    else this.buffer.writeIntBE(value, at, octets);
    this.header(tag, octets);
  }

  boolean(value: boolean, tag: number = Tag.boolean): void {
    const at = this.reserve(1);
    this.buffer[at] = value ? 0xff : 0x00;
    this.header(tag, 1);
  }

  /** What was written, as a view of a buffer that is not used again. */
  finish(): Buffer {
    return this.buffer.subarray(this.start);
  }

  /** Copies what was written to `at` of other memory. */
  copyTo(memory: Buffer, at: number): void {
    this.buffer.copy(memory, at, this.start);
  }

  /** Discards what was written, so its memory is used again; at most `kept` octets of it stay. */
  restart(kept: number): void {
    if (this.buffer.length > kept) this.buffer = Buffer.allocUnsafe(kept);
    this.start = this.buffer.length;
  }
}

/** Octets of a signed integer of at most 40 bits in its shortest form. */
function integerOctets(value: number): number {
  if (value >= -0x80 && value < 0x80) return 1;
  if (value >= -0x8000 && value < 0x8000) return 2;
  if (value >= -0x80_0000 && value < 0x80_0000) return 3;
  return value >= -0x8000_0000 && value < 0x8000_0000 ? 4 : 5;
}
