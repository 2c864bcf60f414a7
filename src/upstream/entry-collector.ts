// The entries of a read, by our own decoder: ldapts asks and pages, and is spared the making of strings that nobody wants.
import { KeptEntry } from '../directory/kept-entry.js';
import { ReadError, type UpstreamEntry } from '../directory/reader.js';
import type { SearchResultEntry } from '../ldap/message.js';
import { decodeResponse } from '../wire/decode.js';
import { encodeMessage } from '../wire/encode.js';
import { scanEntry } from '../wire/entry-scan.js';
import { headerOctets } from '../wire/frame.js';
import { OpTag } from '../wire/tags.js';

export interface EntryCollectorOptions {
  /** Attributes that are dropped as they arrive. */
  readonly isUnwanted: (attribute: string) => boolean;
}

const NONE: readonly Buffer[] = [];
const NOTHING: SearchResultEntry = { kind: 'searchResultEntry', objectName: '', attributes: [] };

/** For one connection, which has one search under way at a time. */
export class EntryCollector {
  private entries: UpstreamEntry[] = [];
  /** Of the search whose entries these are. */
  private messageID: number | undefined;
  /** Values in all entries, and entries, since the last `clear`. */
  values = 0;
  received = 0;

  constructor(private readonly options: EntryCollectorOptions) {}

  /**
   * Takes a whole message if it is an entry, and returns what to give ldapts in its place. Throws ProtocolError for one that cannot be read, and
   * ReadError if it belongs to another search.
   */
  take(pdu: Buffer): readonly Buffer[] {
    const tag = operationTag(pdu);
    if (tag === OpTag.searchResultDone) return [this.end(pdu), pdu];
    if (tag !== OpTag.searchResultEntry) return [pdu];
    const scanned = scanEntry(pdu);
    if (scanned === undefined) return [pdu]; // never: its tag says so
    this.belongs(scanned.messageID);
    this.values += scanned.values;
    this.received++;
    this.entries.push(new KeptEntry(pdu, this.options.isUnwanted));
    return NONE;
  }

  /** The entries so far; they are the caller's. */
  collected(): UpstreamEntry[] {
    const { entries } = this;
    this.entries = [];
    return entries;
  }

  clear(): void {
    this.entries = [];
    this.messageID = undefined;
    this.values = this.received = 0;
  }

  /** The search, or one page of it, has ended. Returns an entry of nothing: ldapts asks for a next page only behind one with an entry. */
  private end(pdu: Buffer): Buffer {
    const { messageID } = decodeResponse(pdu);
    if (this.messageID !== undefined) this.belongs(messageID);
    this.messageID = undefined;
    return encodeMessage({ messageID, op: NOTHING });
  }

  private belongs(messageID: number): void {
    this.messageID ??= messageID;
    if (this.messageID !== messageID)
      throw new ReadError('failed', 'the upstream mixes the answers to different searches');
  }
}

/** The tag of the operation in a whole message; -1 if there is none. */
function operationTag(pdu: Buffer): number {
  const id = headerOctets(pdu);
  // The message ID takes four bytes at most, so its length takes one byte.
  return pdu[id] === 0x02 ? (pdu[id + 2 + (pdu[id + 1] ?? 0)] ?? -1) : -1;
}
