// How many password checks and questions about names may reach the upstream: counted before forwarding, given back when nothing was wrong.
import type { Clock, Permission, RateLimiter } from '../ports.js';

export interface BindRateLimiterOptions {
  /** Wrong binds per account and window that may reach the upstream. */
  readonly perAccount: number;
  /** The same per source address; and so many names that turned out to be nobody's. */
  readonly perAddress: number;
  /** Milliseconds. */
  readonly window: number;
  readonly clock: Clock;
}

/** Accounts, and addresses, in one of two generations at most: more than that, and the older one gives way (R73). */
const MOST_KEYS = 25_000;

/** In memory. Every forwarded check counts for its account first, so that 60 at the same instant cannot slip through (R95). */
export class BindRateLimiter implements RateLimiter {
  private readonly accounts: Windows;
  private readonly addresses: Windows;
  /** Apart from the wrong passwords: a flood of invented names is not to shut out the members behind the same address. */
  private readonly strangers: Windows;
  /** Attempts that were not let through, by what was used up. */
  readonly refused = { account: 0, address: 0 };

  constructor({ perAccount, perAddress, window, clock }: BindRateLimiterOptions) {
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
  until: number;
}

/**
 * Counts by key, each for the length of a window. What is counted moves to the younger of two generations; the older one is dropped
 * as a whole, when its windows are over or the younger one is full. So nothing is deleted one by one: a Map that keys come into and go
 * from at each log-in leaves its old tables to the garbage collector, with all that was in them.
 */
class Windows {
  private young = new Map<string, Count>();
  private old = new Map<string, Count>();
  /** When the young generation began. */
  private began: number;

  constructor(
    private readonly limit: number,
    private readonly length: number,
    private readonly clock: Clock,
  ) {
    this.began = clock();
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  isUsedUp(key: string): boolean {
    const known = this.find(key);
    return known !== undefined && known.until > this.clock() && known.count >= this.limit;
  }

  count(key: string, window: 'anew' | 'as it began'): void {
    const now = this.clock();
    const known = this.youngOne(key, now);
    if (known.until <= now) known.count = 0;
    if (known.until <= now || window === 'anew') known.until = now + this.length;
    known.count++;
  }

  giveBack(key: string): void {
    const known = this.find(key);
    if (known !== undefined && known.count > 0) known.count--;
  }

  forget(key: string): void {
    const known = this.find(key);
    if (known !== undefined) known.count = 0;
  }

  private find(key: string): Count | undefined {
    return this.young.get(key) ?? this.old.get(key);
  }

  /** The count of a key, in the young generation. */
  private youngOne(key: string, now: number): Count {
    // All windows of the old generation are over when the young one is a window old.
    if (now - this.began >= this.length || this.young.size >= MOST_KEYS) {
      this.old = this.young;
      this.young = new Map();
      this.began = now;
    }
    const young = this.young.get(key);
    if (young !== undefined) return young;
    const moved = this.old.get(key) ?? { count: 0, until: 0 };
    this.young.set(key, moved);
    return moved;
  }
}
