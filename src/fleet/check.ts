// One password on its way through the store: asked about, let through, and reported.
import type { Permit, SharedDecision } from '../gate/ports.js';
import type { BatchItem } from './batches.js';
import type { AddressNames } from './check-names.js';
import type { Seal } from './seal.js';
import { StoreError } from './store.js';

/** Of one app, as they are at the moment. Times are milliseconds. */
export interface Limits {
  readonly perAccount: number;
  readonly accountWindow: number;
  readonly perAddress: number;
  readonly window: number;
}

/** What is the same for all checks of an app, as BATCH has it. */
export interface Terms {
  readonly limits: Limits;
  /** Of a line `l`. */
  readonly text: string;
}

/** What a check is about, under its names in the store. */
export interface CheckSubject {
  readonly account: string;
  readonly address: AddressNames;
  /** '': it is neither recalled nor kept. */
  readonly password: string;
  readonly version: string;
  readonly token: string;
  /** Nothing is recalled for it. */
  readonly isOneTime: boolean;
  readonly keepsAccepted: boolean;
  readonly keepsRefusal: boolean;
}

/** What decisions are made by, as far as a check needs it. */
export interface CheckOptions {
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Milliseconds that a decision may take. */
  readonly decisionTime: number;
  /** Milliseconds that an equal password of the account, on its way at another instance, is waited for where the limit is reached. */
  readonly equalTime: number;
  /** Signs accepted passwords: write access to the store must not be enough to make one. */
  readonly seal: Seal;
}

/** Who has checks decided: `Decisions`. */
export interface CheckOwner {
  readonly options: CheckOptions;
  /** How many decisions were made by whom. */
  readonly counts: { store: number; local: number };
  /** How many passwords the store has let through whose outcome is not there yet. */
  underWay: number;
  /** Of the store, as it is known. */
  readonly epoch: string | undefined;
  /** Sends it to the store, for a decision or with its outcome. False: the store is not asked at the moment. */
  send(check: BatchItem): boolean;
  /** Its outcome is there, and the store does not have it yet. */
  settled(check: Check): void;
  /** What it has changed is reported once more to a store that has lost it. */
  remember(check: Check): void;
  /** Its outcome has not arrived in the store. */
  keep(check: Check): void;
  /** The store is another one than was known. */
  emptied(): void;
}

export type Outcome = 'right' | 'wrong' | 'undecided';

/** Milliseconds until a decision that waits for an equal password at another instance is asked again: at first, and at most. */
const EQUAL_PAUSE = 25;
const LONGEST_PAUSE = 200;

/** One object for all that a bind has with the store, because each bind has one: its question, the permit that follows, and its outcome. */
export class Check implements BatchItem, Permit {
  lateAt: number | undefined;
  outcome: Outcome | undefined = undefined;
  /** For the owner alone: it is among those that are kept for a store that loses them. */
  isRecent = false;
  /** For the owner alone: a right one that followed a wrong one of its account. */
  forgives = false;
  /** It was sent to the store for a decision, and may count there as on its way, even if this instance decided. */
  wasAsked = false;
  /** How often it was sent upstream; and when its outcome was there, by the clock. */
  private times = 1;
  at = 0;
  /** When it was asked about, by the clock. */
  readonly began: number;
  private pause = EQUAL_PAUSE;
  /** False as well once what was recalled turned out to be signed by nobody. */
  private mayRecall: boolean;
  /** As the store has said when it let it through: when, and by what it can be revoked; and which store it was. */
  private stamp: string | undefined = undefined;
  private epoch: string | undefined = undefined;

  constructor(
    private readonly owner: CheckOwner,
    readonly terms: Terms,
    private readonly subject: CheckSubject,
    private decided: (decision: SharedDecision) => void,
  ) {
    const { clock, decisionTime } = owner.options;
    this.began = clock();
    this.lateAt = this.began + decisionTime;
    this.mayRecall = subject.password !== '' && !subject.isOneTime;
  }

  /** As it is named in the store. */
  get account(): string {
    return this.subject.account;
  }

  /** Decided by this instance. */
  alone(): SharedDecision {
    this.owner.counts.local++;
    return { kind: 'alone', permit: this };
  }

  settled(outcome: Outcome, times = 1): void {
    const { owner } = this;
    if (this.stamp !== undefined) owner.underWay--;
    // It may be kept for long. As a part of the answer, it would keep all of that.
    const isNeeded = outcome === 'right' && this.subject.keepsAccepted;
    this.stamp =
      isNeeded && this.stamp !== undefined ? Buffer.from(this.stamp, 'latin1').toString('latin1') : undefined;
    this.outcome = outcome;
    this.times = times;
    this.at = owner.options.clock();
    // Nobody waits for it from now on; and it may be kept for long, without the bind and its connection.
    this.lateAt = undefined;
    this.decided = NOBODY_WAITS;
    owner.settled(this);
  }

  text(now: number): string {
    return this.outcome === undefined ? this.question() : this.report(now);
  }

  answered(line: string): void {
    if (this.outcome === undefined) this.hear(line);
    else if (!this.isOver(line)) this.owner.keep(this);
  }

  /** Whether its outcome has arrived; or is lost, because what it is about is spoilt in the store and would not take it the next time either. */
  isOver(line: string): boolean {
    // Without it, an emptied store would learn of the wrong ones alone.
    if (line === '2') this.owner.remember(this);
    return line === '1' || line === '2' || line === 'error';
  }

  /** A wrong password of this account, as it is named in the store, is on its way no more, and counts nothing. */
  forgive(account: string): void {
    if (this.outcome === 'wrong' && this.subject.account === account) this.outcome = 'undecided';
  }

  failed(): void {
    if (this.outcome === undefined) this.decided(this.alone());
    else this.owner.keep(this);
  }

  private question(): string {
    this.wasAsked = true;
    const { account, token, address, password, version, keepsAccepted, keepsRefusal } = this.subject;
    const recalled = keepsRefusal ? (keepsAccepted ? 'ar' : 'r') : 'a';
    const what = this.mayRecall ? `${password} ${recalled}` : '- -';
    return `d ${account} ${token} ${address.both} ${what} ${version === '' ? '-' : version}`;
  }

  /** Its outcome. */
  report(now: number): string {
    const { outcome, stamp, began, at, times } = this;
    const { account, token, address, password, version, keepsAccepted, keepsRefusal } = this.subject;
    const isKept = keepsRefusal || (outcome === 'right' && keepsAccepted);
    // Only a wrong password counts against its address, and is compared with what the account looks like.
    const isWrong = outcome === 'wrong';
    const where = isWrong ? address.both : `${address.id} -`;
    const which = `${isKept && password !== '' ? password : '-'} ${isWrong && version !== '' ? version : '-'}`;
    const all = `s ${account} ${token} ${outcome} ${where} ${which} ${whole(now - began)} ${whole(now - at)} ${times}`;
    // A store that was emptied since has forgotten what was revoked.
    const isVouched = stamp !== undefined && this.epoch === this.owner.epoch;
    if (outcome !== 'right' || !keepsAccepted || !isVouched) return all;
    return `${all} ${stamp} ${this.owner.options.seal.seal(NOTHING, this.bound(stamp)).toString('base64url')}`;
  }

  private hear(line: string): void {
    const { owner } = this;
    // Nearly every answer, and so without a list of its parts.
    if (line.startsWith(ALLOWED) && line.length <= MOST_ALLOWED)
      return this.decided(this.allowed(line.slice(ALLOWED.length)));
    const decision = this.decisionOf(line);
    if (decision === 'wait') return this.waitForEqual();
    if (decision !== 'again') return this.decided(decision);
    this.mayRecall = false;
    if (!owner.send(this)) this.decided(this.alone());
  }

  /** `stamp`: when, and by what it can be revoked. */
  private allowed(stamp: string): SharedDecision {
    const { owner } = this;
    this.stamp = stamp;
    this.epoch = owner.epoch;
    owner.underWay++;
    owner.counts.store++;
    return { kind: 'allowed', permit: this };
  }

  /** What the store has said otherwise. `again`: it has to be asked once more, as if nothing were recalled. */
  private decisionOf(line: string): SharedDecision | 'wait' | 'again' {
    const { owner } = this;
    const [kind, , revocations = '', at = '', signature = ''] = line.split(' ');
    switch (kind) {
      case 'refused':
      case 'account':
      case 'address':
        owner.counts.store++;
        return { kind };
      case 'accepted':
        if (!this.mayRecall) return this.alone();
        // What was signed by nobody was not accepted: it is asked upstream.
        if (!this.isSigned(`${at} ${revocations}`, signature)) return 'again';
        owner.counts.store++;
        return { kind };
      case 'wait':
        return kind;
      default:
        // Emptied under our eyes; or no answer that could be relied on.
        if (kind === 'epoch') owner.emptied();
        return this.alone();
    }
  }

  /** An equal password is on its way at another instance. Its outcome decides; beyond `equalTime` there is none. */
  private waitForEqual(): void {
    const { owner } = this;
    const { clock, decisionTime, equalTime } = owner.options;
    if (clock() - this.began >= equalTime) {
      owner.counts.store++;
      this.decided({ kind: 'account' });
      return;
    }
    setTimeout(() => {
      this.lateAt = clock() + decisionTime;
      if (!owner.send(this)) this.decided(this.alone());
    }, this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
  }

  private isSigned(stamp: string, signature: string): boolean {
    return this.owner.options.seal.open(Buffer.from(signature, 'base64url'), this.bound(stamp)) !== undefined;
  }

  private bound(stamp: string): string[] {
    const { account, password } = this.subject;
    return ['accepted', account, password, ...stamp.split(' ')];
  }
}

/** An outcome that is reported once more, and waited for: `ended` is called once. */
export class Repeated implements BatchItem {
  readonly lateAt = undefined;
  readonly terms: Terms;

  constructor(
    private readonly check: Check,
    private readonly ended: (error: StoreError | undefined) => void,
  ) {
    this.terms = check.terms;
  }

  text(now: number): string {
    return this.check.report(now);
  }

  answered(line: string): void {
    this.ended(this.check.isOver(line) ? undefined : new StoreError('garbled', 'no answer to an outcome'));
  }

  failed(error: StoreError): void {
    this.ended(error);
  }
}

/** What a line begins with that lets a password through. */
const ALLOWED = 'allowed ';
/** Characters of such a line at most: a time of 16, and revocations of 40 (decision-scripts/account.ts). */
const MOST_ALLOWED = ALLOWED.length + 16 + 1 + 40;
const NOTHING = Buffer.alloc(0);
const NOBODY_WAITS = () => {};

function whole(ms: number): number {
  return Math.max(0, Math.round(ms));
}
