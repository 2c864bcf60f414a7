// The entries of an app that were made whole last: one that is sent is asked for what it costs, and then for its attributes.
import type { AppEntry, MadeEntry } from './app-entry.js';

/** Entries of which all is kept that was made, until others come. */
const MOST_MADE = 32;

/** Keeps what was made of the last entries with these themselves. */
export class RecentEntries {
  private readonly ring: (AppEntry | undefined)[] = new Array<AppEntry | undefined>(MOST_MADE).fill(undefined);
  private next = 0;

  /** Drops that of the entry that was kept before all others. */
  keep(entry: AppEntry, made: MadeEntry): void {
    const before = this.ring[this.next];
    if (before !== undefined) before.made = undefined;
    this.ring[this.next] = entry;
    this.next = (this.next + 1) % MOST_MADE;
    entry.made = made;
  }
}
