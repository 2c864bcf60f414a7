// An index that is as small as it can be: by hashes of keys, in lists of numbers. What it finds may have the key, and has to be looked at.
import type { Steps } from '../../runtime/cooperative.js';

const NONE = 0xffff_ffff;

/** The limit of results: for a value that all entries have, a scan of all entries is as good. */
export const MOST_FOUND = 1024;

/** From keys to numbers. 12 bytes for each pair and 4 to 8 for each expected entry: a Map of strings to lists takes ten times as many. */
export class KeyIndex {
  private readonly heads: Uint32Array;
  private links = new Uint32Array(3 * 256);
  private count = 0;

  /** `expected`: about how many pairs there will be. */
  constructor(expected: number) {
    let size = 256;
    while (size < expected) size *= 2;
    this.heads = new Uint32Array(size).fill(NONE);
  }

  /** Its size in bytes. */
  get size(): number {
    return this.heads.byteLength + this.links.byteLength;
  }

  add(key: string, value: number): void {
    const at = 3 * this.count++;
    if (at === this.links.length) {
      const larger = new Uint32Array(2 * this.links.length);
      larger.set(this.links);
      this.links = larger;
    }
    const hash = hashOf(key);
    const head = hash & (this.heads.length - 1);
    this.links[at] = hash;
    this.links[at + 1] = value;
    this.links[at + 2] = this.heads[head]!;
    this.heads[head] = at;
  }

  /** Gives back what is not needed. */
  *finish(): Steps<void> {
    yield;
    this.links = this.links.slice(0, 3 * this.count);
  }

  /** The values of all pairs that may be of this key, each once, the last first; undefined if there are very many. The pairs of a value come together. */
  find(key: string): number[] | undefined {
    const hash = hashOf(key);
    const found: number[] = [];
    let at = this.heads[hash & (this.heads.length - 1)]!;
    for (let looked = 0; at !== NONE; at = this.links[at + 2]!) {
      const value = this.links[at + 1]!;
      // Another key of the same value may have the same hash.
      if (this.links[at] === hash && found[found.length - 1] !== value) found.push(value);
      if (++looked > MOST_FOUND) return undefined;
    }
    return found;
  }
}

/** FNV-1a, and its ends mixed. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
