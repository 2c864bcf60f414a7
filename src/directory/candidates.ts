// The entries that a search looks at, one after the other, each once.
import { ShardedMap } from '../runtime/sharded-map.js';
import type { SnapshotEntry } from './entry.js';
import type { Plan, View } from './view.js';
import type { RankBudget, Work } from './work.js';

/** Entries of a union that are told apart without a budget of their own. */
const FEW = 256;

/**
 * Draws a plan's entries. What was drawn from several lists is kept, to be drawn once, and counted against `budget`; with no room there, all
 * entries of the view are looked at instead, which needs no memory.
 */
export class Candidates {
  private readonly lists: Plan['lists'];
  private readonly admit: Plan['admit'];
  /** Units that looking at the next entry costs. */
  private readonly units: number;
  private seen: ShardedMap<true> | undefined;
  private taken = 0;
  private list = 0;
  private at = 0;

  constructor(
    { lists, most, admit }: Plan,
    { entries, extraUnits }: Pick<View, 'entries' | 'extraUnits'>,
    private readonly budget: RankBudget,
  ) {
    this.lists = lists;
    this.admit = admit;
    this.units = 1 + extraUnits;
    if (lists.length < 2) return;
    if (most > FEW && !budget.take(most)) {
      this.lists = [entries];
      this.admit = undefined;
      return;
    }
    this.taken = most > FEW ? most : 0;
    this.seen = new ShardedMap();
  }

  /** The next entry; 'again' when `work` is spent on those that were drawn before; undefined when there is none left. */
  next(work: Work): SnapshotEntry | 'again' | undefined {
    work.left -= this.units;
    const next = this.lists[this.list]?.[this.at];
    if (next === undefined || this.seen !== undefined || this.admit !== undefined) return this.nextOfSeveral(work);
    this.at++;
    return next;
  }

  private nextOfSeveral(work: Work): SnapshotEntry | 'again' | undefined {
    for (; this.list < this.lists.length; this.list++, this.at = 0) {
      const list = this.lists[this.list]!;
      for (let one = list[this.at]; one !== undefined; one = list[this.at]) {
        this.at++;
        work.left -= 1;
        const entry = this.admit === undefined ? one : this.admit(one);
        if (entry !== undefined && this.isNew(entry, work)) return entry;
        if (work.left <= 0) return 'again';
      }
    }
    return undefined;
  }

  release(): void {
    this.budget.give(this.taken);
    this.taken = 0;
    this.seen = undefined;
  }

  private isNew({ key }: SnapshotEntry, work: Work): boolean {
    if (this.seen === undefined) return true;
    work.left -= 1;
    if (this.seen.has(key)) return false;
    this.seen.set(key, true);
    return true;
  }
}
