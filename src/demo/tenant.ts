// The settings of the embedded JumpCloud's organisation: what its LDAP directory does with locked accounts, when it locks, who needs a second factor.
import type { Person } from './people.js';

export interface LdapSettings {
  readonly name: string;
  /** What becomes of an entry while its user is locked, and while its password has expired. */
  readonly onLockout: 'disable' | 'remove';
  readonly onExpiry: 'disable' | 'remove';
}

/** Seconds; undefined: switched off. */
export interface LockoutPolicy {
  /** Failed binds in a row that lock an account. */
  readonly attempts: number | undefined;
  /** After which the account is unlocked automatically; JumpCloud takes 300 to 5400. */
  readonly lockedFor: number | undefined;
  /** After this time without a failed bind, counting starts again; JumpCloud takes whole minutes. */
  readonly countedFor: number | undefined;
}

/** A conditional access policy for LDAP. Users by their uid, groups by their name. */
export interface AccessPolicy {
  readonly name: string;
  readonly isDisabled?: boolean;
  readonly action: 'allow' | 'deny';
  readonly requiresMfa?: boolean;
  readonly users?: 'ALL' | readonly string[];
  readonly groups?: readonly string[];
  readonly exceptGroups?: readonly string[];
  /** True: applies to users with "Enable as LDAP Bind DN" too, who are excluded otherwise. */
  readonly includesBindUsers?: boolean;
}

export interface Tenant {
  readonly ldap: LdapSettings;
  readonly lockout: LockoutPolicy;
  /** Beside the standard one, which asks those people for a second factor whose `mfa` says so. */
  readonly policies: readonly AccessPolicy[];
  /** Whether the LDAP side is the host that asks for second factors (`ldap-mfa`); elsewhere no policy applies. */
  readonly isMfaHost: boolean;
}

/** `attempts`: 0 for any number. */
export const defaultTenant = (attempts: number): Tenant => ({
  ldap: { name: 'jumpcloud', onLockout: 'disable', onExpiry: 'disable' },
  lockout: { attempts: attempts === 0 ? undefined : attempts, lockedFor: undefined, countedFor: undefined },
  policies: [],
  isMfaHost: true,
});

const STANDARD_POLICY = 'LDAP: second factor';

/** All policies, the standard one first; there is none while nobody needs a second factor. */
export function policiesOf({ policies }: Tenant, people: Iterable<Person>): readonly AccessPolicy[] {
  const users = [...people].filter(({ state }) => (state.mfa ?? 'none') !== 'none').map(({ uid }) => uid);
  if (users.length === 0) return policies;
  return [{ name: STANDARD_POLICY, action: 'allow', requiresMfa: true, users }, ...policies];
}

/** What the policies make of a bind: `deny` wins. `groups`: those that the person is in. */
export function demandOf(
  policies: readonly AccessPolicy[],
  { uid, state }: Person,
  groups: readonly string[],
): 'password' | 'mfa' | 'deny' {
  const applying = policies.filter((policy) => {
    if (policy.isDisabled === true || (state.bindDn === true && policy.includesBindUsers !== true)) return false;
    if (policy.exceptGroups?.some((group) => groups.includes(group)) === true) return false;
    if (policy.users === 'ALL' || policy.users?.includes(uid) === true) return true;
    return policy.groups?.some((group) => groups.includes(group)) === true;
  });
  if (applying.some(({ action }) => action === 'deny')) return 'deny';
  return applying.some(({ requiresMfa }) => requiresMfa === true) ? 'mfa' : 'password';
}
