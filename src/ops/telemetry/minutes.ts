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

class Slot {
  at = 0;
  /** By the number of the reason. */
  readonly counts: number[] = [];
  readonly latency = new Histogram();

  begin(at: number): void {
    this.at = at;
    this.counts.fill(0);
    this.latency.clear();
  }
}

/** Binds of the last hour, by minute and reason. */
export class Minutes {
  private readonly slots = Array.from({ length: MINUTES }, () => new Slot());

  /** `reasons`: by their numbers. */
  constructor(private readonly reasons: () => readonly Reason[]) {}

  /** `now`: milliseconds of the wall clock; `reason`: its number; `took`: milliseconds of the bind. */
  add(now: number, reason: number, took: number): void {
    const index = Math.floor(now / MINUTE);
    const slot = this.slots[index % MINUTES]!;
    if (slot.at !== index * MINUTE) slot.begin(index * MINUTE);
    while (slot.counts.length <= reason) slot.counts.push(0);
    slot.counts[reason]!++;
    slot.latency.add(took);
  }

  /** The last hour, oldest first; a minute without binds is there and empty. */
  last(now: number): Minute[] {
    const newest = Math.floor(now / MINUTE);
    const reasons = this.reasons();
    return Array.from({ length: MINUTES }, (_, i) => {
      const index = newest - MINUTES + 1 + i;
      const slot = this.slots[((index % MINUTES) + MINUTES) % MINUTES]!;
      const at = index * MINUTE;
      if (slot.at !== at) return { at, reasons: new Map(), latency: new Histogram() };
      return { at, reasons: new Map(counted(reasons, slot.counts)), latency: slot.latency };
    });
  }
}

function counted(reasons: readonly Reason[], counts: readonly number[]): [Reason, number][] {
  return reasons.flatMap((reason, i): [Reason, number][] => (counts[i] ? [[reason, counts[i]]] : []));
}
