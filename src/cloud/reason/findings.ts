// What was found about accounts within the last minute, as far as it applies to all their logins.
import type { CloudFinding } from '../../gate/explain/cloud-reason.js';
import { textKey } from '../../ldap/matching.js';

/** Milliseconds for which a finding answers all refusals of its account. */
const REMEMBERED = 60_000;
const MOST_ACCOUNTS = 1000;

interface Remembered {
  readonly finding: CloudFinding;
  /** By the clock. */
  readonly until: number;
}

/** Findings about accounts that hold for a minute. Bounded in number. */
export class Findings {
  /** By account, then by question: an account has as many as there are apps that it was refused by. */
  private readonly accounts = new Map<string, Map<string, Remembered>>();

  constructor(
    /** Milliseconds, never going back. */
    private readonly clock: () => number,
  ) {}

  of(account: string, question: string): CloudFinding | undefined {
    const known = this.accounts.get(accountKeyOf(account))?.get(question);
    return known !== undefined && this.clock() < known.until ? known.finding : undefined;
  }

  set(account: string, question: string, finding: CloudFinding): void {
    const key = accountKeyOf(account);
    const all = this.accounts.get(key) ?? new Map<string, Remembered>();
    const now = this.clock();
    for (const [other, { until }] of all) if (now >= until) all.delete(other);
    all.set(question, { finding, until: now + REMEMBERED });
    this.accounts.delete(key);
    this.accounts.set(key, all);
    const oldest = this.accounts.keys().next().value;
    if (this.accounts.size > MOST_ACCOUNTS && oldest !== undefined) this.accounts.delete(oldest);
  }

  forget(account: string): void {
    this.accounts.delete(accountKeyOf(account));
  }

  clear(): void {
    this.accounts.clear();
  }
}

/** Names that the directory takes for the same have the same. */
export function accountKeyOf(name: string): string {
  return textKey('uid', name) ?? name.toLowerCase();
}
