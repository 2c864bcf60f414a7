// Counts by key, each for the length of a window.
import { Generations } from '../../runtime/generations.js';
import type { Clock } from '../ports.js';

interface Count {
  count: number;
  /** When its window ends. */
  until: number;
}

const newCount = (): Count => ({ count: 0, until: 0 });

/** At most twice `most` keys are counted. What is over moves on with the generations. */
export class Windows {
  private readonly counts: Generations<Count>;

  /** `limit`: of one key in one window. */
  constructor(
    most: number,
    private readonly limit: () => number,
    /** Milliseconds. */
    public length: number,
    private readonly clock: Clock,
  ) {
    this.counts = new Generations(most, { length, clock });
  }

  get size(): number {
    return this.counts.size;
  }

  isUsedUp(key: string, limit = this.limit()): boolean {
    const known = this.counts.find(key);
    return known !== undefined && known.until > this.clock() && known.count >= limit;
  }

  count(key: string): void {
    const now = this.clock();
    const known = this.counts.make(key, newCount);
    if (known.until <= now) {
      known.count = 0;
      known.until = now + this.length;
    }
    known.count++;
  }

  giveBack(key: string): void {
    const known = this.counts.find(key);
    if (known !== undefined && known.count > 0) known.count--;
  }
}
