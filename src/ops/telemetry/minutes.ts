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
  /** How long JumpCloud took, in milliseconds: of binds that were sent there. */
  readonly upstream: Histogram;
  /** Binds whose password was found in the cache. */
  readonly cached: number;
}

class Slot {
  at = 0;
  /** By the number of the reason. */
  readonly counts: number[] = [];
  readonly upstream = new Histogram();
  cached = 0;

  begin(at: number): void {
    this.at = at;
    this.counts.fill(0);
    this.upstream.clear();
    this.cached = 0;
  }
}

/** Binds of the last hour, by minute and reason. */
export class Minutes {
  private readonly slots = Array.from({ length: MINUTES }, () => new Slot());

  /** `reasons`: by their numbers. */
  constructor(private readonly reasons: () => readonly Reason[]) {}

  /** `now`: milliseconds of the wall clock; `reason`: its number; `upstream`: milliseconds that JumpCloud took, 0 if it was not asked. */
  add(now: number, reason: number, upstream: number, isCached: boolean): void {
    const index = Math.floor(now / MINUTE);
    const slot = this.slots[index % MINUTES]!;
    if (slot.at !== index * MINUTE) slot.begin(index * MINUTE);
    while (slot.counts.length <= reason) slot.counts.push(0);
    slot.counts[reason]!++;
    if (upstream > 0) slot.upstream.add(upstream);
    if (isCached) slot.cached++;
  }

  /** The last hour, oldest first; a minute without binds is there and empty. */
  last(now: number): Minute[] {
    const newest = Math.floor(now / MINUTE);
    const reasons = this.reasons();
    return Array.from({ length: MINUTES }, (_, i) => {
      const index = newest - MINUTES + 1 + i;
      const slot = this.slots[((index % MINUTES) + MINUTES) % MINUTES]!;
      const at = index * MINUTE;
      if (slot.at !== at) return { at, reasons: new Map(), upstream: new Histogram(), cached: 0 };
      return { at, reasons: new Map(counted(reasons, slot.counts)), upstream: slot.upstream, cached: slot.cached };
    });
  }
}

function counted(reasons: readonly Reason[], counts: readonly number[]): [Reason, number][] {
  return reasons.flatMap((reason, i): [Reason, number][] => (counts[i] ? [[reason, counts[i]]] : []));
}
