// How many password checks and questions about names may reach the upstream: counted before forwarding, given back when nothing was wrong.
import type { Attempts, Clock, Permission } from './ports.js';

export interface AttemptOptions {
  /** Wrong binds per account and window that may reach the upstream. */
  readonly perAccount: number;
  /** The same per source address; and so many names that turned out to be nobody's. */
  readonly perAddress: number;
  /** Milliseconds. */
  readonly window: number;
  readonly clock: Clock;
}

/** Accounts, and addresses, that are counted at a time. More than that, and those whose windows end first give way (R73). */
const MOST_KEYS = 50_000;

/** In memory. Every forwarded check counts for its account first, so that 60 at the same instant cannot slip through (R95). */
export class MemoryAttempts implements Attempts {
  private readonly accounts: Windows;
  private readonly addresses: Windows;
  /** Apart from the wrong passwords: a flood of invented names is not to shut out the members behind the same address. */
  private readonly strangers: Windows;
  /** Attempts that were not let through, by what was used up. */
  readonly refused = { account: 0, address: 0 };

  constructor({ perAccount, perAddress, window, clock }: AttemptOptions) {
    this.accounts = new Windows(perAccount, window, clock);
    this.addresses = new Windows(perAddress, window, clock);
    this.strangers = new Windows(perAddress, window, clock);
  }

  take(account: string, address: string): Permission {
    const permission = this.ask(account, address);
    // The window of an account begins anew with each attempt that is forwarded: two fixed windows side by side would let twice as
    // many through in a moment, and the upstream locks accounts by its own clock.
    if (permission === 'allowed') this.accounts.count(account, 'anew');
    else this.refused[permission]++;
    return permission;
  }

  ask(account: string, address: string): Permission {
    // Only what failed counts against an address: many people log in through one, all at once and with right passwords.
    if (this.addresses.isUsedUp(address)) return 'address';
    return this.accounts.isUsedUp(account) ? 'account' : 'allowed';
  }

  failed(address: string): void {
    this.addresses.count(address, 'as it began');
  }

  succeeded(account: string): void {
    this.accounts.forget(account);
  }

  undecided(account: string): void {
    this.accounts.giveBack(account);
  }

  forget(account: string): void {
    this.accounts.forget(account);
  }

  /** Accounts and addresses that are counted. */
  get size(): number {
    return this.accounts.size + this.addresses.size + this.strangers.size;
  }

  mayLookUp(address: string): boolean {
    const isAllowed = !this.strangers.isUsedUp(address);
    if (!isAllowed) this.refused.address++;
    return isAllowed;
  }

  foundNobody(address: string): void {
    this.strangers.count(address, 'as it began');
  }
}

interface Count {
  count: number;
  /** When its window ends. */
  readonly until: number;
}

/** Counts by key, each for the length of a window. */
class Windows {
  /** In the order in which they end: all windows have the same length, and one that begins anew goes to the back. */
  private readonly counts = new Map<string, Count>();

  constructor(
    private readonly limit: number,
    private readonly length: number,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.counts.size;
  }

  isUsedUp(key: string): boolean {
    return (this.current(key)?.count ?? 0) >= this.limit;
  }

  count(key: string, window: 'anew' | 'as it began'): void {
    const known = this.current(key);
    if (known !== undefined && window === 'as it began') known.count++;
    else this.begin(key, (known?.count ?? 0) + 1);
  }

  giveBack(key: string): void {
    const known = this.current(key);
    if (known !== undefined && known.count > 0) known.count--;
  }

  forget(key: string): void {
    this.counts.delete(key);
  }

  private current(key: string): Count | undefined {
    const known = this.counts.get(key);
    return known !== undefined && known.until > this.clock() ? known : undefined;
  }

  private begin(key: string, count: number): void {
    const now = this.clock();
    this.counts.delete(key);
    this.counts.set(key, { count, until: now + this.length });
    for (const [oldest, { until }] of this.counts) {
      if (until > now && this.counts.size <= MOST_KEYS) break;
      this.counts.delete(oldest);
    }
  }
}
