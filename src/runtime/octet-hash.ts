// Bytes compared and hashed in place. For fewer than a few hundred, a loop is faster than Buffer's functions, or than making a string of them.

/** The multiplier of Fibonacci hashing: 2^32 divided by the golden ratio. */
const SPREAD = 0x9e3779b1 | 0;

/** A 32-bit hash of the bytes from `start` to `end`. An attacker can make two inputs with the same hash. */
export function hashOf(octets: Uint8Array, start: number, end: number, seed: number): number {
  let hash = Math.imul(seed ^ (end - start), SPREAD);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24);
    hash = Math.imul(hash ^ word, SPREAD);
    // A product carries upwards alone.
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) {
    hash = Math.imul(hash ^ octets[at]!, SPREAD);
    hash ^= hash >>> 15;
  }
  return hash;
}

/** True if `size` bytes are the same, from the starts of both on. */
export function areSame(one: Uint8Array, start: number, other: Uint8Array, otherStart: number, size: number): boolean {
  for (let i = 0; i < size; i++) if (one[start + i] !== other[otherStart + i]) return false;
  return true;
}
