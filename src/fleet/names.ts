// Names in the store: keyed hashes. Read access to the store reveals no name, address or password, and does not allow guessing at them.
import { createHmac, hkdfSync } from 'node:crypto';
import { KeyedHash } from '../gate/bind/keyed-hash.js';

/** Characters of a hash in base64 that are kept: 132 bits. */
const ID = 22;
/** Hexadecimal digits of the tag. */
const TAG = 12;

/** Each purpose has a key of its own (HKDF, RFC 5869): what one of them says is of no use for another. */
export class FleetNames {
  /** `<prefix>:{<tag>}:`; the braces keep all keys of a fleet in one slot of a cluster, as a script wants it. */
  private readonly beginning: string;
  private readonly hashes = new Map<string, KeyedHash>();

  /** `key`: the fleet's, 32 bytes or more. */
  constructor(
    private readonly key: Buffer,
    readonly prefix: string,
  ) {
    const tag = createHmac('sha256', key).update('fleet').digest('hex').slice(0, TAG);
    this.beginning = `${prefix}:{${tag}}:`;
  }

  /** The name of a key, or of a channel. `id`: as `id` makes it, or a word of ours; nothing that came from a client. */
  of(kind: string, id?: string): string {
    return id === undefined ? this.beginning + kind : `${this.beginning}${kind}:${id}`;
  }

  /** Equal for equal values alone, and different for each purpose. `name` and `octets` cannot run into each other. */
  id(purpose: string, name: string, octets: Buffer = NOTHING): string {
    let hash = this.hashes.get(purpose);
    if (hash === undefined) {
      hash = new KeyedHash(this.derive(purpose));
      this.hashes.set(purpose, hash);
    }
    return idBy(hash, name, octets);
  }

  /** The same for one purpose, which is not looked up each time. */
  idsFor(purpose: string): (name: string, octets: Buffer) => string {
    const hash = new KeyedHash(this.derive(purpose));
    return (name, octets) => idBy(hash, name, octets);
  }

  /** A key of 32 bytes for a purpose of its own. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.key, '', `jumpgate fleet ${purpose}`, 32));
  }
}

const NOTHING = Buffer.alloc(0);

function idBy(hash: KeyedHash, name: string, octets: Buffer): string {
  return hash.of(name, octets, 'base64url').slice(0, ID);
}
