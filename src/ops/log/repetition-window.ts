// What is counted in one window of lines that repeat: who has a place, and what found none (R120).

export type Level = 'info' | 'warn' | 'error';

/** What a line is about, as far as it tells one repetition from another. Texts are harmless and short. */
export interface LineSubject {
  /** The operation or the fault. */
  readonly what: string;
  readonly level: Level;
  /** Of a closed list. */
  readonly reason: string;
  /** Canonical; empty where there is none. */
  readonly address: string;
  /** Where apps have names, the one that the client is for. */
  readonly app?: string | undefined;
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

/** One subject that has a place, and how often it came. */
export class Counted {
  seen = 1;
  /** The last ones of what was not written. */
  references: string[] = [];

  /** `next`: another one of the same address that is about the same account or name. */
  constructor(
    readonly subject: LineSubject,
    readonly next: Counted | undefined,
  ) {}

  /** How many lines of it were not written, if the first `whole` ones are. */
  unwritten(whole: number): number {
    return Math.max(0, this.seen - whole);
  }
}

/** Subjects of one address: by account, and by the name of what has none. */
interface Subjects {
  readonly ofAccount: Map<string, Counted>;
  readonly ofName: Map<string, Counted>;
}

/** Counts by reason. */
export type Rest = Map<string, number>;

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

  /** Takes a place. Otherwise says whose places are all taken. */
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

/** Counts of one minute of log lines. Bounded in subjects and addresses. */
export class Window {
  /** In the order in which they came. */
  readonly subjects: Counted[] = [];
  /** The same ones by address. Look-ups by texts that are there already: a key put together for each line cost more than the line's count. */
  private readonly byAddress = new Map<string, Subjects>();
  /** What was found last: most lines come from where the one before came. */
  private lastBlock: string | undefined = undefined;
  private lastSubjects: Subjects | undefined = undefined;
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

  /** The subject that such a line is about, if it has a place. `account`, or `name` where that is empty: whom it is about. */
  find(
    block: string,
    account: string,
    name: string,
    what: string,
    reason: string,
    level: Level,
    app: string | undefined = undefined,
  ): Counted | undefined {
    const subjects = block === this.lastBlock ? this.lastSubjects : this.byAddress.get(block);
    if (subjects === undefined) return undefined;
    this.lastBlock = block;
    this.lastSubjects = subjects;
    let counted = account === '' ? subjects.ofName.get(name) : subjects.ofAccount.get(account);
    while (counted !== undefined && !isAbout(counted.subject, what, reason, level, app)) counted = counted.next;
    return counted;
  }

  /** Keeps a subject that has a place; `account` and `name` as `find` is asked. */
  keep(subject: LineSubject, account: string, name: string): void {
    const { address } = subject;
    const subjects = this.byAddress.get(address) ?? { ofAccount: new Map(), ofName: new Map() };
    this.byAddress.set(address, subjects);
    const [whose, key] = account === '' ? [subjects.ofName, name] : [subjects.ofAccount, account];
    const counted = new Counted(subject, whose.get(key));
    whose.set(key, counted);
    this.subjects.push(counted);
  }

  /** Undefined: the subject has a place now. Otherwise: where it is counted. */
  place({ group, account }: LineSubject, address: string): Rest | undefined {
    const outcome = this.taken[group].take(address, account);
    if (outcome === 'taken') return undefined;
    if (group === 'defect') return this.ofDefects;
    if (outcome === 'address') return restOf(this.ofAddress, address);
    // Who is attacked matters more than from where: an attacker with many addresses always has more of them.
    if (account !== '' && (this.ofAccount.has(account) || this.ofAccount.size < this.bounds.restAccounts))
      return restOf(this.ofAccount, account);
    return this.hasPlace(address) ? restOf(this.ofAddress, address) : this.ofMany;
  }

  private hasPlace(address: string): boolean {
    const { accepted, account, name } = this.taken;
    return name.has(address) || account.has(address) || accepted.has(address);
  }
}

function isAbout(subject: LineSubject, what: string, reason: string, level: Level, app: string | undefined): boolean {
  return subject.reason === reason && subject.what === what && subject.level === level && subject.app === app;
}

function restOf(rests: Map<string, Rest>, whose: string): Rest {
  const known = rests.get(whose);
  if (known !== undefined) return known;
  const rest: Rest = new Map();
  rests.set(whose, rest);
  return rest;
}
