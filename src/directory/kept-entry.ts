// An entry that is kept as it came and read when somebody asks.
import { decodeResponse } from '../wire/decode.js';
import { headerOctets } from '../wire/frame.js';
import type { UpstreamEntry } from './reader.js';

/**
 * Most reads bring what is known already, and a Buffer for each of a hundred thousand values is what the garbage collector takes longest for.
 * `pdu` is a whole message with a SearchResultEntry (RFC 4511 4.5.2) that was gone through once, so that it can be read.
 */
export class KeptEntry implements UpstreamEntry {
  readonly octets: Buffer;
  private read:
    | { readonly dn: string; readonly attributes: UpstreamEntry['attributes']; readonly isWhole: boolean }
    | undefined;

  constructor(
    private readonly pdu: Buffer,
    private readonly isUnwanted: (attribute: string) => boolean,
  ) {
    // The message ID differs from read to read.
    const id = headerOctets(pdu);
    this.octets = pdu.subarray(id + 2 + pdu[id + 1]!);
  }

  get dn(): string {
    return this.content().dn;
  }

  get attributes(): UpstreamEntry['attributes'] {
    return this.content().attributes;
  }

  /** False if the bytes contain attributes that nobody wants. */
  get isWhole(): boolean {
    return this.content().isWhole;
  }

  private content() {
    if (this.read !== undefined) return this.read;
    const { op } = decodeResponse(this.pdu);
    if (op.kind !== 'searchResultEntry') throw new Error('not an entry'); // never: it was gone through
    const attributes = op.attributes.filter(({ type }) => !this.isUnwanted(type));
    this.read = { dn: op.objectName, attributes, isWhole: attributes.length === op.attributes.length };
    return this.read;
  }
}
