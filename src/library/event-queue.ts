// Events for a consumer that iterates over them: a bounded number waits, and a consumer that is slower learns how many it has missed.

/** Events that were dropped here, because the buffer was full: the oldest ones. */
export interface MissedEvents {
  readonly kind: 'missed';
  readonly count: number;
}

/**
 * A bounded queue that is read with `for await`. Items come in the order of `push`; where some were dropped, one {@link MissedEvents} is in
 * their place. `end` lets the reader have what waits, then ends its loop; leaving the loop drops what waits.
 */
export class EventQueue<Item> implements AsyncIterableIterator<Item | MissedEvents> {
  private waiting: Item[] = [];
  private missed = 0;
  private isOver = false;
  private readers: ((result: IteratorResult<Item | MissedEvents>) => void)[] = [];

  constructor(
    /** Items that wait at most. */
    private readonly capacity: number,
    /** Called once, when nothing is taken any more. */
    private readonly closed: () => void,
  ) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError('the buffer must hold one event or more');
  }

  push(item: Item): void {
    if (this.isOver) return;
    const reader = this.readers.shift();
    if (reader !== undefined) return reader({ value: item, done: false });
    if (this.waiting.length === this.capacity) {
      this.waiting.shift();
      this.missed++;
    }
    this.waiting.push(item);
  }

  /** No item comes any more. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.closed();
    for (const reader of this.readers.splice(0)) reader({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<Item | MissedEvents>> {
    if (this.missed > 0) {
      const count = this.missed;
      this.missed = 0;
      return Promise.resolve({ value: { kind: 'missed', count }, done: false });
    }
    if (this.waiting.length > 0) return Promise.resolve({ value: this.waiting.shift()!, done: false });
    if (this.isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.readers.push(resolve));
  }

  /** What a loop calls that is left early. */
  return(): Promise<IteratorResult<Item | MissedEvents>> {
    this.waiting = [];
    this.missed = 0;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
