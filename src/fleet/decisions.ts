// What instances decide together about passwords, in one step of the store for each; alone while it is away, and reported to it later.
import type { Permit, SharedDecision, SharedDecisions, SharedQuestion } from '../gate/ports.js';
import { Batches, type BatchItem } from './batches.js';
import { type AddressNames, CheckNames } from './check-names.js';
import { BATCH, GREET, META_LIFE } from './decision-scripts.js';
import type { FleetNames } from './names.js';
import type { Purges } from './purges.js';
import type { Seal } from './seal.js';
import { type Health, type Store, StoreError } from './store.js';

/** Of one app, as they are at the moment. Times are milliseconds. */
export interface Limits {
  readonly perAccount: number;
  readonly accountWindow: number;
  readonly perAddress: number;
  readonly window: number;
}

export interface DecisionOptions {
  readonly store: Store;
  readonly names: FleetNames;
  /** Differs for upstreams whose accounts are others'. */
  readonly realm: string;
  readonly purges: Purges;
  /** Signs accepted passwords: write access to the store must not be enough to make one. */
  readonly seal: Seal;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  readonly random: (octets: number) => Buffer;
  /** Milliseconds: that a decision may take; that a password sent upstream may be on its way; as `binds` has them. */
  readonly decisionTime: number;
  readonly flight: number;
  readonly refusedTtl: number;
  /** Milliseconds that an equal password of the account, on its way at another instance, is waited for where the limit is reached. */
  readonly equalTime: number;
  /** 0: accepted passwords are not shared. */
  readonly acceptedTtl: number;
  /** Milliseconds in which instances that know more may refill a store that was emptied, before the others use it. */
  readonly grace: number;
  /** How long the store took. */
  readonly took: (ms: number) => void;
}

/** Milliseconds for what nobody waits for. */
const PATIENT = 1000;
/** Milliseconds until a decision that waits for an equal password at another instance is asked again. */
const EQUAL_PAUSE = 25;
/** The limit of outcomes of passwords that are kept for a store that is away; and the number that are reported at the same time. */
const MOST_KEPT = 10_000;
const WAVE = 200;

/** A password that was let through, under its names in the store. */
interface Check {
  readonly account: string;
  readonly address: AddressNames;
  readonly password: string;
  readonly keepsAccepted: boolean;
  readonly keepsRefusal: boolean;
  readonly version: string;
  readonly token: string;
  readonly limits: Limits;
  readonly began: number;
  /** As the store has said when it let it through. */
  stamp: { readonly at: string; readonly revocations: string } | undefined;
}

interface Settled {
  readonly check: Check;
  readonly outcome: 'right' | 'wrong' | 'undecided';
  readonly times: number;
  readonly at: number;
}

/**
 * Shared password decisions: by a script in the store while it is up, by this instance alone otherwise. A decision takes at most `decisionTime`;
 * what waits to be reported is bounded.
 */
export class Decisions {
  /** How many decisions were made by whom. */
  readonly counts = { store: 0, local: 0 };
  /** What is not reported yet, in the order in which it happened; and the number that was lost. */
  private waiting: Settled[] = [];
  lost = 0;
  /** Recent wrong passwords that this instance has seen, for a store that has lost them. */
  private wrong: Settled[] = [];
  private isOpen = false;
  private epoch: string | undefined;
  /** Grows with each greeting: an older one gives up. */
  private greeting = 0;
  private again: NodeJS.Timeout | undefined;
  private isClosed = false;
  private readonly origin: string;
  private made = 0;
  private readonly leaveHealth: () => void;
  private readonly leaveEpochs: () => void;
  private readonly named: CheckNames;
  private readonly batches: Batches;

  constructor(private readonly options: DecisionOptions) {
    const { store, names, realm, clock, took } = options;
    this.origin = options.random(9).toString('base64url');
    this.named = new CheckNames(names, realm);
    this.batches = new Batches({ store, meta: names.of('meta'), clock, took });
    // What this instance has seen recently is reported before the others decide: they wait for `grace`.
    this.leaveEpochs = store.subscribe(names.of('epoch'), (message) => {
      const isOther = this.epoch !== undefined && message.toString('latin1') !== this.epoch;
      if (isOther && store.health === 'well') this.changed('well');
    });
    this.leaveHealth = options.store.onHealth((health) => this.changed(health));
    this.changed(options.store.health);
  }

  /** True while the store decides. */
  get isTogether(): boolean {
    return this.isOpen;
  }

  /** Of an app, whose addresses are counted apart. `limits`: as they are at the moment. */
  forApp(app: string, limits: () => Limits): SharedDecisions {
    return {
      decide: (question, decided) => {
        const check = this.checkOf(question, app, limits());
        if (!this.isOpen) return this.alone(check);
        this.batches.add(new Asked(this, check, question.isOneTime, decided));
        return undefined;
      },
    };
  }

  /** True while nothing is on its way to the store. */
  get isIdle(): boolean {
    return this.batches.isIdle;
  }

  /** Something waits to be reported: soon, if the store is up. */
  soon(): void {
    this.greetLater(PATIENT);
  }

  close(): void {
    this.isClosed = true;
    this.isOpen = false;
    this.greeting++;
    clearTimeout(this.again);
    this.leaveHealth();
    this.leaveEpochs();
    this.batches.close();
  }

  private checkOf(question: SharedQuestion, app: string, limits: Limits): Check {
    const { named } = this;
    const { clock, acceptedTtl, refusedTtl } = this.options;
    const { account, isOneTime } = question;
    const keepsRefusal = question.keepsRefusal && refusedTtl > 0;
    const keepsAccepted = !isOneTime && acceptedTtl > 0;
    return {
      account: named.account(account),
      address: named.address(app, question.address),
      password: keepsRefusal || keepsAccepted ? named.password(account, question.password) : '',
      ...{ keepsAccepted, keepsRefusal, limits },
      version: named.version(account, question.version),
      token: `${this.origin}${(this.made++).toString(36)}`,
      began: clock(),
      stamp: undefined,
    };
  }

  /** Decided by this instance, and for `Asked` where no answer came that could be relied on. */
  alone(check: Check): SharedDecision {
    this.counts.local++;
    return { kind: 'alone', permit: this.permit(check) };
  }

  /** For `Asked`: its line. */
  decideText(check: Check, isOneTime: boolean): string {
    const { flight, refusedTtl, acceptedTtl } = this.options;
    const { account, token, address, keepsRefusal, version, limits } = check;
    const { perAccount, accountWindow, perAddress, window } = limits;
    const password = isOneTime ? '-' : dashed(check.password);
    const ttls = `${keepsRefusal ? refusedTtl : 0} ${isOneTime ? 0 : acceptedTtl}`;
    return `d ${account} ${token} ${address.both} ${password} ${dashed(version)} ${perAccount} ${accountWindow} ${flight} ${perAddress} ${window} ${ttls}`;
  }

  /** For `Asked`: what the store has said; undefined: it has to be asked again, as if nothing were recalled. */
  decision(check: Check, words: readonly string[]): SharedDecision | undefined {
    const kind = words[0];
    switch (kind) {
      case 'allowed':
        check.stamp = { at: words[1] ?? '', revocations: words[2] ?? '' };
        this.counts.store++;
        return { kind, permit: this.permit(check) };
      case 'refused':
      case 'account':
      case 'address':
        this.counts.store++;
        return { kind };
      case 'accepted':
        // What was signed by nobody was not accepted: it is asked upstream.
        if (!this.isSigned(check, words[3] ?? '', words[2] ?? '', words[4] ?? '')) return undefined;
        this.counts.store++;
        return { kind };
      default:
        // Emptied under our eyes; or no answer that could be relied on.
        if (kind === 'epoch' && this.isOpen) this.changed('well');
        return this.alone(check);
    }
  }

  /** For `Asked`. */
  askAgain(asked: BatchItem, check: Check): SharedDecision | undefined {
    if (!this.isOpen) return this.alone(check);
    this.batches.add(asked);
    return undefined;
  }

  /** For `Asked`: an equal password is on its way at another instance. Its outcome decides; beyond `equalTime` there is none. */
  waitForOther(check: Check, again: () => void): SharedDecision | undefined {
    if (this.options.clock() - check.began >= this.options.equalTime) {
      this.counts.store++;
      return { kind: 'account' };
    }
    setTimeout(again, EQUAL_PAUSE);
    return undefined;
  }

  /** For `Asked`, by the clock: until when a decision may take. */
  get lateFromNow(): number {
    return this.options.clock() + this.options.decisionTime;
  }

  private permit(check: Check): Permit {
    return new CheckPermit(this, check);
  }

  /** For `CheckPermit`: what has become of a password that was let through. */
  settled(check: Check, outcome: Settled['outcome'], times: number): void {
    const settled = { check, outcome, times, at: this.options.clock() };
    if (outcome === 'wrong') this.keepWrong(settled);
    // What was never let through by the store has nothing to be taken back; unless it was, and the answer was late.
    if (this.isOpen) this.batches.add(new Told(this, settled));
    else this.keep(settled);
  }

  private send(settled: Settled): Promise<void> {
    return new Promise((resolve, reject) => {
      this.batches.add(new Told(this, settled, (error) => (error === undefined ? resolve() : reject(error))));
    });
  }

  /** For `Told`: its line. */
  settleText({ check, outcome, times, at }: Settled, now: number): string {
    const { flight, refusedTtl } = this.options;
    const { account, token, address, password, keepsRefusal, version, limits, began, stamp } = check;
    const { perAccount, accountWindow, window } = limits;
    const isKept = outcome === 'right' ? check.keepsAccepted || keepsRefusal : keepsRefusal;
    const accepted =
      outcome === 'right' && check.keepsAccepted && stamp !== undefined
        ? ` ${stamp.at} ${stamp.revocations} ${this.signed(check, stamp.at, stamp.revocations)}`
        : '';
    const what = `s ${account} ${token} ${outcome} ${address.both} ${isKept ? dashed(password) : '-'} ${dashed(version)}`;
    return `${what} ${whole(now - began)} ${whole(now - at)} ${times} ${perAccount} ${accountWindow} ${flight} ${window} ${refusedTtl}${accepted}`;
  }

  /** It is reported later. */
  keep(settled: Settled): void {
    this.waiting.push(settled);
    if (this.waiting.length > MOST_KEPT) {
      this.waiting.shift();
      this.lost++;
    }
    // The store may be up, with too much under way.
    if (this.options.store.health === 'well') this.greetLater(PATIENT);
  }

  private keepWrong(settled: Settled): void {
    const { wrong } = this;
    wrong.push(settled);
    if (wrong.length < 2 * MOST_KEPT) return;
    this.wrong = wrong.slice(MOST_KEPT);
  }

  private isSigned(check: Check, at: string, revocations: string, signature: string): boolean {
    const bound = ['accepted', check.account, check.password, at, revocations];
    return this.options.seal.open(Buffer.from(signature, 'base64url'), bound) !== undefined;
  }

  private signed(check: Check, at: string, revocations: string): string {
    const bound = ['accepted', check.account, check.password, at, revocations];
    return this.options.seal.seal(NOTHING, bound).toString('base64url');
  }

  private changed(health: Health): void {
    this.isOpen = false;
    const mine = ++this.greeting;
    clearTimeout(this.again);
    this.again = undefined;
    if (health === 'well' && !this.isClosed) void this.greet(mine);
  }

  private greetLater(ms: number): void {
    if (this.again !== undefined || this.isClosed) return;
    this.again = setTimeout(() => {
      this.again = undefined;
      if (this.options.store.health === 'well') this.changed('well');
    }, ms).unref();
  }

  /** Before anything is decided together, the instance receives what it missed and reports what the others missed. */
  private async greet(mine: number): Promise<void> {
    const { store, names, purges, random, grace } = this.options;
    const keys = [names.of('meta'), names.of('purges')];
    try {
      const asked = [random(9).toString('base64url'), purges.last ?? '', META_LIFE, names.of('epoch')];
      const [epoch = '', age = '', last = '', ...missed] = texts(await store.run(GREET, keys, asked, PATIENT));
      if (mine !== this.greeting) return;
      const isOther = this.epoch !== undefined && this.epoch !== epoch;
      if (isOther) this.remind();
      this.epoch = epoch;
      this.batches.epoch = epoch;
      purges.caughtUp(Number(last), isOther ? ['gap'] : missed);
      await purges.tellWaiting();
      if (!(await this.tellWaiting(mine))) return;
      await this.load();
      if (mine !== this.greeting) return;
      const rest = grace - Number(age);
      if (rest > 0) return this.greetLater(rest);
      this.isOpen = true;
    } catch {
      // A store in trouble reports when it is up again; one that is up and did not answer this is asked again.
      if (mine === this.greeting) this.greetLater(PATIENT);
    }
  }

  /** The store has the script before somebody waits for it. */
  private async load(): Promise<void> {
    const { store, names } = this.options;
    await store.run(BATCH, [names.of('meta')], ['', ''], PATIENT);
  }

  /** The store has lost its data: what this instance has seen recently is reported once more. */
  private remind(): void {
    const now = this.options.clock();
    const lately = this.wrong.filter(({ at, check }) => now - at < check.limits.accountWindow);
    this.wrong = lately;
    const known = new Set(this.waiting);
    this.waiting = [...lately.filter((each) => !known.has(each)), ...this.waiting].slice(-MOST_KEPT);
  }

  /** False if the greeting was given up. */
  private async tellWaiting(mine: number): Promise<boolean> {
    while (this.waiting.length > 0) {
      const wave = this.waiting.slice(0, WAVE);
      // In the order of the connection, so in that of time.
      await Promise.all(wave.map((settled) => this.send(settled)));
      if (mine !== this.greeting) return false;
      // Nothing but what overflowed has left the front meanwhile.
      const told = new Set(wave);
      let rest = 0;
      while (told.has(this.waiting[rest]!)) rest++;
      this.waiting = this.waiting.slice(rest);
    }
    return true;
  }
}

/** Leave to send the password of a check. */
class CheckPermit implements Permit {
  constructor(
    private readonly decisions: Decisions,
    private readonly check: Check,
  ) {}

  settled(outcome: Settled['outcome'], times = 1): void {
    this.decisions.settled(this.check, outcome, times);
  }
}

/** A decision that is asked for. */
class Asked implements BatchItem {
  lateAt: number;

  constructor(
    private readonly decisions: Decisions,
    private readonly check: Check,
    private isOneTime: boolean,
    private readonly decided: (decision: SharedDecision) => void,
  ) {
    this.lateAt = decisions.lateFromNow;
  }

  text(): string {
    return this.decisions.decideText(this.check, this.isOneTime);
  }

  answered(words: readonly string[]): void {
    const { decisions, check } = this;
    if (words[0] === 'wait') return this.wait();
    let decision = decisions.decision(check, words);
    if (decision === undefined && !this.isOneTime) {
      this.isOneTime = true;
      decision = decisions.askAgain(this, check);
      if (decision === undefined) return;
    }
    this.decided(decision ?? decisions.alone(check));
  }

  private wait(): void {
    const { decisions, check } = this;
    const decision = decisions.waitForOther(check, () => {
      this.lateAt = decisions.lateFromNow;
      const alone = decisions.askAgain(this, check);
      if (alone !== undefined) this.decided(alone);
    });
    if (decision !== undefined) this.decided(decision);
  }

  failed(): void {
    this.decided(this.decisions.alone(this.check));
  }
}

/** The outcome of a password check, on its way to the store. Nobody waits for it; if it does not arrive, it is kept, or `ended` is called. */
class Told implements BatchItem {
  readonly lateAt = undefined;

  constructor(
    private readonly decisions: Decisions,
    private readonly settled: Settled,
    private readonly ended?: (error: StoreError | undefined) => void,
  ) {}

  text(now: number): string {
    return this.decisions.settleText(this.settled, now);
  }

  answered(words: readonly string[]): void {
    if (words[0] === '1') this.ended?.(undefined);
    else this.failed(new StoreError('garbled', 'no answer to an outcome'));
  }

  failed(error: StoreError): void {
    if (this.ended === undefined) this.decisions.keep(this.settled);
    else this.ended(error);
  }
}

const NOTHING = Buffer.alloc(0);

/** As a line of a batch has what is empty. */
const dashed = (text: string) => (text === '' ? '-' : text);

function whole(ms: number): number {
  return Math.max(0, Math.round(ms));
}

function texts(answer: unknown): string[] {
  if (!Array.isArray(answer) || !answer.every((each) => typeof each === 'string'))
    throw new StoreError('garbled', 'no list of texts');
  return answer;
}
