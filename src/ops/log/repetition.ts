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
  readonly group: SubjectGroup;
  readonly code: number | undefined;
}

/**
 * Groups take no places from each other. `accepted`: a password was right. `account`: refusals of accounts, of which there are as many as the
 * directory has. `name`: whatever else clients cause, and can make up without end. `defect`: of this program, told apart without addresses.
 */
export type SubjectGroup = 'accepted' | 'account' | 'name' | 'defect';

/** How many different subjects of a group have a place in a window. */
export interface Share {
  readonly inAll: number;
  readonly perAddress: number;
  /** Of one account at all addresses. */
  readonly perAccount: number;
}

export interface RepetitionBounds {
  /** Milliseconds. */
  readonly window: number;
  /** Lines of one subject in a window that are written as they come. */
  readonly whole: number;
  readonly shares: Readonly<Record<SubjectGroup, Share>>;
  /** Accounts that are named with how much of theirs found no place. */
  readonly restAccounts: number;
}

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

class Counted {
  seen = 1;
  /** The last ones of what was not written. */
  references: string[] = [];

  constructor(readonly subject: LineSubject) {}
}

/** Counts by reason. */
type Rest = Map<string, number>;

/** The places of one group that are taken. */
class Taken {
  private inAll = 0;
  /** Neither has more entries than places are taken. */
  private readonly ofAddress = new Map<string, number>();
  private readonly ofAccount = new Map<string, number>();

  constructor(private readonly share: Share) {}

  has(address: string): boolean {
    return this.ofAddress.has(address);
  }

  /** Takes a place. Else: whose are all taken. */
  take(address: string, account: string): 'taken' | 'address' | 'others' {
    const { share, ofAddress, ofAccount } = this;
    const here = ofAddress.get(address) ?? 0;
    if (here >= share.perAddress) return 'address';
    const theirs = ofAccount.get(account) ?? 0;
    if (this.inAll >= share.inAll || (account !== '' && theirs >= share.perAccount)) return 'others';
    this.inAll++;
    ofAddress.set(address, here + 1);
    if (account !== '') ofAccount.set(account, theirs + 1);
    return 'taken';
  }
}

class Window {
  readonly subjects = new Map<string, Counted>();
  readonly taken: Readonly<Record<SubjectGroup, Taken>>;
  /** Of addresses that have a place. */
  readonly ofAddress = new Map<string, Rest>();
  readonly ofAccount = new Map<string, Rest>();
  readonly ofMany: Rest = new Map();
  readonly ofDefects: Rest = new Map();

  constructor(
    readonly since: number,
    private readonly bounds: RepetitionBounds,
  ) {
    const { accepted, account, name, defect } = bounds.shares;
    this.taken = {
      accepted: new Taken(accepted),
      account: new Taken(account),
      name: new Taken(name),
      defect: new Taken(defect),
    };
  }

  /** Undefined: the subject has a place now. Else: where it is counted. */
  place({ group, account }: LineSubject, address: string): Rest | undefined {
    const outcome = this.taken[group].take(address, account);
    if (outcome === 'taken') return undefined;
    if (group === 'defect') return this.ofDefects;
    if (outcome === 'address') return restOf(this.ofAddress, address);
    // Who is attacked is told before where from: whoever has many addresses has always more of them.
    if (account !== '' && (this.ofAccount.has(account) || this.ofAccount.size < this.bounds.restAccounts))
      return restOf(this.ofAccount, account);
    return this.hasPlace(address) ? restOf(this.ofAddress, address) : this.ofMany;
  }

  private hasPlace(address: string): boolean {
    const { accepted, account, name } = this.taken;
    return name.has(address) || account.has(address) || accepted.has(address);
  }
}

function restOf(rests: Map<string, Rest>, whose: string): Rest {
  const known = rests.get(whose);
  if (known !== undefined) return known;
  const rest: Rest = new Map();
  rests.set(whose, rest);
  return rest;
}

/** References kept of one subject. */
const MOST_REFERENCES = 16;
/** Sums written in one turn of the event loop. */
const SUMS_PER_TURN = 10;

/**
 * Decides of each line whether it is written, and hands on one sum for what was not when the window ends. A window begins with its first
 * line. What is kept is bounded: what finds no place is counted by reason with its address, its account, or all others. No line goes uncounted.
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

  /** How many subjects, and counts of what found no place, are kept. */
  get size(): number {
    const { subjects, ofAddress, ofAccount } = this.window ?? {};
    return (subjects?.size ?? 0) + (ofAddress?.size ?? 0) + (ofAccount?.size ?? 0);
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
    const rest = window.place(line, block);
    if (rest !== undefined) {
      const reason = line.what === line.reason ? line.what : `${line.what} ${line.reason}`;
      rest.set(reason, (rest.get(reason) ?? 0) + 1);
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
  for (const { subject, seen, references } of window.subjects.values())
    if (seen > whole) yield { kind: 'subject', subject, count: seen - whole, references, seconds };
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
