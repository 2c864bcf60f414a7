// HMAC-SHA-256 (RFC 2104) of a name and a password, by two hashes at one stroke: objects that hash bit by bit cost three times as much.
import { hash, randomBytes } from 'node:crypto';

/** Bytes of SHA-256's block and of its result. */
const BLOCK = 64;
const DIGEST = 32;
/** Bytes before the name: its length. */
const LENGTH = 4;
/** A name and a password of up to this many bytes together are hashed in an existing buffer. */
const USUAL = 512;
/** Bytes of a UTF-16 code unit in UTF-8, at most. */
const MOST_OCTETS = 3;

/** With a key of its own that nobody knows, and that ends with the process. */
export class KeyedHash {
  private readonly inner: Buffer;
  /** Its prefixes, by length: at most as many as it has bytes. */
  private readonly beginnings: Buffer[] = [];
  private readonly outer = Buffer.alloc(BLOCK + DIGEST);

  /** `key`: at most 64 bytes; random unless given. */
  constructor(private readonly key: Buffer = randomBytes(DIGEST)) {
    this.inner = this.begin(BLOCK + LENGTH + USUAL);
    this.pad(this.outer, 0x5c);
  }

  /** In base64 or base64url. Name and password cannot run into each other: the name's length comes first, in four bytes (R90). */
  of(name: string, password: Buffer, encoding: 'base64' | 'base64url' = 'base64'): string {
    // No code unit takes more than three bytes. Counting the bytes first would cost as much as writing them.
    const isUsual = MOST_OCTETS * name.length + password.length <= USUAL;
    const room = isUsual ? 0 : BLOCK + LENGTH + Buffer.byteLength(name, 'utf8') + password.length;
    const inner = isUsual ? this.inner : this.begin(room);
    const nameLength = inner.write(name, BLOCK + LENGTH, 'utf8');
    const nameEnd = BLOCK + LENGTH + nameLength;
    const end = nameEnd + password.length;
    inner.writeUInt32BE(nameLength, BLOCK);
    password.copy(inner, nameEnd);
    // Through a string with one character per byte: Buffers for the input and the result, one of them outside the heap, would nearly double the cost.
    this.outer.write(hash('sha256', isUsual ? this.beginning(end) : inner, 'binary'), BLOCK, 'latin1');
    inner.fill(0, nameEnd, end);
    return hash('sha256', this.outer, encoding);
  }

  private beginning(end: number): Buffer {
    this.beginnings[end] ??= this.inner.subarray(0, end);
    return this.beginnings[end];
  }

  private begin(octets: number): Buffer {
    const buffer = Buffer.alloc(octets);
    this.pad(buffer, 0x36);
    return buffer;
  }

  private pad(buffer: Buffer, octet: number): void {
    for (let i = 0; i < BLOCK; i++) buffer[i] = (this.key[i] ?? 0) ^ octet;
  }
}
