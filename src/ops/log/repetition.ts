// Lines that clients cause: the first few of a kind are written, the rest is counted, and a sum says how many there were (R120).
import { addressBlock } from '../../runtime/address.js';
import { type Level, type LineSubject, type RepetitionBounds, type Rest, Window } from './repetition-window.js';

/** What was counted and not written in a window, of one subject; or by reason what found no place: of one address, of one account, or of all others. */
export type Sum =
  | {
      readonly kind: 'subject';
      readonly subject: LineSubject;
      readonly count: number;
      /** The last ones of them that had one. */
      readonly references: readonly string[];
      readonly seconds: number;
    }
  | {
      readonly kind: 'rest';
      readonly level: 'info' | 'error';
      /** Undefined: of many. IPv6 addresses of one /64 are one. */
      readonly address?: string;
      readonly account?: string;
      readonly count: number;
      readonly reasons: Readonly<Record<string, number>>;
      readonly seconds: number;
    };

/** References kept of one subject. */
const MOST_REFERENCES = 16;
/** Sums written in one turn of the event loop. */
const SUMS_PER_TURN = 10;

/**
 * Decides for each line whether it is written, and passes on one sum for the others when the window ends. A window begins with its first
 * line. What is kept is bounded: what finds no place is counted by reason with its address, its account, or all others. No line goes uncounted.
 */
export class Repetition {
  private window: Window | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Sums of windows that have ended. */
  private due: Iterator<Sum, undefined> | undefined;
  private lastAddress = '';
  private lastBlock = addressBlock('');

  constructor(
    private readonly bounds: RepetitionBounds,
    private readonly write: (sum: Sum) => void,
    /** Receives what `write` has thrown on a timer, where nothing else would catch it. */
    private readonly failed: (error: unknown) => void,
    /** Milliseconds; any start. */
    private readonly now: () => number,
  ) {}

  /** How many subjects, and counts of what found no place, are kept. */
  get size(): number {
    const { subjects, ofAddress, ofAccount } = this.window ?? {};
    return (subjects?.length ?? 0) + (ofAddress?.size ?? 0) + (ofAccount?.size ?? 0);
  }

  /**
   * True: the line must be written. False: it is counted. Undefined: it is the first of its subject, and `first` decides. A line is about
   * `account`, or `name` where that is empty; the two are short texts that are kept. Two calls, so that a subject is made once a window
   * and not for each line.
   */
  again(
    address: string,
    account: string,
    name: string,
    what: string,
    reason: string,
    level: Level,
    reference = '',
    app: string | undefined = undefined,
  ): boolean | undefined {
    const counted = this.current().find(this.blockOf(address), account, name, what, reason, level, app);
    if (counted === undefined) return undefined;
    if (++counted.seen <= this.bounds.whole) return true;
    const { references } = counted;
    if (reference !== '' && references.push(reference) > MOST_REFERENCES) references.shift();
    return false;
  }

  /** After `again`, with the same arguments: true if the line must be written. */
  first(address: string, account: string, name: string, subject: LineSubject): boolean {
    const window = this.current();
    const block = this.blockOf(address);
    const rest = window.place(subject, block);
    if (rest === undefined) {
      window.keep({ ...subject, address: block }, account, name);
      return true;
    }
    const { what, reason } = subject;
    const which = what === reason ? what : `${what} ${reason}`;
    rest.set(which, (rest.get(which) ?? 0) + 1);
    return false;
  }

  /** Writes what is counted, immediately: nothing may come after it. */
  close(): void {
    this.end();
    this.pour(Number.POSITIVE_INFINITY);
  }

  /** Most lines come from the address of the line before. */
  private blockOf(address: string): string {
    if (address !== this.lastAddress) {
      this.lastAddress = address;
      this.lastBlock = addressBlock(address);
    }
    return this.lastBlock;
  }

  private current(): Window {
    if (this.window !== undefined) return this.window;
    this.window = new Window(this.now(), this.bounds);
    this.timer = setTimeout(() => this.guarded(() => this.end()), this.bounds.window).unref();
    return this.window;
  }

  private guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.failed(error);
    }
    if (this.due !== undefined) setImmediate(() => this.guarded(() => this.pour(SUMS_PER_TURN)));
  }

  private end(): void {
    clearTimeout(this.timer);
    const { window, bounds } = this;
    if (window === undefined) return;
    this.window = undefined;
    // What is left of the window before comes first: it had a whole one for it.
    this.pour(Number.POSITIVE_INFINITY);
    this.due = sumsOf(window, bounds.whole, this.now());
  }

  private pour(most: number): void {
    for (let i = 0; i < most && this.due !== undefined; i++) {
      const { value } = this.due.next();
      if (value === undefined) this.due = undefined;
      else this.write(value);
    }
  }
}

function* sumsOf(window: Window, whole: number, now: number): Generator<Sum, undefined> {
  const seconds = Math.ceil((now - window.since) / 1000);
  for (const counted of window.subjects) {
    const { subject, references } = counted;
    const count = counted.unwritten(whole);
    if (count > 0) yield { kind: 'subject', subject, count, references, seconds };
  }
  const rest = { kind: 'rest', level: 'info', seconds } as const;
  for (const [account, counts] of window.ofAccount) yield { ...rest, account, ...totalOf(counts) };
  for (const [address, counts] of window.ofAddress) yield { ...rest, address, ...totalOf(counts) };
  if (window.ofMany.size > 0) yield { ...rest, ...totalOf(window.ofMany) };
  if (window.ofDefects.size > 0) yield { ...rest, level: 'error', ...totalOf(window.ofDefects) };
  return undefined;
}

function totalOf(counts: Rest): { count: number; reasons: Record<string, number> } {
  let count = 0;
  for (const one of counts.values()) count += one;
  return { count, reasons: Object.fromEntries(counts) };
}
