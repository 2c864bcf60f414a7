// What instances decide together goes to the store in batches: one command for all decisions and outcomes of a moment. A command of its own for each
// cost four times the CPU of the bind (240 µs against 55, Node.js 20.20; `npm run bench -- --only fleet`): promises, timers, arguments and answers
// are paid for once a batch.
import { BATCH } from './decision-scripts/batch.js';
import { type Store, StoreError } from './store.js';

/** One line of a batch, and the receiver of its answer. */
export interface BatchItem {
  /** By the clock: when the answer comes too late for the one who waits; undefined: nobody waits. */
  readonly lateAt: number | undefined;
  /** The limits that apply to its line. */
  readonly terms: { readonly text: string };
  /** As BATCH has it, in the moment `now` in which it is sent. */
  text(now: number): string;
  /** Once: the line of the answer; `error` where what it is about is spoilt in the store. */
  answered(line: string): void;
  /** Once, in place of an answer: none that could be relied on. What was asked may have been done. */
  failed(error: StoreError): void;
}

export interface BatchesOptions {
  readonly store: Pick<Store, 'run'>;
  /** The name of the key that all instances have in common. */
  readonly meta: string;
  /** Of the store, as it is known when a batch is sent; '' if it is not. */
  readonly epoch: () => string;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** How long the store took, in milliseconds. */
  readonly took: (ms: number) => void;
}

/** Items of one batch at most: the store does nothing else while it runs one, a few microseconds for each. */
const MOST_AT_ONCE = 64;
/** The limits of batches under way and of items that wait; beyond them, items fail immediately. */
const MOST_UNDER_WAY = 16;
const MOST_WAITING = 1000;
/**
 * The limits of batches under way that nobody waits for, and of waiting items that one adds to so. They take up to a second where the store does not
 * answer: with half of the places, they leave room for a decision and all before it.
 */
const MOST_PATIENT = 8;
const MOST_UNWATCHED = 500;
/** Milliseconds that an item may wait for others, or for a batch under way, so that more go together. */
const PAUSE = 1;
/** Items in a millisecond from which on they wait for others: 2,000 binds a second. A lone client never waits. */
const CROWD = 2;
/** Milliseconds over which they are counted. */
const WINDOW = 10;
/** Milliseconds for a batch that nobody waits for. */
const PATIENT = 1000;

/** Collects items and sends them, in their order, when the turn of the event loop ends or when the batch before has come back. */
export class Batches {
  private waiting: BatchItem[] = [];
  private underWay = 0;
  private patient = 0;
  private willSend = false;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;
  /** The recent rate in items per millisecond; and those sent since, by the clock. */
  private rate = 0;
  private counted = 0;
  private countedSince = 0;

  constructor(private readonly options: BatchesOptions) {}

  /** Its `answered` or `failed` is called later, never before this has returned. */
  add(item: BatchItem): void {
    const most = isWaitedFor(item) ? MOST_WAITING : MOST_UNWATCHED;
    if (this.isClosed || this.waiting.length >= most) {
      const error = new StoreError('slow', this.isClosed ? 'closed' : `${most} decisions wait to be sent`);
      setImmediate(() => item.failed(error));
      return;
    }
    this.waiting.push(item);
    this.plan();
  }

  /** True while nothing waits, and nothing is under way. */
  get isIdle(): boolean {
    return this.waiting.length === 0 && this.underWay === 0;
  }

  /** Sends what waits immediately, and nothing that comes later. */
  close(): void {
    clearTimeout(this.timer);
    this.send();
    this.isClosed = true;
    const { waiting } = this;
    this.waiting = [];
    for (const item of waiting) item.failed(new StoreError('away', 'closed'));
  }

  private plan(): void {
    if (this.willSend) return;
    // Outcomes as well: a user who has just logged in here may come to another instance next.
    if (this.underWay === 0 && this.rate < CROWD) {
      this.willSend = true;
      setImmediate(this.send);
    } else this.timer ??= setTimeout(this.ring, PAUSE).unref();
  }

  private readonly ring = () => {
    this.timer = undefined;
    if (!this.willSend) this.send();
  };

  private readonly send = () => {
    this.willSend = false;
    this.count();
    while (this.waiting.length > 0 && this.underWay < MOST_UNDER_WAY && !this.isClosed) {
      if (this.patient >= MOST_PATIENT && !this.waiting.some(isWaitedFor)) return;
      const items = this.waiting.length <= MOST_AT_ONCE ? this.waiting : this.waiting.slice(0, MOST_AT_ONCE);
      this.waiting = this.waiting.length <= MOST_AT_ONCE ? [] : this.waiting.slice(MOST_AT_ONCE);
      this.sendBatch(items);
    }
  };

  private count(): void {
    this.counted += this.waiting.length;
    const now = this.options.clock();
    const passed = now - this.countedSince;
    if (passed < WINDOW) return;
    this.rate = this.counted / passed;
    this.counted = 0;
    this.countedSince = now;
  }

  private sendBatch(items: readonly BatchItem[]): void {
    const { store, meta, epoch, clock, took } = this.options;
    const now = clock();
    // One argument for all: each costs the client's package a third of a microsecond, and the store as much again.
    let lines = '';
    let terms: BatchItem['terms'] | undefined;
    let lateAt = Number.POSITIVE_INFINITY;
    for (const item of items) {
      if (item.terms !== terms) {
        terms = item.terms;
        lines += `l ${terms.text}\n`;
      }
      lines += `${item.text(now)}\n`;
      if (item.lateAt !== undefined && item.lateAt < lateAt) lateAt = item.lateAt;
    }
    const isPatient = lateAt === Number.POSITIVE_INFINITY;
    this.underWay++;
    if (isPatient) this.patient++;
    const ms = Math.min(PATIENT, Math.max(1, lateAt - now));
    store.run(BATCH, [meta], [epoch(), lines], ms).then(
      (answer) => {
        if (!isPatient) took(clock() - now);
        this.landed(isPatient);
        this.hand(items, answer);
      },
      (error: unknown) => {
        this.landed(isPatient);
        if (!(error instanceof StoreError)) throw error;
        for (const item of items) this.handOne(item, error);
      },
    );
  }

  private landed(isPatient: boolean): void {
    this.underWay--;
    if (isPatient) this.patient--;
    // Those that have waited for this one go now, with what the answers bring.
    if (this.waiting.length > 0) this.plan();
  }

  private hand(items: readonly BatchItem[], answer: unknown): void {
    const lines = typeof answer === 'string' ? answer.split('\n') : [];
    const isWhole = lines.length === items.length;
    for (let i = 0; i < items.length; i++)
      this.handOne(items[i]!, isWhole ? lines[i]! : new StoreError('garbled', 'no decision'));
  }

  /** A defect of one receiver is reported as any other, and the rest of the batch still gets its answers. */
  private handOne(item: BatchItem, answer: string | StoreError): void {
    try {
      if (typeof answer === 'string') item.answered(answer);
      else item.failed(answer);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

function isWaitedFor({ lateAt }: BatchItem): boolean {
  return lateAt !== undefined;
}
