// Reads of the directory after events: one immediately, and some later, because JumpCloud's LDAP follows its console with a delay.

/** Milliseconds from an event to the reads after it. */
const AFTER: readonly number[] = [0, 15_000, 60_000];
/** Milliseconds from one read to the next at least. */
const BETWEEN = 5000;

export interface EventReadsParts {
  readonly read: () => void;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** For tests: milliseconds, as `AFTER` and `BETWEEN`. */
  readonly after?: readonly number[];
  readonly between?: number;
}

/**
 * Schedules reads of the directory after events: immediately, and after 15 and 60 seconds. Any number of events leaves at most these reads
 * pending.
 */
export class EventReads {
  /** Times of the reads that are due, by the clock; the earliest first. */
  private due: readonly number[] = [];
  private timer: NodeJS.Timeout | undefined;
  private last = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: EventReadsParts) {}

  /** Something has changed. However many events there are, no more reads are waiting than follow one. */
  soon(): void {
    const { clock, after = AFTER } = this.parts;
    const now = clock();
    const [first = now] = this.due;
    // The first read that was due already is kept: a stream of events must not put it off.
    this.due = after.map((delay, i) => (i === 0 ? Math.min(first, now) : now + delay));
    this.schedule();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.due = [];
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const [next] = this.due;
    if (next === undefined) return;
    const { clock, between = BETWEEN } = this.parts;
    // The immediate read uses a timer too, so the events of one page cause one read.
    this.timer = setTimeout(() => this.read(), Math.max(0, Math.max(next, this.last + between) - clock())).unref();
  }

  private read(): void {
    const { clock, read } = this.parts;
    this.last = clock();
    // The first is behind us, and whatever else is due by now.
    this.due = this.due.slice(1).filter((at) => at > this.last);
    this.schedule();
    read();
  }
}
