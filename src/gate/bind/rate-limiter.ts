// How many password checks and questions about names are let through: counted before they are made, given back when nothing was wrong.
import { Generations } from '../../runtime/generations.js';
import type { Clock, Permission, RateLimiter } from '../ports.js';

export interface BindRateLimiterOptions {
  /** Wrong passwords of one account that may reach the upstream in `accountWindow`; one more from where it logged in lately. */
  readonly perAccount: number;
  /** Milliseconds: longer than the upstream counts failures for. */
  readonly accountWindow: number;
  /** Wrong passwords from one address in `window`; and so many names that turned out to be nobody's. */
  readonly perAddress: number;
  /** Milliseconds. */
  readonly window: number;
  readonly clock: Clock;
}

/** Accounts, addresses, or pairs of both, in one of two generations at most: more than that, and the older one gives way (R73). */
const MOST_KEYS = 25_000;
/** Milliseconds for which an address is one at which the account logged in lately. */
const LATELY = 7 * 24 * 3_600_000;
/** Addresses that are known of one account at most; the oldest gives way. */
const MOST_KNOWN = 8;

/**
 * In memory. Addresses are those of sessions: an IPv6 one is its address already (`addressBlock`).
 *
 * Checks upstream: what lock-outs there count, over a window as long as theirs. Each is counted before it is sent, so that sixty at the
 * same instant cannot slip through (R95). From anywhere `perAccount` wrong ones may pass. One more may where the account logged in lately
 * and nothing failed since: so others cannot shut it out there (R115), and no window ever sees more than `perAccount + 1`.
 *
 * Checks made here: nothing locks, so they are limited against guessing alone, by account and address.
 */
export class BindRateLimiter implements RateLimiter {
  private readonly accounts = new Generations<Account>(MOST_KEYS, () => new Account());
  /** Accounts whose password is checked here: only where they logged in counts. */
  private readonly here = new Generations<Account>(MOST_KEYS, () => new Account());
  private readonly addresses: Windows;
  /**
   * Look-ups, apart from the wrong passwords: a flood of invented names is not to shut out the members behind the same address. By address,
   * and by account and address where a member is meant.
   */
  private readonly strangers: Windows;
  /** Checks made here, by account and address. */
  private readonly pairs: Windows;
  /** Attempts that were not let through, by what was used up. */
  readonly refused = { account: 0, address: 0 };

  constructor(private options: BindRateLimiterOptions) {
    const { window, clock } = options;
    this.addresses = new Windows(() => this.options.perAddress, window, clock);
    this.strangers = new Windows(() => this.options.perAddress, window, clock);
    this.pairs = new Windows(() => this.options.perAccount, window, clock);
  }

  /** Other limits from now on; what was counted stays, for a lock-out upstream does not care what is changed here. Windows begun end as begun. */
  configure(options: BindRateLimiterOptions): void {
    this.options = options;
    for (const windows of [this.addresses, this.strangers, this.pairs]) windows.length = options.window;
  }

  take(account: string, address: string): Permission {
    const permission = this.ask(account, address);
    if (permission === 'allowed') this.accounts.make(account).open.push({ address, at: this.options.clock() });
    else {
      this.refused[permission]++;
      // It was compared with what is remembered: where that is done, guesses are limited by the address.
      if (permission === 'account' && this.isKnown(account, address)) this.addresses.count(address);
    }
    return permission;
  }

  mayRecall(account: string, address: string): boolean {
    const { perAccount, accountWindow, clock } = this.options;
    const known = this.accounts.find(account);
    if (known === undefined) return !this.addresses.isUsedUp(address);
    const now = clock();
    known.expire(now - accountWindow);
    if (known.isTrusted(address, now - LATELY)) return true;
    if (this.addresses.isUsedUp(address)) return false;
    // Guesses on their way count as well: nobody knows yet that they are wrong.
    return known.count < perAccount || known.isKnown(address, now - LATELY);
  }

  failed(account: string, address: string, times = 1): void {
    const known = this.accounts.make(account);
    known.settle(address);
    const at = this.options.clock();
    for (let i = 0; i < times; i++) known.failures.push({ address, at });
    this.addresses.count(address);
  }

  succeeded(account: string, address: string): void {
    const known = this.accounts.make(account);
    const now = this.options.clock();
    // The upstream forgets what it counted before this one; what was judged since it was sent may have come later.
    known.expire(known.settle(address)?.at ?? now);
    known.loggedIn(address, now);
  }

  loggedIn(account: string, address: string): void {
    this.accounts.make(account).loggedIn(address, this.options.clock());
  }

  undecided(account: string, address: string): void {
    this.accounts.find(account)?.settle(address);
  }

  takeHere(account: string, address: string): Permission {
    const permission = this.askHere(account, address);
    if (permission === 'allowed') this.pairs.count(pairOf(account, address));
    else this.refused[permission]++;
    return permission;
  }

  isKnownHere(account: string, address: string): boolean {
    return this.isKnown(account, address, this.here);
  }

  settledHere(account: string, address: string, outcome: 'right' | 'wrong' | 'undecided'): void {
    if (outcome === 'wrong') return this.addresses.count(address);
    this.pairs.giveBack(pairOf(account, address));
    if (outcome === 'right') this.here.make(account).loggedIn(address, this.options.clock());
  }

  forget(account: string): void {
    const known = this.accounts.find(account);
    if (known !== undefined) known.failures.length = 0;
  }

  /** Accounts, addresses and pairs that are counted. */
  get size(): number {
    return this.accounts.size + this.here.size + this.addresses.size + this.strangers.size + this.pairs.size;
  }

  takeLookUp(address: string, account?: string): boolean {
    const key = account === undefined ? address : pairOf(account, address);
    const isAllowed = !this.strangers.isUsedUp(key);
    if (isAllowed) this.strangers.count(key);
    else this.refused[account === undefined ? 'address' : 'account']++;
    return isAllowed;
  }

  giveBackLookUp(address: string, account?: string): void {
    this.strangers.giveBack(account === undefined ? address : pairOf(account, address));
  }

  ask(account: string, address: string): Permission {
    const { perAccount, accountWindow, clock } = this.options;
    const known = this.accounts.find(account);
    const now = clock();
    known?.expire(now - accountWindow);
    const isTrusted = known?.isTrusted(address, now - LATELY) === true;
    // Only what failed counts against an address: many people log in through one, all at once and with right passwords.
    if (!isTrusted && this.addresses.isUsedUp(address)) return 'address';
    return (known?.count ?? 0) < perAccount + (isTrusted ? 1 : 0) ? 'allowed' : 'account';
  }

  private isKnown(account: string, address: string, accounts = this.accounts): boolean {
    return accounts.find(account)?.isKnown(address, this.options.clock() - LATELY) === true;
  }

  askHere(account: string, address: string): Permission {
    const pair = pairOf(account, address);
    // Where an application logs in, others' guesses through the same address are not its own; those at its account are held back later.
    if (this.isKnown(account, address, this.here))
      return this.pairs.isUsedUp(pair, this.options.perAddress) ? 'account' : 'allowed';
    if (this.addresses.isUsedUp(address)) return 'address';
    return this.pairs.isUsedUp(pair) ? 'account' : 'allowed';
  }
}

function pairOf(account: string, address: string): string {
  return `${address} ${account}`;
}

interface At {
  readonly address: string;
  at: number;
}

/** What is known of one account. At most as many failures and open checks are kept as are let through. */
class Account {
  /** Where the checks come from that are on their way. */
  readonly open: At[] = [];
  /** Wrong passwords since the last right one, the oldest first. */
  readonly failures: At[] = [];
  /** Where it logged in. */
  private readonly known: At[] = [];

  get count(): number {
    return this.open.length + this.failures.length;
  }

  /** Forgets failures at or before this time. */
  expire(until: number): void {
    const { failures } = this;
    while (failures.length > 0 && failures[0]!.at <= until) failures.shift();
  }

  /** The oldest that came from there is over. */
  settle(address: string): At | undefined {
    const index = this.open.findIndex((each) => each.address === address);
    return index < 0 ? undefined : this.open.splice(index, 1)[0];
  }

  loggedIn(address: string, at: number): void {
    const same = this.known.find((each) => each.address === address);
    if (same !== undefined) same.at = at;
    else {
      if (this.known.length === MOST_KNOWN) this.known.splice(this.known.indexOf(oldestOf(this.known)), 1);
      this.known.push({ address, at });
    }
  }

  isKnown(address: string, since: number): boolean {
    return this.known.some((each) => each.address === address && each.at > since);
  }

  /** Known, and nothing from there has failed or waits. */
  isTrusted(address: string, since: number): boolean {
    const isThere = (each: At) => each.address === address;
    return this.isKnown(address, since) && !this.open.some(isThere) && !this.failures.some(isThere);
  }
}

function oldestOf(all: readonly At[]): At {
  return all.reduce((oldest, each) => (each.at < oldest.at ? each : oldest));
}

interface Count {
  count: number;
  /** When its window ends. */
  until: number;
}

/** Counts by key, each for the length of a window. What is over moves on with the generations. */
class Windows {
  private readonly counts: Generations<Count>;

  constructor(
    private readonly limit: () => number,
    /** Milliseconds. */
    public length: number,
    private readonly clock: Clock,
  ) {
    this.counts = new Generations(MOST_KEYS, () => ({ count: 0, until: 0 }), { length, clock });
  }

  get size(): number {
    return this.counts.size;
  }

  isUsedUp(key: string, limit = this.limit()): boolean {
    const known = this.counts.find(key);
    return known !== undefined && known.until > this.clock() && known.count >= limit;
  }

  count(key: string): void {
    const now = this.clock();
    const known = this.counts.make(key);
    if (known.until <= now) {
      known.count = 0;
      known.until = now + this.length;
    }
    known.count++;
  }

  giveBack(key: string): void {
    const known = this.counts.find(key);
    if (known !== undefined && known.count > 0) known.count--;
  }
}
