// What is kept for one client, counted with its address (R105).
import type { Budget } from './budget.js';

/** Bytes of an unfinished message that are not counted: an ordinary bind that came in two segments. */
const UNCOUNTED = 4096;

/** Charges what is kept for one client to its address's budget. */
export class KeptOctets {
  private counted = 0;
  /** True while there is no room to count all of them. */
  isOverdrawn = false;

  /** `budget`: of the address. */
  constructor(private readonly budget: Budget) {}

  /** Counts them as they are now; returns the name of the limit that leaves no room for more. */
  count(input: number, output: number): string | undefined {
    const more = (input > UNCOUNTED ? input : 0) + output - this.counted;
    this.isOverdrawn = more > 0 && !this.budget.take(more);
    if (this.isOverdrawn) return this.budget.limitFor(more);
    if (more < 0) this.budget.give(-more);
    this.counted += more;
    return undefined;
  }

  /** Nothing is kept any more. */
  release(): void {
    this.budget.give(this.counted);
    this.counted = 0;
  }
}
