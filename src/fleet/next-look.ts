// When an instance looks at the store next: a read that waits looks again and again, and news makes it look sooner.

/** Milliseconds from one look at the store to the next while a read waits. */
export const POLL = 400;
/** Milliseconds within which instances look at the same news. */
const SPREAD = 250;
/**
 * Milliseconds from one look to the next because nobody reads: a notice has no time in it, and anyone who may write to the store may repeat one. Without
 * a pause an instance that reads alone would read the upstream again and again.
 */
const FREE_PAUSE = 5000;

export interface NextLookOptions {
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** The mirror is to read, because no read is under way that could look. */
  readonly look: () => void;
}

/** Looks because of news: at different times at different instances, and once for all news until then. */
export class NextLook {
  /** Ends the pause of the read that waits. */
  private wake: (() => void) | undefined;
  /** The look that is due, and when, by the clock; and when the last one was. */
  private timer: NodeJS.Timeout | undefined;
  private dueAt = 0;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private isClosed = false;

  constructor(private readonly options: NextLookOptions) {}

  /** For a read that waits: resolves after a while, or with news. */
  pause(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, POLL * (0.75 + 0.5 * this.options.random()));
      this.wake = done;
    });
  }

  /** There is something new in the store. */
  soon(): void {
    this.notBefore(Number.NEGATIVE_INFINITY);
  }

  /** Nobody reads at present. */
  whileFree(): void {
    this.notBefore(this.lookedAt + FREE_PAUSE);
  }

  /** A read that waits goes on, and nothing looks any more. */
  close(): void {
    this.isClosed = true;
    this.wake?.();
  }

  /** `earliest`: by the clock. */
  private notBefore(earliest: number): void {
    if (this.wake !== undefined) return this.wake();
    const { random, look, clock } = this.options;
    const now = clock();
    const at = Math.max(now + random() * SPREAD, earliest);
    if (this.timer !== undefined && this.dueAt <= at) return;
    clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.lookedAt = clock();
      if (!this.isClosed) look();
    }, at - now).unref();
  }
}
