// The last hour of binds, minute by minute: what the page's plots are drawn from.
import type { Reason } from '../../gate/reason.js';
import { Histogram } from './histogram.js';

const MINUTE = 60_000;
/** Minutes that are kept, the running one included. */
export const MINUTES = 60;

export interface Minute {
  /** When it began, in milliseconds of the wall clock. */
  readonly at: number;
  readonly reasons: ReadonlyMap<Reason, number>;
  readonly latency: Histogram;
}

class Slot implements Minute {
  at = 0;
  readonly reasons = new Map<Reason, number>();
  readonly latency = new Histogram();

  begin(at: number): void {
    this.at = at;
    this.reasons.clear();
    this.latency.clear();
  }
}

export class Minutes {
  private readonly slots = Array.from({ length: MINUTES }, () => new Slot());

  /** `now`: milliseconds of the wall clock; `took`: of the bind. */
  add(now: number, reason: Reason, took: number): void {
    const index = Math.floor(now / MINUTE);
    const slot = this.slots[index % MINUTES]!;
    if (slot.at !== index * MINUTE) slot.begin(index * MINUTE);
    slot.reasons.set(reason, (slot.reasons.get(reason) ?? 0) + 1);
    slot.latency.add(took);
  }

  /** The last hour, oldest first; a minute without binds is there and empty. */
  last(now: number): Minute[] {
    const newest = Math.floor(now / MINUTE);
    return Array.from({ length: MINUTES }, (_, i) => {
      const index = newest - MINUTES + 1 + i;
      const slot = this.slots[((index % MINUTES) + MINUTES) % MINUTES]!;
      return slot.at === index * MINUTE ? slot : { at: index * MINUTE, reasons: new Map(), latency: new Histogram() };
    });
  }
}
