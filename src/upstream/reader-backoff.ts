// The reader's own password may be wrong as well: it is not offered again and again, or the upstream locks the account.

/** Milliseconds after one refusal, two, …; from then on the last. */
const PAUSES = [2000, 8000, 30_000, 120_000, 300_000];

/** Pauses after the reader's own password was refused, so that retries do not lock its account. */
export class ReaderBackoff {
  private count = 0;
  private until = 0;

  constructor(
    /** Milliseconds, monotonic. */
    private readonly now: () => number,
  ) {}

  /** Milliseconds until the password may be offered again; 0: now. */
  get pause(): number {
    return Math.max(0, this.until - this.now());
  }

  refused(): void {
    this.until = this.now() + PAUSES[Math.min(this.count++, PAUSES.length - 1)]!;
  }

  accepted(): void {
    this.count = this.until = 0;
  }
}
