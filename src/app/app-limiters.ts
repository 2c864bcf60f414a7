// The rate limiters of all apps: a guess at an account in one of them counts in all, and what comes from an address counts in each.
import type { CloudLockout } from '../cloud/ports.js';
import type { Config } from '../config/config.js';
import { BindRateLimiter, type BindRateLimiterOptions } from '../gate/bind/rate-limiter.js';
import type { Clock } from '../gate/ports.js';
import { type AccountLimits, limitsWithin } from './account-limits.js';

/**
 * The rate limiters of all apps, kept over reloads. Accounts are counted together, addresses per app; the limits follow the configuration and,
 * with `binds.fromTenant`, the tenant.
 */
export class AppLimiters {
  private readonly byApp = new Map<string, BindRateLimiter>();
  private first: BindRateLimiter | undefined;
  private config: Config | undefined;
  /** As the tenant's settings were read last; kept while they cannot be read. */
  private lockout: CloudLockout | undefined;

  constructor(private readonly clock: Clock) {}

  /** There is one for each app of this configuration from now on. Those that there were count on by the limits that they had. */
  prepare(config: Config): void {
    this.config ??= config;
    for (const { name } of config.apps) {
      if (this.byApp.has(name)) continue;
      const options = this.optionsOf(config, name);
      const limiter = this.first?.beside(options) ?? new BindRateLimiter(options);
      this.first ??= limiter;
      this.byApp.set(name, limiter);
    }
  }

  /** The limits of this configuration, once it counts. */
  configure(config: Config): void {
    this.config = config;
    for (const name of [...this.byApp.keys()]) {
      if (config.apps.some((app) => app.name === name)) this.of(name).configure(this.optionsOf(config, name));
      else this.byApp.delete(name);
    }
  }

  /** The tenant's lock-out, where `binds.fromTenant` asks for it. Returns the limits where they have changed by it. */
  stayBelow(lockout: CloudLockout): AccountLimits | undefined {
    const { config, lockout: known } = this;
    this.lockout = lockout;
    if (config === undefined) return undefined;
    const before = limitsWithin(config, known);
    const after = limitsWithin(config, lockout);
    if (before.perAccount === after.perAccount && before.accountWindow === after.accountWindow) return undefined;
    this.configure(config);
    return after;
  }

  of(app: string): BindRateLimiter {
    const limiter = this.byApp.get(app);
    if (limiter === undefined) throw new Error(`there is no app ${app}`);
    return limiter;
  }

  /** Attempts that were not let through, in all apps, by what was used up. */
  get refused(): { readonly account: number; readonly address: number } {
    const sum = { account: 0, address: 0 };
    for (const { refused } of this.byApp.values()) {
      sum.account += refused.account;
      sum.address += refused.address;
    }
    return sum;
  }

  /** Drops the attempts counted for the account, in all apps. */
  forget(account: string): void {
    this.first?.forget(account);
  }

  private optionsOf(config: Config, name: string): BindRateLimiterOptions {
    const own = config.apps.find((app) => app.name === name)?.binds ?? config.binds;
    const { perAccount, accountWindow } = limitsWithin(config, this.lockout);
    const { failuresPerAddress: perAddress, window } = own;
    return { perAccount, accountWindow, perAddress, window, clock: this.clock };
  }
}
