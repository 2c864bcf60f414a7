// Which refusals JumpCloud is asked about: each account about once a minute, few at a time, and never more than may wait. Nobody waits for it here.
import type { CloudFinding } from '../gate/explain/cloud-reason.js';
import { AttemptShare } from './reason/attempt-share.js';
import { ConsoleNames } from './reason/console-names.js';
import { accountKeyOf, Findings } from './reason/findings.js';
import type { Question } from './reason/investigation.js';
import { NameShare } from './reason/name-share.js';

export interface Refusal extends Question {
  /** The mirror has the account: no name that a client made up. Whom the console has besides is found out when it matters. */
  readonly isKnownAccount: boolean;
  /** The client's. */
  readonly address: string;
}

/**
 * `full`: too many wait; `share`: too many unknown names were asked about; `name`: too long to be one; `attempts`: too many logins of one
 * account, each of which has a reason of its own.
 */
export type Dropped = 'full' | 'share' | 'name' | 'attempts';

export interface RefusalParts {
  readonly find: (question: Question) => Promise<CloudFinding>;
  /** User names and mail addresses of the console, in pages. */
  readonly names: () => AsyncIterable<readonly string[]>;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A fault of ours. */
  readonly defect: (error: unknown) => void;
}

type Tell = (finding: CloudFinding) => void;

interface Asker {
  readonly refusal: Refusal;
  readonly tell: Tell;
  /** Waits for the finding, and has places of its own. */
  readonly isOperator: boolean;
}

interface Job {
  readonly key: string;
  /** Asked about is the refusal of the first. */
  readonly askers: Asker[];
  readonly kind: 'known' | 'unknown';
  isRunning: boolean;
  /** The account has changed since it was asked about. */
  isOutdated: boolean;
}

const AT_A_TIME = 2;
const MOST_WAITING = 32;
/** Unknown names: one at a time, so that a known account finds the other place free. */
const UNKNOWN_AT_A_TIME = 1;
const MOST_UNKNOWN_WAITING = 8;
/** Refusals that share one question. */
const MOST_ASKERS = 64;
/** Characters. */
const LONGEST_NAME = 256;
/** Refusals that wait until it is known whom the console knows. */
const MOST_HELD = 64;
/** Names that nobody here knows, of which an operator may ask in an hour. */
const OF_OPERATORS = 60;

/**
 * Chooses the refused binds that JumpCloud is asked about. At most two at a time, 32 waiting, one per account and minute; the rest is counted as
 * dropped.
 */
export class Refusals {
  private readonly findings: Findings;
  private readonly jobs = new Map<string, Job>();
  private readonly known: Job[] = [];
  private readonly unknown: Job[] = [];
  private readonly running = { known: 0, unknown: 0 };
  private readonly names: ConsoleNames;
  private readonly held: { readonly asker: Asker; readonly why: Dropped }[] = [];
  private readonly share: NameShare;
  private readonly operators: NameShare;
  private readonly attempts: AttemptShare;
  private isStopped = false;
  private readonly drops: Record<Dropped, number> = { full: 0, share: 0, name: 0, attempts: 0 };

  constructor(private readonly parts: RefusalParts) {
    this.findings = new Findings(parts.clock);
    this.names = new ConsoleNames({ ...parts, read: parts.names });
    this.share = new NameShare(parts.clock);
    this.operators = new NameShare(parts.clock, OF_OPERATORS, OF_OPERATORS);
    this.attempts = new AttemptShare(parts.clock);
  }

  /** Refusals whose reason nobody asked for. */
  get dropped(): Readonly<Record<Dropped, number>> {
    return this.drops;
  }

  /** Questions that wait or are being asked. */
  get size(): number {
    return this.jobs.size;
  }

  /** `tell` receives the finding once, now or later, or never. Takes constant time. */
  refused(refusal: Refusal, tell: Tell): void {
    this.accept({ refusal, tell, isOperator: false });
  }

  /** The same for an operator who waits: with a share of its own. `not-known` with the fault `budget` where too much was asked already. */
  ask(refusal: Refusal): Promise<CloudFinding | undefined> {
    return new Promise((resolve) => {
      if (this.isStopped || refusal.account.length > LONGEST_NAME) resolve(undefined);
      else this.accept({ refusal, tell: resolve, isOperator: true });
    });
  }

  /** What was found about it within the last minute, and holds whatever the password. */
  found(question: Question): CloudFinding | undefined {
    return this.findings.of(question.account, keyOf(question));
  }

  /** Something about the account has changed: what was found, or is being found, is not said of later refusals. */
  forget(account: string): void {
    this.findings.forget(account);
    const key = accountKeyOf(account);
    for (const job of this.jobs.values()) {
      if (!job.isRunning || accountKeyOf(job.askers[0]?.refusal.account ?? '') !== key) continue;
      job.isOutdated = true;
      this.jobs.delete(job.key);
    }
  }

  /** Nothing is asked and told from now on. */
  stop(): void {
    this.isStopped = true;
    this.jobs.clear();
    this.findings.clear();
    this.held.length = 0;
    this.known.length = 0;
    this.unknown.length = 0;
  }

  private accept(asker: Asker): void {
    if (this.isStopped) return;
    const { refusal } = asker;
    if (refusal.account.length > LONGEST_NAME) return this.drop(asker, 'name');
    const key = keyOf(refusal);
    const finding = this.findings.of(refusal.account, key);
    if (finding !== undefined) return asker.tell(finding);
    const job = this.jobs.get(key);
    if (job === undefined) this.begin(key, asker);
    else if (job.askers.length < MOST_ASKERS) job.askers.push(asker);
    else this.drop(asker, 'full');
  }

  private drop({ isOperator, refusal: { account }, tell }: Asker, why: Dropped): void {
    this.drops[why] += 1;
    if (isOperator) tell({ reason: 'not-known', account, foundAt: this.parts.now(), fault: 'budget', calls: 0 });
  }

  private begin(key: string, asker: Asker): void {
    const { account, isKnownAccount, address } = asker.refusal;
    const isKnown = isKnownAccount || this.names.has(account);
    const kind = isKnown || asker.isOperator ? 'known' : 'unknown';
    if (this[kind].length >= (kind === 'known' ? MOST_WAITING : MOST_UNKNOWN_WAITING))
      return this.refuse(asker, kind, 'full');
    const share = asker.isOperator ? this.operators : this.share;
    if (!isKnown && !share.take(address)) return this.refuse(asker, kind, 'share');
    if (!asker.isOperator && !this.attempts.take(key)) return this.drop(asker, 'attempts');
    const job: Job = { key, askers: [asker], kind, isRunning: false, isOutdated: false };
    this.jobs.set(key, job);
    this[kind].push(job);
    this.next();
  }

  /** Names that nobody knows have little room; whether the console knows this one is found out first. */
  private refuse(asker: Asker, kind: Job['kind'], why: Dropped): void {
    if (kind === 'known' || !this.names.isDue || this.held.length >= MOST_HELD) return this.drop(asker, why);
    this.held.push({ asker, why });
    if (this.held.length === 1) void this.names.read().then(() => this.release());
  }

  private release(): void {
    for (const { asker, why } of this.held.splice(0)) {
      if (this.names.has(asker.refusal.account)) this.accept(asker);
      else this.drop(asker, why);
    }
  }

  /** Known accounts first. */
  private next(): void {
    while (this.running.known + this.running.unknown < AT_A_TIME) {
      const job = this.known.shift() ?? (this.running.unknown < UNKNOWN_AT_A_TIME ? this.unknown.shift() : undefined);
      if (job === undefined) return;
      void this.run(job);
    }
  }

  private async run(job: Job): Promise<void> {
    const [first] = job.askers;
    if (first === undefined) return;
    this.running[job.kind] += 1;
    job.isRunning = true;
    let others: readonly Asker[] = [];
    try {
      const finding = await this.parts.find(first.refusal);
      if (!this.isStopped) others = this.tell(job, finding);
    } catch (error) {
      this.parts.defect(error);
    } finally {
      this.running[job.kind] -= 1;
      if (this.jobs.get(job.key) === job) this.jobs.delete(job.key);
      for (const asker of others) this.accept(asker);
      this.next();
    }
  }

  /** Who has to be asked about separately, for it says nothing of them. */
  private tell({ key, askers, isOutdated }: Job, finding: CloudFinding): readonly Asker[] {
    const [first, ...others] = askers;
    if (finding.isOfAttempt === true) {
      first?.tell(finding);
      return others;
    }
    if (!isOutdated) this.findings.set(first?.refusal.account ?? '', key, finding);
    for (const { tell } of askers) tell(finding);
    return [];
  }
}

/** What is found depends on the app's groups too: what is so for one app says nothing about another. */
function keyOf({ account, groups, isCredentialRefused }: Question): string {
  return JSON.stringify([account.toLowerCase(), isCredentialRefused, groups ?? null]);
}
