// The result of an upstream read, as bytes and back: how one instance passes it on to the others. Pure, in steps.
import { KeptEntry } from '../directory/kept-entry.js';
import type { MissingGroup, SearchLimit, UpstreamEntry, UpstreamImage } from '../directory/reader.js';
import type { Steps } from '../runtime/cooperative.js';
import { encodeMessage } from '../wire/encode.js';
import { scanEntry } from '../wire/entry-scan.js';
import { ProtocolError } from '../wire/errors.js';

/** The version of the format. A change of the format needs a new number: instances with another number have a reader of their own. */
export const IMAGE_FORMAT = 1;

/** Bytes of a piece before it is compressed: sealed it is below half a MiB, however badly it compresses. */
export const PIECE = 448 * 1024;

/** Bytes that are not an image. */
export class GarbledImage extends Error {
  constructor(what: string) {
    super(`not the image of a read: ${what}`);
    this.name = 'GarbledImage';
  }
}

export interface ImageLimits {
  /** Entries of one image. */
  readonly entries: number;
  /** Bytes of one entry. */
  readonly entryOctets: number;
}

const MAGIC = Buffer.from([0x4a, 0x67, 0x69, IMAGE_FORMAT]);
const EVERYONE = 1;
const SCHEMA = 2;
const LIMIT = 4;
/** SEQUENCE of a message ID of 1 and the operation. */
const SEQUENCE = 0x30;
const MESSAGE_ID = Buffer.from([0x02, 0x01, 0x01]);
const CAUSES: readonly MissingGroup['cause'][] = ['no-group', 'empty-group'];
const CODES: readonly SearchLimit['code'][] = [3, 4, 11];

/** The contents of an image, in pieces of `piece` bytes and a last one with the rest, without unwanted attributes. */
export function* imageOctets(image: UpstreamImage, piece = PIECE): Steps<Buffer[]> {
  const { gates, everyone, missing = [], users, groups, schema, searchLimit } = image;
  const out = new PieceWriter(piece);
  out.octets(MAGIC);
  out.octet((everyone ? EVERYONE : 0) | (schema === undefined ? 0 : SCHEMA) | (searchLimit === undefined ? 0 : LIMIT));
  if (searchLimit !== undefined) {
    out.octet(searchLimit.code);
    out.number(searchLimit.entries);
  }
  out.number(missing.length);
  for (const { name, cause } of missing) {
    out.text(name);
    out.octet(CAUSES.indexOf(cause));
  }
  out.number(gates.size);
  for (const [name, entry] of gates) {
    out.text(name);
    writeEntry(out, entry);
    yield;
  }
  for (const entries of [users, groups]) {
    out.number(entries.length);
    for (const entry of entries) {
      writeEntry(out, entry);
      yield;
    }
  }
  if (schema !== undefined) writeEntry(out, schema);
  return out.pieces();
}

/**
 * The image in the pieces of `imageOctets`, which it goes on using. Throws GarbledImage for anything else: what it keeps until then is in
 * proportion to its input, whatever lengths and counts the input claims.
 */
export function* imageOf(
  pieces: readonly Buffer[],
  limits: ImageLimits,
  isUnwanted: (attribute: string) => boolean = () => false,
): Steps<UpstreamImage> {
  const from = new ImageReader(new PieceReader(pieces), limits, isUnwanted);
  try {
    return yield* from.image();
  } catch (error) {
    throw error instanceof ProtocolError ? new GarbledImage(error.message) : error;
  }
}

/** As it came, if all of it is wanted. */
function writeEntry(out: PieceWriter, entry: UpstreamEntry): void {
  const { octets } = entry;
  if (octets === undefined || (entry instanceof KeptEntry && !entry.isWhole)) {
    const { dn, attributes } = entry;
    const message = encodeMessage({
      messageID: 1,
      op: { kind: 'searchResultEntry', objectName: dn, attributes: [...attributes] },
    });
    out.number(message.length);
    out.octets(message);
    return;
  }
  const content = MESSAGE_ID.length + octets.length;
  const header = headerOf(content);
  out.number(header.length + content);
  out.octets(header);
  out.octets(MESSAGE_ID);
  out.octets(octets);
}

/** Tag and length (X.690 8.1.3), the shortest. */
function headerOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([SEQUENCE, length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.from([SEQUENCE, 0x80 | octets.length, ...octets]);
}

class PieceWriter {
  private readonly full: Buffer[] = [];
  private current: Buffer;
  private used = 0;

  constructor(private readonly piece: number) {
    this.current = Buffer.allocUnsafeSlow(piece);
  }

  octet(value: number): void {
    this.octets(Buffer.of(value));
  }

  number(value: number): void {
    const octets = Buffer.allocUnsafe(4);
    octets.writeUInt32BE(value);
    this.octets(octets);
  }

  text(text: string): void {
    const octets = Buffer.from(text, 'utf8');
    this.number(octets.length);
    this.octets(octets);
  }

  octets(octets: Buffer): void {
    for (let at = 0; at < octets.length; ) {
      if (this.used === this.piece) this.begin();
      const copied = octets.copy(this.current, this.used, at);
      this.used += copied;
      at += copied;
    }
  }

  pieces(): Buffer[] {
    return [...this.full, this.current.subarray(0, this.used)];
  }

  private begin(): void {
    this.full.push(this.current);
    this.current = Buffer.allocUnsafeSlow(this.piece);
    this.used = 0;
  }
}

class PieceReader {
  private index = 0;
  private at = 0;
  private left: number;

  constructor(private readonly pieces: readonly Buffer[]) {
    this.left = pieces.reduce((sum, { length }) => sum + length, 0);
  }

  get isAtEnd(): boolean {
    return this.left === 0;
  }

  /** A view of a piece, or a copy of what lies in several. */
  take(length: number): Buffer {
    if (length > this.left) throw new GarbledImage('it ends too early');
    this.left -= length;
    const first = this.some(length);
    if (first.length === length) return first;
    const parts = [first];
    for (let missing = length - first.length; missing > 0; missing -= parts.at(-1)!.length)
      parts.push(this.some(missing));
    return Buffer.concat(parts);
  }

  /** At most this number, up to the end of a piece. */
  private some(length: number): Buffer {
    while (this.index < this.pieces.length - 1 && this.at === this.pieces[this.index]!.length) {
      this.index++;
      this.at = 0;
    }
    const piece = this.pieces[this.index] ?? Buffer.alloc(0);
    const taken = piece.subarray(this.at, this.at + length);
    this.at += taken.length;
    return taken;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class ImageReader {
  private entriesLeft: number;

  constructor(
    private readonly from: PieceReader,
    private readonly limits: ImageLimits,
    private readonly isUnwanted: (attribute: string) => boolean,
  ) {
    this.entriesLeft = limits.entries;
  }

  *image(): Steps<UpstreamImage> {
    const { from } = this;
    if (!from.take(MAGIC.length).equals(MAGIC)) throw new GarbledImage('another format');
    const flags = this.octet();
    if (flags > (EVERYONE | SCHEMA | LIMIT)) throw new GarbledImage('unknown flags');
    const searchLimit = (flags & LIMIT) === 0 ? undefined : this.searchLimit();
    const missing = this.missing();
    const gates = yield* this.gates();
    const users = yield* this.entries();
    const groups = yield* this.entries();
    const schema = (flags & SCHEMA) === 0 ? undefined : this.entry();
    if (!from.isAtEnd) throw new GarbledImage('more bytes than it needs');
    return {
      gates,
      everyone: (flags & EVERYONE) !== 0,
      ...(missing.length === 0 ? {} : { missing }),
      users,
      groups,
      ...(schema === undefined ? {} : { schema }),
      ...(searchLimit === undefined ? {} : { searchLimit }),
    };
  }

  private searchLimit(): SearchLimit {
    const said = this.octet();
    const code = CODES.find((known) => known === said);
    if (code === undefined) throw new GarbledImage('an unknown search limit');
    return { code, entries: this.number() };
  }

  private missing(): MissingGroup[] {
    const missing: MissingGroup[] = [];
    for (let left = this.number(); left > 0; left--) {
      const name = this.text();
      const cause = CAUSES[this.octet()];
      if (cause === undefined) throw new GarbledImage('an unknown cause');
      missing.push({ name, cause });
    }
    return missing;
  }

  private *gates(): Steps<Map<string, UpstreamEntry>> {
    const gates = new Map<string, UpstreamEntry>();
    for (let left = this.number(); left > 0; left--) {
      const name = this.text();
      if (gates.has(name)) throw new GarbledImage('a group twice');
      gates.set(name, this.entry());
      yield;
    }
    return gates;
  }

  private *entries(): Steps<UpstreamEntry[]> {
    const entries: UpstreamEntry[] = [];
    for (let left = this.number(); left > 0; left--) {
      entries.push(this.entry());
      yield;
    }
    return entries;
  }

  private entry(): UpstreamEntry {
    const length = this.number();
    if (length > this.limits.entryOctets) throw new GarbledImage('an entry that is too large');
    if (--this.entriesLeft < 0) throw new GarbledImage('too many entries');
    const pdu = this.from.take(length);
    // Later it is read without a check.
    if (pdu.length < 2 || scanEntry(pdu) === undefined) throw new GarbledImage('a message that is not an entry');
    return new KeptEntry(pdu, this.isUnwanted);
  }

  private octet(): number {
    return this.from.take(1)[0]!;
  }

  private number(): number {
    return this.from.take(4).readUInt32BE();
  }

  private text(): string {
    try {
      return UTF8.decode(this.from.take(this.number()));
    } catch (error) {
      if (error instanceof GarbledImage) throw error;
      throw new GarbledImage('a name that is not UTF-8');
    }
  }
}
