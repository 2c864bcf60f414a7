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
  private readonly accounts = new Generations<Account>(MOST_KEYS);
  /** Accounts whose password is checked here: only where they logged in counts. */
  private readonly here = new Generations<Account>(MOST_KEYS);
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

  take(account: string, address: string, now = this.options.clock()): Permission {
    const known = this.accounts.find(account);
    const permission = this.permissionFor(known, address, now);
    if (permission === 'allowed') this.kept(account, known).open.add(new Visit(address, now));
    else {
      this.refused[permission]++;
      // It was compared with what is remembered: where that is done, guesses are limited by the address.
      if (permission === 'account' && known?.isKnown(address, now - LATELY) === true) this.addresses.count(address);
    }
    return permission;
  }

  mayRecall(account: string, address: string): boolean {
    const { perAccount, accountWindow, clock } = this.options;
    const known = this.accounts.find(account);
    if (known === undefined) return !this.addresses.isUsedUp(address);
    const now = clock();
    known.failures.expire(now - accountWindow);
    if (known.isTrusted(address, now - LATELY)) return true;
    if (this.addresses.isUsedUp(address)) return false;
    // Guesses on their way count as well: nobody knows yet that they are wrong.
    return known.count < perAccount || known.isKnown(address, now - LATELY);
  }

  failed(account: string, address: string, times = 1): void {
    const known = this.kept(account);
    known.open.remove(address);
    const at = this.options.clock();
    for (let i = 0; i < times; i++) known.failures.add(new Visit(address, at));
    this.addresses.count(address);
  }

  succeeded(account: string, address: string, now = this.options.clock()): void {
    const known = this.kept(account);
    // The upstream forgets what it counted before this one; what was judged since it was sent may have come later.
    known.failures.expire(known.open.remove(address)?.at ?? now);
    known.loggedIn(address, now);
  }

  loggedIn(account: string, address: string): void {
    this.kept(account).loggedIn(address, this.options.clock());
  }

  undecided(account: string, address: string): void {
    this.accounts.find(account)?.open.remove(address);
  }

  takeHere(account: string, address: string): Permission {
    const permission = this.askHere(account, address);
    if (permission === 'allowed') this.pairs.count(pairOf(account, address));
    else this.refused[permission]++;
    return permission;
  }

  isKnownHere(account: string, address: string): boolean {
    return this.here.find(account)?.isKnown(address, this.options.clock() - LATELY) === true;
  }

  settledHere(account: string, address: string, outcome: 'right' | 'wrong' | 'undecided'): void {
    if (outcome === 'wrong') return this.addresses.count(address);
    this.pairs.giveBack(pairOf(account, address));
    if (outcome === 'right') this.here.make(account, newAccount).loggedIn(address, this.options.clock());
  }

  forget(account: string): void {
    this.accounts.find(account)?.failures.clear();
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
    return this.permissionFor(this.accounts.find(account), address, this.options.clock());
  }

  private permissionFor(known: Account | undefined, address: string, now: number): Permission {
    const { perAccount, accountWindow } = this.options;
    known?.failures.expire(now - accountWindow);
    const isTrusted = known?.isTrusted(address, now - LATELY) === true;
    // Only what failed counts against an address: many people log in through one, all at once and with right passwords.
    if (!isTrusted && this.addresses.isUsedUp(address)) return 'address';
    return (known?.count ?? 0) < perAccount + (isTrusted ? 1 : 0) ? 'allowed' : 'account';
  }

  /** The account in the young generation, which costs no look-up where it is there already. `known`: as it was found. */
  private kept(account: string, known = this.accounts.find(account)): Account {
    if (known !== undefined && known.turn === this.accounts.turn) return known;
    const kept = this.accounts.make(account, newAccount);
    kept.turn = this.accounts.turn;
    return kept;
  }

  askHere(account: string, address: string): Permission {
    const pair = pairOf(account, address);
    // Where an application logs in, others' guesses through the same address are not its own; those at its account are held back later.
    if (this.isKnownHere(account, address))
      return this.pairs.isUsedUp(pair, this.options.perAddress) ? 'account' : 'allowed';
    if (this.addresses.isUsedUp(address)) return 'address';
    return this.pairs.isUsedUp(pair) ? 'account' : 'allowed';
  }
}

function pairOf(account: string, address: string): string {
  return `${address} ${account}`;
}

/** Where something was, and when. */
class Visit {
  next: Visit | undefined = undefined;

  constructor(
    readonly address: string,
    public at: number,
  ) {}
}

/** A few, the oldest first: linked, for what comes and goes with each log-in would make an array grow and shrink each time. */
class Visits {
  length = 0;
  private first: Visit | undefined = undefined;
  private last: Visit | undefined = undefined;

  add(visit: Visit): void {
    if (this.last === undefined) this.first = visit;
    else this.last.next = visit;
    this.last = visit;
    this.length++;
  }

  /** Takes out the oldest from there. */
  remove(address: string): Visit | undefined {
    let before: Visit | undefined;
    for (let each = this.first; each !== undefined; each = each.next) {
      if (each.address === address) {
        this.unlink(each, before);
        return each;
      }
      before = each;
    }
    return undefined;
  }

  removeOldest(): void {
    if (this.first !== undefined) this.unlink(this.first, undefined);
  }

  /** Forgets what was at or before this time. */
  expire(until: number): void {
    while (this.first !== undefined && this.first.at <= until) this.removeOldest();
  }

  clear(): void {
    this.first = this.last = undefined;
    this.length = 0;
  }

  /** True if one of them was there, and later than `since`. */
  hasFrom(address: string, since = Number.NEGATIVE_INFINITY): boolean {
    for (let each = this.first; each !== undefined; each = each.next)
      if (each.address === address && each.at > since) return true;
    return false;
  }

  private unlink(visit: Visit, before: Visit | undefined): void {
    if (before === undefined) this.first = visit.next;
    else before.next = visit.next;
    if (this.last === visit) this.last = before;
    visit.next = undefined;
    this.length--;
  }
}

/** What is known of one account. At most as many failures and open checks are kept as are let through. */
class Account {
  /** The generation that it was last put into. */
  turn = -1;
  /** Where the checks come from that are on their way. */
  readonly open = new Visits();
  /** Wrong passwords since the last right one. */
  readonly failures = new Visits();
  /** Where it logged in: each place once. */
  private readonly known = new Visits();

  get count(): number {
    return this.open.length + this.failures.length;
  }

  loggedIn(address: string, at: number): void {
    const { known } = this;
    const visit = known.remove(address) ?? new Visit(address, at);
    if (known.length === MOST_KNOWN) known.removeOldest();
    visit.at = at;
    known.add(visit);
  }

  isKnown(address: string, since: number): boolean {
    return this.known.hasFrom(address, since);
  }

  /** Known, and nothing from there has failed or waits. */
  isTrusted(address: string, since: number): boolean {
    return this.known.hasFrom(address, since) && !this.open.hasFrom(address) && !this.failures.hasFrom(address);
  }
}

const newAccount = () => new Account();

interface Count {
  count: number;
  /** When its window ends. */
  until: number;
}

const newCount = (): Count => ({ count: 0, until: 0 });

/** Counts by key, each for the length of a window. What is over moves on with the generations. */
class Windows {
  private readonly counts: Generations<Count>;

  constructor(
    private readonly limit: () => number,
    /** Milliseconds. */
    public length: number,
    private readonly clock: Clock,
  ) {
    this.counts = new Generations(MOST_KEYS, { length, clock });
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
    const known = this.counts.make(key, newCount);
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
