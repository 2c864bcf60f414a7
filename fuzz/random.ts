// Repeatable chance: the same seed gives the same choices, whatever else the machine does meanwhile.

/** A 32-bit generator (mulberry32); good enough to choose by, and fast. */
export class Random {
  private state: number;

  constructor(...seeds: readonly number[]) {
    this.state = 0x9e3779b9;
    for (const seed of seeds) this.state = scramble(this.state ^ scramble(seed + 0x7f4a7c15));
  }

  /** From 0 to below 2^32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    return scramble(this.state);
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return this.next() % limit;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  octets(length: number): Buffer {
    const octets = Buffer.allocUnsafe(length);
    for (let i = 0; i < length; i++) octets[i] = this.next() & 0xff;
    return octets;
  }
}

function scramble(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 15), x | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return (x ^ (x >>> 14)) >>> 0;
}
