// Wishes for something newer than what is published, which the instances that wait send to the one that reads.
import { POLL } from './next-look.js';
import type { Notices } from './notices.js';

/** One wish serves all who wait: if each sent its own, a hundred instances would have each other open 25,000 notices a second. */
export class Wishes {
  /** The last one, of this instance or another: when it was sent or heard, by the clock, and since when it wants something read. */
  private last = { at: Number.NEGATIVE_INFINITY, since: 0 };

  constructor(
    private readonly notices: Pick<Notices, 'send'>,
    /** Milliseconds, never going back. */
    private readonly clock: () => number,
  ) {}

  /** Wishes for what was read at `since` or later, by the store's clock, unless such a wish was sent or heard recently. */
  send(since: number): void {
    const isSaid = this.clock() - this.last.at < POLL && since <= this.last.since;
    if (isSaid) return;
    this.heard(since);
    void this.notices.send({ kind: 'wish', since, broken: -1 });
  }

  /** For one of another instance. */
  heard(since: number): void {
    this.last = { at: this.clock(), since };
  }
}
