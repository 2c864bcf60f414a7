// How many password checks may reach the upstream: counted before forwarding, given back when they were no wrong passwords.
import { RateLimiterMemory } from 'rate-limiter-flexible';

export interface AttemptOptions {
  /** Wrong binds per account and window that may reach the upstream. */
  readonly perAccount: number;
  /** The same per source address. */
  readonly perAddress: number;
  /** Milliseconds. */
  readonly window: number;
}

export type Permission = 'allowed' | 'account' | 'address';

/** Fixed windows in memory. Every forwarded check is counted first, so that 60 at the same instant cannot slip through (R95). */
export class Attempts {
  private readonly accounts: RateLimiterMemory;
  private readonly addresses: RateLimiterMemory;

  constructor(options: AttemptOptions) {
    const duration = options.window / 1000;
    this.accounts = new RateLimiterMemory({ points: options.perAccount, duration });
    this.addresses = new RateLimiterMemory({ points: options.perAddress, duration });
  }

  /** Counts one attempt for both, or says which of them has used up its window. */
  async take(account: string, address: string): Promise<Permission> {
    if (!(await consumed(this.addresses, address))) return 'address';
    if (await consumed(this.accounts, account)) return 'allowed';
    await this.addresses.reward(address, 1);
    return 'account';
  }

  /** A right password: the account starts anew, the address gets its attempt back (R96). */
  async succeeded(account: string, address: string): Promise<void> {
    await this.accounts.delete(account);
    await this.addresses.reward(address, 1);
  }

  /** No answer about the password came (an outage): nothing is counted (R96). */
  async undecided(account: string, address: string): Promise<void> {
    await this.accounts.reward(account, 1);
    await this.addresses.reward(address, 1);
  }
}

async function consumed(limiter: RateLimiterMemory, key: string): Promise<boolean> {
  try {
    await limiter.consume(key, 1);
    return true;
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal;
    return false;
  }
}
