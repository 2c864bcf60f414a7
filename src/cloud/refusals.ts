// Which refusals JumpCloud is asked about: each account once a minute, few at a time, and never more than may wait. Nobody waits for it here.
import type { CloudFinding } from '../gate/explain/cloud-reason.js';
import type { Question } from './reason/investigation.js';
import { NameShare } from './reason/name-share.js';

export interface Refusal extends Question {
  /** The mirror has, or had, the account: no name that a client made up. */
  readonly isKnownAccount: boolean;
  /** The client's. */
  readonly address: string;
}

/** `full`: too many wait; `share`: too many unknown names were asked about; `name`: too long to be one. */
export type Dropped = 'full' | 'share' | 'name';

export interface RefusalParts {
  readonly find: (question: Question) => Promise<CloudFinding>;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** A fault of ours. */
  readonly defect: (error: unknown) => void;
}

type Tell = (finding: CloudFinding) => void;

interface Job {
  readonly key: string;
  readonly refusal: Refusal;
  readonly tells: Tell[];
}

/** Milliseconds for which a finding answers all refusals of its account. */
const REMEMBERED = 60_000;
const MOST_FINDINGS = 1000;
const AT_A_TIME = 2;
const MOST_WAITING = 32;
/** Unknown names: one at a time, so that a known account finds the other place free. */
const UNKNOWN_AT_A_TIME = 1;
const MOST_UNKNOWN_WAITING = 8;
/** Refusals that share one question. */
const MOST_TELLS = 64;
/** Characters. */
const LONGEST_NAME = 256;

export class Refusals {
  private readonly findings = new Map<string, { readonly finding: CloudFinding; readonly until: number }>();
  private readonly jobs = new Map<string, Job>();
  private readonly known: Job[] = [];
  private readonly unknown: Job[] = [];
  private readonly running = { known: 0, unknown: 0 };
  private readonly share: NameShare;
  private isStopped = false;
  private readonly drops: Record<Dropped, number> = { full: 0, share: 0, name: 0 };

  constructor(private readonly parts: RefusalParts) {
    this.share = new NameShare(parts.clock);
  }

  /** Refusals whose reason nobody asked for. */
  get dropped(): Readonly<Record<Dropped, number>> {
    return this.drops;
  }

  /** Questions that wait or are being asked. */
  get size(): number {
    return this.jobs.size;
  }

  /** `tell` hears of the finding once, now or later, or never. Takes constant time. */
  refused(refusal: Refusal, tell: Tell): void {
    if (this.isStopped) return;
    if (refusal.account.length > LONGEST_NAME) {
      this.drops.name += 1;
      return;
    }
    const key = keyOf(refusal);
    const finding = this.remembered(key);
    if (finding !== undefined) return tell(finding);
    const job = this.jobs.get(key);
    if (job !== undefined) this.join(job, tell);
    else this.begin({ key, refusal, tells: [tell] });
  }

  /** The same for one who waits; undefined where nothing is asked: too many are asking already. */
  ask(refusal: Refusal): Promise<CloudFinding | undefined> {
    return new Promise((resolve) => {
      const before = this.droppedInAll;
      this.refused(refusal, resolve);
      if (this.droppedInAll > before || this.isStopped) resolve(undefined);
    });
  }

  private get droppedInAll(): number {
    return Object.values(this.drops).reduce((sum, count) => sum + count, 0);
  }

  /** What was found about it within the last minute. */
  found(question: Question): CloudFinding | undefined {
    return this.remembered(keyOf(question));
  }

  /** Nothing is asked and told from now on. */
  stop(): void {
    this.isStopped = true;
    this.jobs.clear();
    this.findings.clear();
    this.known.length = 0;
    this.unknown.length = 0;
  }

  private join(job: Job, tell: Tell): void {
    if (job.tells.length < MOST_TELLS) job.tells.push(tell);
    else this.drops.full += 1;
  }

  private begin(job: Job): void {
    const { isKnownAccount, address } = job.refusal;
    const queue = isKnownAccount ? this.known : this.unknown;
    if (queue.length >= (isKnownAccount ? MOST_WAITING : MOST_UNKNOWN_WAITING)) {
      this.drops.full += 1;
      return;
    }
    if (!isKnownAccount && !this.share.take(address)) {
      this.drops.share += 1;
      return;
    }
    this.jobs.set(job.key, job);
    queue.push(job);
    this.next();
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
    const kind = job.refusal.isKnownAccount ? 'known' : 'unknown';
    this.running[kind] += 1;
    try {
      const finding = await this.parts.find(job.refusal);
      if (!this.isStopped) this.tell(job, finding);
    } catch (error) {
      this.parts.defect(error);
    } finally {
      this.running[kind] -= 1;
      this.jobs.delete(job.key);
      this.next();
    }
  }

  private tell({ key, tells }: Job, finding: CloudFinding): void {
    this.findings.delete(key);
    this.findings.set(key, { finding, until: this.parts.clock() + REMEMBERED });
    const oldest = this.findings.keys().next().value;
    if (this.findings.size > MOST_FINDINGS && oldest !== undefined) this.findings.delete(oldest);
    for (const tell of tells) tell(finding);
  }

  private remembered(key: string): CloudFinding | undefined {
    const known = this.findings.get(key);
    if (known === undefined) return undefined;
    if (this.parts.clock() < known.until) return known.finding;
    this.findings.delete(key);
    return undefined;
  }
}

/** What is found depends on the app's groups too: what is so for one app says nothing about another. */
function keyOf({ account, groups, isCredentialRefused }: Question): string {
  return JSON.stringify([account.toLowerCase(), isCredentialRefused, groups ?? null]);
}
