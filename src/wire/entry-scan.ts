// A SearchResultEntry gone through without being made: whether it can be read, of which search it is, and how much it holds.
import { BerReader, Tag } from './ber.js';
import { decodeResponse } from './decode.js';
import { ProtocolError } from './errors.js';
import { OpTag } from './tags.js';

export interface ScannedEntry {
  readonly messageID: number;
  /** Values of all its attributes. */
  readonly values: number;
}

/**
 * Accepts what `decodeResponse` accepts, and throws what it throws; undefined: another message than a SearchResultEntry (RFC 4511 4.5.2). It takes a
 * third of the time, and a first read of the directory is all of it in code that V8 has not compiled yet.
 */
export function scanEntry(pdu: Buffer): ScannedEntry | undefined {
  let scanned: ScannedEntry | undefined;
  try {
    scanned = scanPlain(pdu);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  // Controls are rare here, and whatever is wrong has its words there.
  return scanned ?? scanDecoded(pdu);
}

function scanPlain(pdu: Buffer): ScannedEntry | undefined {
  const outer = new BerReader(pdu);
  const message = outer.enter(Tag.sequence);
  const messageID = message.integer();
  const isPlain = outer.isAtEnd && messageID >= 0 && message.peekTag() === OpTag.searchResultEntry;
  const entry = isPlain ? message.enter(OpTag.searchResultEntry) : undefined;
  if (entry === undefined || !message.isAtEnd) return undefined;
  entry.skip(Tag.octetString);
  const values = countValues(entry.enter(Tag.sequence));
  entry.finish();
  return { messageID, values };
}

function countValues(attributes: BerReader): number {
  let count = 0;
  while (!attributes.isAtEnd) {
    const attribute = attributes.enter(Tag.sequence);
    if (attribute.skip(Tag.octetString) === 0) throw new ProtocolError('an empty attribute description');
    const values = attribute.enter(Tag.set);
    for (; !values.isAtEnd; count++) values.skip(Tag.octetString);
    attribute.finish();
  }
  return count;
}

function scanDecoded(pdu: Buffer): ScannedEntry | undefined {
  const { messageID, op } = decodeResponse(pdu);
  if (op.kind !== 'searchResultEntry') return undefined;
  return { messageID, values: op.attributes.reduce((sum, { values }) => sum + values.length, 0) };
}
