// How many password checks and questions about names are let through: counted before they are made, given back when nothing was wrong.
import { Generations } from '../../runtime/generations.js';
import type { Clock, Permission, RateLimiter } from '../ports.js';
import { AccountAttempts } from './account-attempts.js';
import { Windows } from './windows.js';

export interface BindRateLimiterOptions {
  /** Wrong passwords of one account that may reach the upstream in `accountWindow`; one more from where it logged in recently. */
  readonly perAccount: number;
  /** Milliseconds: longer than the upstream counts failures for. */
  readonly accountWindow: number;
  /** Wrong passwords from one address in `window`; the same limit, counted apart, for names that turned out to belong to nobody. */
  readonly perAddress: number;
  /** Milliseconds. */
  readonly window: number;
  readonly clock: Clock;
}

/** Accounts, addresses, or pairs of both, in one of two generations at most: more than that, and the older one gives way (R73). */
const MOST_KEYS = 25_000;

/**
 * In memory. Addresses are those of sessions: an IPv6 one is its address already (`addressBlock`).
 *
 * Checks upstream: what lock-outs there count, over a window as long as theirs. Each is counted before it is sent, so sixty at the same time cannot
 * slip through (R95). From anywhere `perAccount` wrong ones may pass. One more may pass from where the account logged in recently and nothing failed
 * since: so others cannot shut it out there (R115), and no window ever sees more than `perAccount + 1`.
 *
 * Checks made here: nothing locks, so they are limited against guessing alone, by account and address.
 */
export class BindRateLimiter implements RateLimiter {
  /** Accounts whose password is checked here: only where they logged in counts. */
  private readonly here = new Generations<AccountAttempts>(MOST_KEYS);
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

  constructor(
    private options: BindRateLimiterOptions,
    private readonly accounts = new Generations<AccountAttempts>(MOST_KEYS),
  ) {
    const { window, clock } = options;
    this.addresses = new Windows(MOST_KEYS, () => this.options.perAddress, window, clock);
    this.strangers = new Windows(MOST_KEYS, () => this.options.perAddress, window, clock);
    this.pairs = new Windows(MOST_KEYS, () => this.options.perAccount, window, clock);
  }

  /** One that counts accounts together with this one, and everything else separately. */
  beside(options: BindRateLimiterOptions): BindRateLimiter {
    return new BindRateLimiter(options, this.accounts);
  }

  /**
   * Other limits from now on; what was counted stays, because a lock-out upstream does not depend on what is changed here. Windows that have begun
   * keep their length.
   */
  configure(options: BindRateLimiterOptions): void {
    this.options = options;
    for (const windows of [this.addresses, this.strangers, this.pairs]) windows.length = options.window;
  }

  take(account: string, address: string, now = this.options.clock()): Permission {
    const known = this.accounts.find(account);
    return this.taken(this.permissionFor(known, address, now), account, address, known, now);
  }

  private taken(
    permission: Permission,
    account: string,
    address: string,
    known: AccountAttempts | undefined,
    now: number,
  ): Permission {
    if (permission === 'allowed') this.kept(account, known).began(address, now);
    else {
      this.refused[permission]++;
      // It was compared with what is cached: there, guesses are limited by address.
      if (permission === 'account' && known?.isKnown(address, now) === true) this.addresses.count(address);
    }
    return permission;
  }

  takeShared(account: string, address: string, now = this.options.clock()): Permission {
    const known = this.accounts.find(account);
    let permission = this.permissionFor(known, address, now);
    if (permission === 'account') {
      // The newest may have come after the right password that the others know of, and count when this instance is on its own again.
      known?.makeRoom(this.options.perAccount);
      permission = this.permissionFor(known, address, now);
    }
    return this.taken(permission, account, address, known, now);
  }

  isUsedUp(account: string, address: string, now = this.options.clock()): boolean {
    return (
      this.addresses.isUsedUp(address) && this.permissionFor(this.accounts.find(account), address, now) === 'address'
    );
  }

  refusedByAll(limit: 'account' | 'address'): void {
    this.refused[limit]++;
  }

  /** As they are now. */
  get limits(): Readonly<BindRateLimiterOptions> {
    return this.options;
  }

  mayRecall(account: string, address: string, now = this.options.clock()): boolean {
    const { perAccount, accountWindow } = this.options;
    const known = this.accounts.find(account);
    if (known === undefined) return !this.addresses.isUsedUp(address);
    known.forgive(now - accountWindow);
    if (known.isTrusted(address, now)) return true;
    if (this.addresses.isUsedUp(address)) return false;
    // Guesses on their way count as well: nobody knows yet that they are wrong.
    return known.count < perAccount || known.isKnown(address, now);
  }

  failed(account: string, address: string, times = 1): void {
    const known = this.kept(account);
    known.settled(address);
    const now = this.options.clock();
    for (let i = 0; i < times; i++) known.failed(address, now);
    this.addresses.count(address);
  }

  succeeded(account: string, address: string, now = this.options.clock()): void {
    const known = this.kept(account);
    // The upstream forgets what it counted before this one; what was judged since it was sent may have come later.
    known.forgive(known.settled(address) ?? now);
    known.loggedIn(address, now);
  }

  loggedIn(account: string, address: string, now = this.options.clock()): void {
    this.kept(account).loggedIn(address, now);
  }

  undecided(account: string, address: string): void {
    this.accounts.find(account)?.settled(address);
  }

  takeHere(account: string, address: string): Permission {
    const permission = this.askHere(account, address);
    if (permission === 'allowed') this.pairs.count(pairOf(account, address));
    else this.refused[permission]++;
    return permission;
  }

  isKnownHere(account: string, address: string): boolean {
    return this.here.find(account)?.isKnown(address, this.options.clock()) === true;
  }

  settledHere(account: string, address: string, outcome: 'right' | 'wrong' | 'undecided'): void {
    if (outcome === 'wrong') return this.addresses.count(address);
    this.pairs.giveBack(pairOf(account, address));
    if (outcome === 'right') this.here.make(account, freshAttempts).loggedIn(address, this.options.clock());
  }

  forget(account: string): void {
    this.accounts.find(account)?.forgive(Number.POSITIVE_INFINITY);
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

  private permissionFor(known: AccountAttempts | undefined, address: string, now: number): Permission {
    const { perAccount, accountWindow } = this.options;
    known?.forgive(now - accountWindow);
    const isTrusted = known?.isTrusted(address, now) === true;
    // Only what failed counts against an address: many people log in through one at the same time, with right passwords.
    if (!isTrusted && this.addresses.isUsedUp(address)) return 'address';
    return (known?.count ?? 0) < perAccount + (isTrusted ? 1 : 0) ? 'allowed' : 'account';
  }

  /** The account in the young generation, which costs no look-up where it is there already. `known`: as it was found. */
  private kept(account: string, known = this.accounts.find(account)): AccountAttempts {
    if (known !== undefined && known.turn === this.accounts.turn) return known;
    const kept = this.accounts.make(account, freshAttempts);
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

const freshAttempts = () => new AccountAttempts();

function pairOf(account: string, address: string): string {
  return `${address} ${account}`;
}
