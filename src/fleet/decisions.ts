// What instances decide together about passwords, in one step of the store for each; alone while it is away, and reported to it later.
import { setTimeout as sleep } from 'node:timers/promises';
import type { SharedDecisions, SharedQuestion } from '../gate/ports.js';
import { Backlog } from './backlog.js';
import { Batches, type BatchItem } from './batches.js';
import { Check, type CheckOptions, type CheckOwner, type CheckSubject, type Limits, type Terms } from './check.js';
import { type AddressNames, CheckNames } from './check-names.js';
import { Greeting, type GreetingOptions } from './greeting.js';

export interface DecisionOptions extends CheckOptions, GreetingOptions {
  /** Differs for upstreams whose accounts are others'. */
  readonly realm: string;
  /** Milliseconds: that a password sent upstream may be on its way; as `binds` has it. */
  readonly flight: number;
  readonly refusedTtl: number;
  /** 0: accepted passwords are not shared. */
  readonly acceptedTtl: number;
  /** How long the store took. */
  readonly took: (ms: number) => void;
}

/** Milliseconds until it is looked again whether all is reported. */
const REPORT_PAUSE = 20;

/**
 * Shared password decisions: by a script in the store while it is up, by this instance alone otherwise. A decision takes at most `decisionTime`;
 * what waits to be reported is bounded.
 */
export class Decisions implements CheckOwner {
  /** How many decisions were made by whom. */
  readonly counts = { store: 0, local: 0 };
  underWay = 0;
  private readonly origin: string;
  private made = 0;
  private readonly named: CheckNames;
  private readonly batches: Batches;
  private readonly backlog: Backlog;
  private readonly greeting: Greeting;

  constructor(readonly options: DecisionOptions) {
    const { store, names, realm, purges, clock, random, took } = options;
    this.origin = random(9).toString('base64url');
    this.named = new CheckNames(names, realm);
    this.batches = new Batches({ store, meta: names.of('meta'), epoch: () => this.epoch ?? '', clock, took });
    this.backlog = new Backlog(this.batches);
    // An operator has purged the account: what was wrong before is not reported after it.
    purges.forgotten = (account) => this.backlog.forgive(this.named.account(account).id);
    this.greeting = new Greeting(options, this.backlog);
  }

  /** True while the store decides. */
  get isTogether(): boolean {
    return this.greeting.isDone;
  }

  /** Of the store, as it is known. */
  get epoch(): string | undefined {
    return this.greeting.epoch;
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

  private subjectOf(question: SharedQuestion, address: AddressNames): CheckSubject {
    const { named } = this;
    const { acceptedTtl, refusedTtl } = this.options;
    const { account, person, isOneTime } = question;
    const keepsRefusal = question.keepsRefusal && refusedTtl > 0;
    const keepsAccepted = !isOneTime && acceptedTtl > 0;
    const names = named.account(account);
    return {
      account: names.id,
      address,
      password: keepsRefusal || keepsAccepted ? named.password(names, person, question.password) : '',
      version: names.versionOf(question.version),
      token: this.origin + (this.made++).toString(36),
      isOneTime,
      keepsAccepted,
      keepsRefusal,
    };
  }

  /** True while nothing is on its way to the store. */
  get isIdle(): boolean {
    return this.batches.isIdle;
  }

  /** Something waits to be reported: soon, if the store is up. */
  soon(): void {
    this.greeting.soon();
  }

  /**
   * For one that is asked no more: waits until the store knows what has become of all that it has let through, at most as long as a password can be
   * on its way, or until the store is away. Otherwise each of them would count as an attempt for as long as a failure does.
   */
  async reported(): Promise<void> {
    const { clock, flight } = this.options;
    const until = clock() + flight;
    const isDone = () => this.underWay === 0 && this.backlog.isEmpty && this.isIdle;
    while (!isDone() && this.isTogether && clock() < until) await sleep(REPORT_PAUSE);
  }

  close(): void {
    this.greeting.close();
    this.batches.close();
  }

  /** For a check: it is answered by the store. False: the store is not asked at the moment. */
  send(item: BatchItem): boolean {
    const { isDone } = this.greeting;
    if (isDone) this.batches.add(item);
    return isDone;
  }

  /** For a check: its outcome is there. */
  settled(check: Check): void {
    if (check.outcome === 'wrong') this.remember(check);
    // What was never let through by the store has nothing to be taken back; unless it was, and the answer was late.
    if (!this.send(check)) this.keep(check);
  }

  /** For a check: the store says that it is another one than was known. */
  emptied(): void {
    this.greeting.emptied();
  }

  /** For a check: it is reported later. */
  keep(check: Check): void {
    this.backlog.keep(check);
    // The store may be up, with too much under way.
    if (this.options.store.health === 'well') this.soon();
  }

  /** For a check. */
  remember(check: Check): void {
    this.backlog.remember(check);
  }
}
