// How often one account is asked about: a few times in a row, because each login may have its own reason, and once a minute on average.

/** Milliseconds until one more may be asked about. */
const EVERY = 60_000;
const IN_A_ROW = 4;
const MOST_KEPT = 1000;

/** Limits questions about one account: four in a row, one a minute on average. */
export class AttemptShare {
  /** When the share is whole again, by the clock. */
  private readonly wholeAt = new Map<string, number>();

  constructor(
    /** Milliseconds, never going back. */
    private readonly clock: () => number,
  ) {}

  /** True if one more may be asked about; it is counted then. */
  take(key: string): boolean {
    const now = this.clock();
    const from = Math.max(this.wholeAt.get(key) ?? now, now);
    if (from - now > (IN_A_ROW - 1) * EVERY) return false;
    this.wholeAt.delete(key);
    this.wholeAt.set(key, from + EVERY);
    const oldest = this.wholeAt.keys().next().value;
    if (this.wholeAt.size > MOST_KEPT && oldest !== undefined) this.wholeAt.delete(oldest);
    return true;
  }
}
