// What is counted of ended operations and of faults, for each app on its own: integers, from which metrics and page make what they show.
import type { Reason } from '../../gate/reason.js';
import type { Trace } from '../../gate/trace.js';
import { Counters } from './counters.js';
import { Histogram } from './histogram.js';

/** When an app was used last: milliseconds of the wall clock, 0 for never. */
export interface LastUse {
  /** Logins. */
  readonly accepted: number;
  readonly refused: number;
  /** Searches, compares and whatever else was carried out. */
  readonly other: number;
}

/** Faults are a closed list; anything else would be a defect, and is not to fill the memory. */
const MOST_FAULTS = 64;

/** Of one app. */
export class Tally {
  readonly operations: Counters;
  /** By operation: binds, and everything else, which the snapshot answers. */
  readonly binds = new Histogram();
  readonly others = new Histogram();
  /** What a bind costs here: without the upstream's time and without what it was held back. */
  readonly bindsHere = new Histogram();
  /** What binds that had to ask waited for the upstream. */
  readonly upstream = new Histogram();
  readonly recalls = { hits: 0, misses: 0 };
  readonly lastUse = { accepted: 0, refused: 0, other: 0 };
  /** Connections that broke or were ended, by the fault. */
  readonly faults = new Map<string, number>();

  /** `reasons`: of all apps, in the order of their numbers. */
  constructor(reasons: Reason[]) {
    this.operations = new Counters(reasons);
  }

  /** Returns the number of the operation's reason. `time`: milliseconds of the wall clock. */
  add(trace: Trace, time: number): number {
    const { reasonNumber } = this.operations.add(trace);
    if (trace.operation === 'bind') this.bind(trace, time);
    else {
      this.others.add(trace.duration);
      this.lastUse.other = time;
    }
    return reasonNumber;
  }

  fault(fault: string): void {
    const { faults } = this;
    if (faults.has(fault) || faults.size < MOST_FAULTS) faults.set(fault, (faults.get(fault) ?? 0) + 1);
  }

  private bind({ duration, upstream, held, recall, reason }: Trace, time: number): void {
    if (reason === 'ok') this.lastUse.accepted = time;
    else this.lastUse.refused = time;
    this.binds.add(duration);
    this.bindsHere.add(Math.max(0, duration - upstream - held));
    if (upstream > 0) this.upstream.add(upstream);
    if (recall === 'hit') this.recalls.hits++;
    else if (recall === 'miss') this.recalls.misses++;
  }
}

/** Apps that are counted on their own: all others, and what has no known app, are counted together. */
const MOST_APPS = 64;

/** The tallies of all apps. */
export class Tallies {
  /** In the order in which they were first met, from 0. */
  readonly reasons: Reason[] = [];
  /** Of operations without a named app. */
  readonly unnamed = new Tally(this.reasons);
  private readonly named = new Map<string, Tally>();

  /** The apps that have names by the configuration: each is there before its first operation. Makes room for them among those of before. */
  expect(apps: readonly string[]): void {
    const missing = apps.filter((app) => !this.named.has(app)).slice(0, MOST_APPS);
    for (const app of this.named.keys()) {
      if (this.named.size + missing.length <= MOST_APPS) break;
      if (!apps.includes(app)) this.named.delete(app);
    }
    for (const app of missing) this.of(app);
  }

  of(app: string | undefined): Tally {
    if (app === undefined) return this.unnamed;
    const known = this.named.get(app);
    if (known !== undefined) return known;
    if (this.named.size >= MOST_APPS) return this.unnamed;
    const tally = new Tally(this.reasons);
    this.named.set(app, tally);
    return tally;
  }

  /** When this app was used last, by its label. */
  lastUseOf(app: string | undefined): LastUse | undefined {
    return (app === undefined ? this.unnamed : this.named.get(app))?.lastUse;
  }

  /** With their names. The one without is among them if there is no other, or if it has counted something. */
  all(): (readonly [app: string | undefined, tally: Tally])[] {
    const { unnamed, named } = this;
    const isShown = named.size === 0 || unnamed.binds.count + unnamed.others.count + unnamed.faults.size > 0;
    return [...(isShown ? [[undefined, unnamed] as const] : []), ...named];
  }

  /** Binds of all apps, and how many of them asked the cache. */
  logIns(): { readonly binds: number; readonly hits: number; readonly misses: number } {
    const sum = { binds: 0, hits: 0, misses: 0 };
    for (const [, { binds, recalls }] of this.all()) {
      sum.binds += binds.count;
      sum.hits += recalls.hits;
      sum.misses += recalls.misses;
    }
    return sum;
  }
}
