// The limits for wrong passwords of an account: as configured, or below the tenant's own lock-out (`binds.fromTenant`).
import type { CloudLockout } from '../cloud/ports.js';
import type { Config } from '../config/config.js';

/** Wrong passwords of one account that may reach JumpCloud (`perAccount`) in `accountWindow` milliseconds. */
export interface AccountLimits {
  readonly perAccount: number;
  readonly accountWindow: number;
}

/** Milliseconds: the longest window that a tenant's settings can set, even if its counter never restarts on its own. */
export const LONGEST_WINDOW = 24 * 3_600_000;

/**
 * The configured limits, made stricter if the tenant's lock-out requires it: two attempts below it, because one more than the limit may pass
 * if the account logged in recently; and at least one, without which nobody could log in. The tenant never loosens a limit.
 */
export function limitsWithin({ binds }: Pick<Config, 'binds'>, lockout: CloudLockout | undefined): AccountLimits {
  const { failuresPerAccount: perAccount, accountWindow, fromTenant } = binds;
  const { attempts, countedFor } = lockout ?? {};
  if (!fromTenant || attempts === undefined) return { perAccount, accountWindow };
  return {
    perAccount: Math.max(1, Math.min(perAccount, attempts - 2)),
    accountWindow: Math.max(accountWindow, Math.min(LONGEST_WINDOW, (countedFor ?? Infinity) * 1000)),
  };
}
