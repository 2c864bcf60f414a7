// Lines that clients cause: the first few of a kind are written, the rest is counted, and a sum says how many there were (R120).
import { addressBlock } from '../../runtime/address.js';

/** What a line is about, as far as it tells one repetition from another. Texts are harmless and short. */
export interface LineSubject {
  /** The operation or the fault. */
  readonly what: string;
  readonly level: 'info' | 'warn' | 'error';
  /** Of a closed list. */
  readonly reason: string;
  /** Canonical; empty where there is none. */
  readonly address: string;
  /** Whom it is about, if that is known: there are as many as the directory has. */
  readonly account: string;
  /** What the client calls itself: there are as many as it likes. */
  readonly name: string;
  /** A password was right: whoever causes such lines is known. */
  readonly isAccepted: boolean;
  readonly code: number | undefined;
}

export interface RepetitionBounds {
  /** Milliseconds. */
  readonly window: number;
  /** Lines of one subject in a window that are written as they come. */
  readonly whole: number;
  /** Different subjects of refusals and faults in a window: of one address, about accounts and about anything else; and in all. */
  readonly accountsPerAddress: number;
  readonly namesPerAddress: number;
  readonly refused: number;
  /** Of accepted ones, in all. */
  readonly accepted: number;
  /** Addresses that are counted apart from each other. */
  readonly addresses: number;
}

/** What was counted and not written in a window, of one subject; or by reason what found no place, of one address or of all others. */
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
      /** Undefined: of many. IPv6 addresses of one /64 are one. */
      readonly address: string | undefined;
      readonly count: number;
      readonly reasons: Readonly<Record<string, number>>;
      readonly seconds: number;
    };

class Counted {
  seen = 1;
  /** The last ones of what was not written. */
  references: string[] = [];

  constructor(readonly subject: LineSubject) {}
}

class CountedAddress {
  accounts = 0;
  names = 0;
  readonly rest = new Map<string, number>();
}

class Window {
  readonly subjects = new Map<string, Counted>();
  readonly addresses = new Map<string, CountedAddress>();
  readonly rest = new Map<string, number>();
  accepted = 0;
  refused = 0;

  constructor(readonly since: number) {}
}

/** References kept of one subject. */
const MOST_REFERENCES = 16;
/** Sums written in one turn of the event loop. */
const SUMS_PER_TURN = 10;

/**
 * Decides of each line whether it is written, and hands on one sum for what was not when the window ends. A window begins with its first
 * line. What is kept is bounded: what finds no place is counted with its address by reason, or with all others. No line goes uncounted.
 */
export class Repetition {
  private window: Window | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Sums of windows that have ended. */
  private due: Iterator<Sum, undefined> | undefined;

  constructor(
    private readonly bounds: RepetitionBounds,
    private readonly write: (sum: Sum) => void,
    /** What `write` has thrown on a timer, where nobody else would hear of it. */
    private readonly failed: (error: unknown) => void,
    /** Milliseconds; any start. */
    private readonly now: () => number,
  ) {}

  /** How many subjects and addresses are kept. */
  get size(): number {
    return (this.window?.subjects.size ?? 0) + (this.window?.addresses.size ?? 0);
  }

  /** True: the line is to be written. False: it is counted. `subject` is called for the first line of a subject alone. */
  admit(key: string, address: string, subject: () => LineSubject, reference = ''): boolean {
    const window = this.current();
    const block = addressBlock(address);
    const place = `${block}\0${key}`;
    const known = window.subjects.get(place);
    if (known !== undefined) {
      if (++known.seen <= this.bounds.whole) return true;
      if (reference !== '' && known.references.push(reference) > MOST_REFERENCES) known.references.shift();
      return false;
    }
    const line = subject();
    if (!this.takePlace(window, line, block)) {
      const counts = window.addresses.get(block)?.rest ?? window.rest;
      const reason = line.what === line.reason ? line.what : `${line.what} ${line.reason}`;
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
      return false;
    }
    window.subjects.set(place, new Counted({ ...line, address: block }));
    return true;
  }

  /** Writes what is counted, at once: nothing may come behind it. */
  close(): void {
    this.end();
    this.pour(Number.POSITIVE_INFINITY);
  }

  private current(): Window {
    if (this.window !== undefined) return this.window;
    this.window = new Window(this.now());
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

  private takePlace(window: Window, { isAccepted, account }: LineSubject, block: string): boolean {
    const { bounds } = this;
    if (isAccepted) return window.accepted < bounds.accepted && ++window.accepted > 0;
    if (window.refused >= bounds.refused) return false;
    let address = window.addresses.get(block);
    if (address === undefined) {
      if (window.addresses.size >= bounds.addresses) return false;
      address = new CountedAddress();
      window.addresses.set(block, address);
    }
    if (account === '' ? address.names >= bounds.namesPerAddress : address.accounts >= bounds.accountsPerAddress)
      return false;
    address[account === '' ? 'names' : 'accounts']++;
    window.refused++;
    return true;
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

function* sumsOf({ subjects, addresses, rest, since }: Window, whole: number, now: number): Generator<Sum, undefined> {
  const seconds = Math.ceil((now - since) / 1000);
  for (const { subject, seen, references } of subjects.values())
    if (seen > whole) yield { kind: 'subject', subject, count: seen - whole, references, seconds };
  for (const [address, counted] of addresses)
    if (counted.rest.size > 0) yield { kind: 'rest', address, ...totalOf(counted.rest), seconds };
  if (rest.size > 0) yield { kind: 'rest', address: undefined, ...totalOf(rest), seconds };
  return undefined;
}

function totalOf(counts: ReadonlyMap<string, number>): { count: number; reasons: Record<string, number> } {
  let count = 0;
  for (const one of counts.values()) count += one;
  return { count, reasons: Object.fromEntries(counts) };
}
