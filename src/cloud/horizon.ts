// JumpCloud's time, as far as its events prove it.
import type { CloudEvent } from './ports.js';

/** What JumpCloud's clock shows at least: the time of an event that was there to read, and what has passed here since. */
export class Horizon {
  private seenAt: number;

  constructor(
    private at: number,
    private readonly clock: () => number,
  ) {
    this.seenAt = clock();
  }

  get now(): number {
    return this.at + this.clock() - this.seenAt;
  }

  /** An event from later than `latest` has a wrong time. */
  moveOn({ at }: CloudEvent, latest: number): void {
    if (at > latest || at <= this.now) return;
    this.at = at;
    this.seenAt = this.clock();
  }
}
