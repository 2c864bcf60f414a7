// Lines about the limits for wrong passwords, where they follow the tenant's lock-out (`binds.fromTenant`).
import type { Logger } from './log.js';
import { printable } from './printable.js';

/** Limits that have changed. `accountWindow`: milliseconds; `attempts`: after which the tenant locks an account. */
export function logLimits(
  log: Logger,
  { perAccount, accountWindow }: { readonly perAccount: number; readonly accountWindow: number },
  { attempts }: { readonly attempts: number | undefined },
): void {
  const fields = { failuresPerAccount: perAccount, accountWindowSeconds: accountWindow / 1000, lockedAfter: attempts };
  log.info(fields, 'JumpCloud: the limits for wrong passwords follow the tenant’s lock-out');
  if (attempts !== undefined && attempts < 3)
    log.warn(
      { remedy: 'Raise the limit in the console: Settings › Security.', lockedAfter: attempts },
      'JumpCloud locks accounts after so few wrong passwords that one person’s mistakes here can lock an account',
    );
}

/** They cannot be read. */
export function logNoLimits(log: Logger, { message }: Error): void {
  const remedy = 'It is tried again every 5 minutes; see jumpgate check for what upstream.api may read.';
  log.warn({ 'error.message': printable(message), remedy }, 'JumpCloud: binds.fromTenant: the lock-out cannot be read');
}
