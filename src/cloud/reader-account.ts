// The reader's own account, as the console has it: what keeps it from reading the directory, and until when its password holds.
import type { CloudUser } from './ports.js';

export type ReaderFaultKind =
  | 'unknown'
  | 'no-bind-user'
  | 'not-active'
  | 'password-never-set'
  | 'locked'
  | 'password-expired'
  | 'password-expires';

export interface ReaderFault {
  readonly kind: ReaderFaultKind;
  /** It cannot read, or cannot for long: nobody logs in then. False where that is not certain, or not yet so. */
  readonly isFatal: boolean;
  readonly text: string;
  /** What to do, and where. */
  readonly remedy: string;
}

const DAY = 86_400_000;
/** Days before the end of the password from which it is worth a word. */
const SOON = 14;

/** `user`: undefined if the console knows none by that name. `now`: milliseconds since 1970. */
export function readerFaults(user: CloudUser | undefined, name: string, now: number): readonly ReaderFault[] {
  if (user === undefined)
    return [fault('unknown', `${name}: no such user`, 'Is it a user of this tenant? Check upstream.api.orgId.', false)];
  const users = `Users › ${name}`;
  const state = user.isSuspended ? 'suspended' : user.state;
  const faults: ReaderFault[] = [];
  if (!user.isBindUser)
    faults.push(
      fault('no-bind-user', `${name} is not an LDAP Bind DN`, `${users}: switch "Enable as LDAP Bind DN" on.`, true),
    );
  // Not every answer has a state; its flags then decide.
  if (state === 'suspended' || state === 'staged')
    faults.push(fault('not-active', `${name} is ${state}`, `${users}: activate it.`, true));
  else if (!user.isActivated && user.authority === undefined)
    faults.push(
      fault(
        'password-never-set',
        `${name} has no password yet`,
        `${users}: set its password, and write it into upstream.reader.passwordFile.`,
        true,
      ),
    );
  if (user.isLocked) faults.push(fault('locked', `${name} is locked`, `${users}: unlock it.`, true));
  return [...faults, ...expiry(user, name, now)];
}

function expiry(user: CloudUser, name: string, now: number): ReaderFault[] {
  const remedy = `Choose a new password and write it into upstream.reader.passwordFile; or set it to never expire in Users › ${name}.`;
  if (user.isPasswordExpired) return [fault('password-expired', `the password of ${name} has expired`, remedy, true)];
  const days = daysLeft(user, now);
  if (days === undefined || days > SOON) return [];
  const when = days < 1 ? 'within a day' : `in ${days} ${days === 1 ? 'day' : 'days'}`;
  return [fault('password-expires', `the password of ${name} expires ${when}: then nobody can log in`, remedy, false)];
}

/** Whole days; undefined if the password does not expire. */
export function daysLeft(user: CloudUser, now: number): number | undefined {
  const end = passwordEnd(user, now);
  return end === undefined ? undefined : Math.floor((end - now) / DAY);
}

/** Milliseconds since 1970: at the latest now, if it has expired. Undefined if it does not expire. */
export function passwordEnd(user: CloudUser, now: number): number | undefined {
  const { isPasswordExpired, passwordNeverExpires, passwordExpiresAt } = user;
  if (isPasswordExpired) return Math.min(passwordExpiresAt ?? now, now);
  return passwordNeverExpires ? undefined : passwordExpiresAt;
}

function fault(kind: ReaderFaultKind, text: string, remedy: string, isFatal: boolean): ReaderFault {
  return { kind, text, remedy, isFatal };
}
