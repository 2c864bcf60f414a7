// One timer for deadlines that nearly always are met: it is set for the first of them and looks when it rings, instead of being set and cleared for each.
import { performance } from 'node:perf_hooks';

/** One timer for many deadlines: set for the earliest, it finds the next when it fires. */
export class CoalescedTimer {
  private timer: NodeJS.Timeout | undefined;
  private at = Number.POSITIVE_INFINITY;

  /**
   * `ring` is called with the time when a deadline may be over, and returns the next one, if there is any. Times in milliseconds of
   * the process's clock. It keeps no process alive.
   */
  constructor(private readonly ring: (now: number) => number | undefined) {}

  /** Rings at this time at the latest. */
  notLaterThan(at: number): void {
    if (at >= this.at) return;
    clearTimeout(this.timer);
    this.at = at;
    this.timer = setTimeout(() => this.due(), Math.max(1, Math.ceil(at - performance.now()))).unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.at = Number.NEGATIVE_INFINITY;
  }

  private due(): void {
    this.at = Number.POSITIVE_INFINITY;
    const next = this.ring(performance.now());
    if (next !== undefined) this.notLaterThan(next);
  }
}
