// What instances decide together about passwords, in one step of the store for each; alone while it is away, and reported to it later.
import { setTimeout as sleep } from 'node:timers/promises';
import type { SharedDecisions, SharedQuestion } from '../gate/ports.js';
import { Batches, type BatchItem } from './batches.js';
import {
  Check,
  type CheckOptions,
  type CheckOwner,
  type CheckSubject,
  type Limits,
  Repeated,
  type Terms,
} from './check.js';
import { type AddressNames, CheckNames } from './check-names.js';
import { BATCH } from './decision-scripts/batch.js';
import { GREET, META_LIFE } from './decision-scripts/meta.js';
import type { FleetNames } from './names.js';
import type { Purges } from './purges.js';
import { type Health, type Store, StoreError } from './store.js';

export interface DecisionOptions extends CheckOptions {
  readonly store: Store;
  readonly names: FleetNames;
  /** Differs for upstreams whose accounts are others'. */
  readonly realm: string;
  readonly purges: Purges;
  readonly random: (octets: number) => Buffer;
  /** Milliseconds: that a password sent upstream may be on its way; as `binds` has it. */
  readonly flight: number;
  readonly refusedTtl: number;
  /** 0: accepted passwords are not shared. */
  readonly acceptedTtl: number;
  /** Milliseconds in which instances that know more may refill a store that was emptied, before the others use it. */
  readonly grace: number;
  /** How long the store took. */
  readonly took: (ms: number) => void;
}

/** Milliseconds for what nobody waits for. */
const PATIENT = 1000;
/** The limit of outcomes of passwords that are kept for a store that is away; and the number that are reported at the same time. */
const MOST_KEPT = 10_000;
const WAVE = 200;
/** Milliseconds until it is looked again whether all is reported. */
const REPORT_PAUSE = 20;
/** Characters of an epoch; ours have 12. */
const MOST_EPOCH = 64;

/**
 * Shared password decisions: by a script in the store while it is up, by this instance alone otherwise. A decision takes at most `decisionTime`;
 * what waits to be reported is bounded.
 */
export class Decisions implements CheckOwner {
  /** How many decisions were made by whom. */
  readonly counts = { store: 0, local: 0 };
  /** What is not reported yet, in the order in which it happened. */
  private waiting: Check[] = [];
  underWay = 0;
  /** Recent wrong passwords that this instance has seen, and right ones by which wrong ones are forgiven, for a store that has lost them. */
  private recent: Check[] = [];
  private isOpen = false;
  epoch: string | undefined;
  /** One that was announced while another was greeted. */
  private announced: string | undefined;
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

  constructor(readonly options: DecisionOptions) {
    const { store, names, realm, clock, took } = options;
    this.origin = options.random(9).toString('base64url');
    this.named = new CheckNames(names, realm);
    this.batches = new Batches({ store, meta: names.of('meta'), clock, took });
    options.purges.forgotten = (account) => this.forget(account);
    // What this instance has seen recently is reported before the others decide: they wait for `grace`.
    this.leaveEpochs = store.subscribe(names.of('epoch'), (message) => {
      const isOther = this.epoch !== undefined && message.toString('latin1', 0, MOST_EPOCH) !== this.epoch;
      if (!isOther || store.health !== 'well') return;
      // A greeting that is under way may find it already; one more for each message would be a way to keep this instance busy.
      if (this.isOpen) this.changed('well');
      else this.announced = message.toString('latin1', 0, MOST_EPOCH);
    });
    this.leaveHealth = options.store.onHealth((health) => this.changed(health));
    this.changed(options.store.health);
  }

  /** True while the store decides. */
  get isTogether(): boolean {
    return this.isOpen;
  }

  /** Of an app, whose addresses are counted apart. `limits`: as they are at the moment; others are another object. */
  forApp(app: string, limits: () => Limits): SharedDecisions {
    let terms = this.termsOf(limits());
    const addresses = this.named.addressesOf(app);
    return {
      decide: (question, decided) => {
        const current = limits();
        if (terms.limits !== current) terms = this.termsOf(current);
        const check = new Check(this, terms, this.subjectOf(question, addresses.of(question.address)), decided);
        return this.send(check) ? undefined : check.alone();
      },
    };
  }

  private termsOf(limits: Limits): Terms {
    const { perAccount, accountWindow, perAddress, window } = limits;
    const { flight, refusedTtl, acceptedTtl } = this.options;
    const text = [perAccount, accountWindow, flight, perAddress, window, refusedTtl, acceptedTtl].join(' ');
    return { limits, text };
  }

  /** True while nothing is on its way to the store. */
  get isIdle(): boolean {
    return this.batches.isIdle;
  }

  /** Something waits to be reported: soon, if the store is up. */
  soon(): void {
    this.greetLater(PATIENT);
  }

  /**
   * For one that is asked no more: waits until the store knows what has become of all that it has let through, at most as long as a password can be
   * on its way, or until the store is away. Otherwise each of them would count as an attempt for as long as a failure does.
   */
  async reported(): Promise<void> {
    const { clock, flight } = this.options;
    const until = clock() + flight;
    const isDone = () => this.underWay === 0 && this.waiting.length === 0 && this.isIdle;
    while (!isDone() && this.isOpen && clock() < until) await sleep(REPORT_PAUSE);
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

  private subjectOf(question: SharedQuestion, address: AddressNames): CheckSubject {
    const { named } = this;
    const { acceptedTtl, refusedTtl } = this.options;
    const { account, isOneTime } = question;
    const keepsRefusal = question.keepsRefusal && refusedTtl > 0;
    const keepsAccepted = !isOneTime && acceptedTtl > 0;
    const names = named.account(account);
    return {
      account: names.id,
      address,
      password: keepsRefusal || keepsAccepted ? named.password(account, question.password) : '',
      version: names.versionOf(question.version),
      token: this.origin + (this.made++).toString(36),
      isOneTime,
      keepsAccepted,
      keepsRefusal,
    };
  }

  /** For a check: it is answered by the store. False: the store is not asked at the moment. */
  send(item: BatchItem): boolean {
    if (this.isOpen) this.batches.add(item);
    return this.isOpen;
  }

  /** For a check: its outcome is there. */
  settled(check: Check): void {
    if (check.outcome === 'wrong') this.remember(check);
    // What was never let through by the store has nothing to be taken back; unless it was, and the answer was late.
    if (!this.send(check)) this.keep(check);
  }

  /** For a check: the store says that it is another one than was known. */
  emptied(): void {
    if (this.isOpen) this.changed('well');
  }

  private report(check: Check): Promise<void> {
    return new Promise((resolve, reject) => {
      this.batches.add(new Repeated(check, (error) => (error === undefined ? resolve() : reject(error))));
    });
  }

  /** It is reported later. */
  keep(check: Check): void {
    this.waiting.push(check);
    if (this.waiting.length > MOST_KEPT) this.waiting.shift();
    // The store may be up, with too much under way.
    if (this.options.store.health === 'well') this.greetLater(PATIENT);
  }

  /** For a check. */
  remember(check: Check): void {
    const { recent } = this;
    if (check.isRecent) return;
    check.isRecent = true;
    recent.push(check);
    if (recent.length < 2 * MOST_KEPT) return;
    this.recent = recent.slice(MOST_KEPT);
  }

  /** An operator has purged the account: what was wrong before is not reported after it. */
  private forget(account: string): void {
    const { id } = this.named.account(account);
    for (const each of [...this.recent, ...this.waiting]) each.forgive(id);
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
      const { announced } = this;
      this.announced = undefined;
      if (announced !== undefined && announced !== epoch) return this.greetLater(PATIENT);
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
    const lately = this.recent.filter(
      ({ at, terms, outcome }) => outcome !== 'undecided' && now - at < terms.limits.accountWindow,
    );
    this.recent = lately;
    this.waiting = [...new Set([...lately, ...this.waiting])].slice(-MOST_KEPT);
  }

  /** False if the greeting was given up. */
  private async tellWaiting(mine: number): Promise<boolean> {
    while (this.waiting.length > 0) {
      const wave = this.waiting.slice(0, WAVE);
      // In the order of the connection, so in that of time.
      await Promise.all(wave.map((check) => this.report(check)));
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

function texts(answer: unknown): string[] {
  if (!Array.isArray(answer) || !answer.every((each) => typeof each === 'string'))
    throw new StoreError('garbled', 'no list of texts');
  return answer;
}
