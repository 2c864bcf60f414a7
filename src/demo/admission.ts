// Whether a password lets somebody in, and what became of each factor: the embedded JumpCloud's rules for a bind.
import type { Factors } from './change.js';
import type { Person } from './people.js';

/** What is typed behind the password where a code is asked for. */
const CODE = '123456';

/** Why a bind failed, as far as the password policy control reports it (draft-behera-ldap-password-policy-11, 6.2). */
export type PolicyError = 'passwordExpired' | 'accountLocked';

export interface Admission {
  readonly isAdmitted: boolean;
  readonly error?: PolicyError;
  readonly factors: Factors;
  /** It counts towards lock-out. */
  readonly isFailure?: true;
}

/** What policies ask of the person. */
export type Demand = 'password' | 'mfa' | 'deny';

export const NOBODY: Admission = { isAdmitted: false, factors: {} };

const refused = (factors: Factors, isFailure?: true): Admission => ({
  isAdmitted: false,
  factors,
  ...(isFailure === undefined ? {} : { isFailure }),
});

/** The factors that somebody has set up. */
export function enrolmentOf({ mfa, enrolled }: Person['state']): { readonly totp: boolean; readonly push: boolean } {
  return enrolled ?? { totp: mfa === 'code', push: mfa === 'push' };
}

/** Whether the bind waits for an answer to a push. */
export function asksForPush(person: Person, demand: Demand, given: string): boolean {
  const { state, password } = person;
  return demand === 'mfa' && state.locked !== true && given === password && enrolmentOf(state).push;
}

/** After the answer to a push, where there is one. `hasExpired`: the password has. */
export function admission(person: Person, demand: Demand, given: string, hasExpired: boolean): Admission {
  const { state } = person;
  if (state.locked === true) return { isAdmitted: false, error: 'accountLocked', factors: {} };
  const tried = tryFactors(person, demand, given);
  if (!tried.isAdmitted) return tried;
  const { factors } = tried;
  if (state.suspended === true || demand === 'deny') return refused(factors);
  return hasExpired ? { isAdmitted: false, error: 'passwordExpired', factors } : tried;
}

function tryFactors({ state, password }: Person, demand: Demand, given: string): Admission {
  if (state.passwordNeverSet === true) return refused({ password: false }, true);
  const { totp, push } = enrolmentOf(state);
  if (demand === 'mfa' && totp && given.startsWith(`${password},`)) {
    const isRight = given.slice(password.length + 1) === CODE;
    return isRight
      ? { isAdmitted: true, factors: { password: true, totp: true } }
      : refused({ password: true, totp: false }, true);
  }
  if (given !== password) return refused({ password: false }, true);
  if (demand !== 'mfa') return { isAdmitted: true, factors: { password: true } };
  if (!push) return refused({ password: true }, totp ? true : undefined);
  const isApproved = (state.pushAnswer ?? 'approve') === 'approve';
  return isApproved
    ? { isAdmitted: true, factors: { password: true, push: true } }
    : refused({ password: true, push: false });
}
