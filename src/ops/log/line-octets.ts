// Memory that holds lines of JSON one after the other as bytes, and the pieces that they are made of.
import { printable } from './printable.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const ZERO = 0x30;
/** Bytes up to which a loop copies faster than a call of `set`, 17 ns (Node 20). */
const SHORT = 12;
/** Client text up to here needs no cut; see `printable`. */
const UNCUT = 256;

/**
 * Each piece appends what pino and JSON.stringify would write; client text is made printable first. What is plain ASCII, as nearly
 * everything is, goes there character by character and makes nothing.
 *
 * A line that does not fit, or has a part that only pino knows how to write, is given up as a whole: `end` says so.
 */
export class LineOctets {
  readonly memory: Buffer;
  /** Bytes of whole lines. */
  length = 0;
  /** Where the next byte of the line being written goes: a line that is never ended leaves nothing behind. */
  private at = 0;
  private isGivenUp = false;

  /** `size`: of the memory, in bytes. */
  constructor(size: number) {
    this.memory = Buffer.allocUnsafeSlow(size);
  }

  begin(): void {
    this.at = this.length;
    this.isGivenUp = false;
  }

  /** True if the line is there. False: nothing of it is, and it has to be written in another way. */
  end(): boolean {
    if (!this.isGivenUp) this.length = this.at;
    return !this.isGivenUp;
  }

  /** A whole line, as it is; false if it does not fit. */
  append(line: string): boolean {
    this.begin();
    this.text(line);
    return this.end();
  }

  /** Bytes that are JSON already. */
  json(octets: Uint8Array): void {
    const { memory, at } = this;
    const size = octets.length;
    if (!this.hasRoom(size)) return;
    if (size > SHORT) memory.set(octets, at);
    else for (let i = 0; i < size; i++) memory[at + i] = octets[i]!;
    this.at = at + size;
  }

  /** A string of our own: of ASCII and without a character that JSON escapes, or the line is given up. */
  plain(text: string): void {
    this.octet(QUOTE);
    if (!this.ascii(text)) this.isGivenUp = true;
    this.octet(QUOTE);
  }

  /** A string of the client's. */
  client(text: string): void {
    this.octet(QUOTE);
    this.printable(text);
    this.octet(QUOTE);
  }

  /** An element of a list: a string of our own with client text behind it, as in `"resolveName: uid ada"`. */
  labelled(isFirst: boolean, label: string, separator: Uint8Array, text: string): void {
    if (!isFirst) this.octet(COMMA);
    this.octet(QUOTE);
    if (!this.ascii(label)) this.isGivenUp = true;
    this.json(separator);
    this.printable(text);
    this.octet(QUOTE);
  }

  number(value: number): void {
    if (value >>> 0 === value) this.digits(value);
    else if (!Number.isFinite(value) || !this.ascii(String(value))) this.isGivenUp = true;
  }

  /** A number of hundredths as a decimal fraction, in JavaScript's shortest form: 150 is `1.5`. */
  hundredths(value: number): void {
    if (value >>> 0 !== value) return this.number(value / 100);
    const rest = value % 100;
    this.digits((value - rest) / 100);
    if (rest === 0) return;
    this.octet(0x2e);
    this.octet(ZERO + Math.floor(rest / 10));
    if (rest % 10 !== 0) this.octet(ZERO + (rest % 10));
  }

  private octet(octet: number): void {
    if (this.hasRoom(1)) this.memory[this.at++] = octet;
  }

  private digits(value: number): void {
    let size = 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) size++;
    if (!this.hasRoom(size)) return;
    let rest = value;
    for (let at = this.at + size - 1; at >= this.at; at--) {
      const next = Math.floor(rest / 10);
      this.memory[at] = ZERO + rest - 10 * next;
      rest = next;
    }
    this.at += size;
  }

  private printable(text: string): void {
    if (text.length <= UNCUT && this.ascii(text)) return;
    this.text(JSON.stringify(printable(text)).slice(1, -1));
  }

  private text(text: string): void {
    if (this.hasRoom(3 * text.length)) this.at += this.memory.write(text, this.at, 'utf8');
  }

  /** Appends all of it or nothing: false if it has a character that JSON escapes or ASCII does not have. */
  private ascii(text: string): boolean {
    const { memory } = this;
    const size = text.length;
    if (!this.hasRoom(size)) return true;
    let at = this.at;
    for (let i = 0; i < size; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return false;
      memory[at++] = code;
    }
    this.at = at;
    return true;
  }

  private hasRoom(size: number): boolean {
    if (this.at + size <= this.memory.length) return true;
    this.isGivenUp = true;
    return false;
  }
}
