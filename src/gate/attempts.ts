// How many password checks may reach the upstream: counted before forwarding, given back when they were no wrong passwords.
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Attempts, Permission } from './ports.js';

export interface AttemptOptions {
  /** Wrong binds per account and window that may reach the upstream. */
  readonly perAccount: number;
  /** The same per source address. */
  readonly perAddress: number;
  /** Milliseconds. */
  readonly window: number;
}

/** In memory. Every forwarded check counts for its account first, so that 60 at the same instant cannot slip through (R95). */
export class MemoryAttempts implements Attempts {
  private readonly accounts: RateLimiterMemory;
  private readonly addresses: RateLimiterMemory;
  /** Seconds. */
  private readonly duration: number;
  private turn: Promise<unknown> = Promise.resolve();
  /** Attempts that were not let through, by what was used up. */
  readonly refused = { account: 0, address: 0 };

  constructor(options: AttemptOptions) {
    this.duration = options.window / 1000;
    this.accounts = new RateLimiterMemory({ points: options.perAccount, duration: this.duration });
    this.addresses = new RateLimiterMemory({ points: options.perAddress, duration: this.duration });
  }

  take(account: string, address: string): Promise<Permission> {
    return this.inTurn(async () => {
      const permission = await this.count(account, address);
      if (permission !== 'allowed') this.refused[permission]++;
      return permission;
    });
  }

  ask(account: string, address: string): Promise<Permission> {
    return this.inTurn(async () => {
      if (await isUsedUp(this.addresses, address)) return 'address';
      return (await isUsedUp(this.accounts, account)) ? 'account' : 'allowed';
    });
  }

  failed(address: string): Promise<void> {
    return this.inTurn(async () => void (await consumed(this.addresses, address)));
  }

  succeeded(account: string): Promise<void> {
    return this.inTurn(async () => void (await this.accounts.delete(account)));
  }

  undecided(account: string): Promise<void> {
    return this.inTurn(async () => void (await this.accounts.reward(account, 1)));
  }

  forget(account: string): Promise<void> {
    return this.inTurn(async () => void (await this.accounts.delete(account)));
  }

  private async count(account: string, address: string): Promise<Permission> {
    // Only what failed counts against an address: many people log in through one, all at once and with right passwords.
    if (await isUsedUp(this.addresses, address)) return 'address';
    const count = await consumed(this.accounts, account);
    if (count === undefined) return 'account';
    // The window of an account begins anew with each attempt that is forwarded: two fixed windows side by side would let twice as
    // many through in a moment, and the upstream locks accounts by its own clock.
    await this.accounts.set(account, count, this.duration);
    return 'allowed';
  }

  /** Reading a count and writing it back is two steps: nobody comes between. */
  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => {});
    return mine;
  }
}

async function isUsedUp(limiter: RateLimiterMemory, key: string): Promise<boolean> {
  return ((await limiter.get(key))?.consumedPoints ?? 0) >= limiter.points;
}

/** The attempts so far, this one included; undefined if it is one too many. */
async function consumed(limiter: RateLimiterMemory, key: string): Promise<number | undefined> {
  try {
    return (await limiter.consume(key, 1)).consumedPoints;
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal;
    return undefined;
  }
}
