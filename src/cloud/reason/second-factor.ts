// What an event and the policies say about a bind's factors: decided without a call.
import type { CloudReason } from '../../gate/explain/cloud-reason.js';
import type { CloudEvent, CloudPolicy, CloudUser } from '../ports.js';

/**
 * What became of a refused bind, by its event. `second-factor-missing` is the least that is certain: policies may tell more. Undefined for a
 * bind that succeeded, and where the event does not say.
 */
export function reasonOfEvent({ success, factors }: CloudEvent): CloudReason | undefined {
  if (success === true) return undefined;
  if (factors.password === false) return 'password-wrong';
  if (factors.password !== true) return undefined;
  if (factors.push === false) return 'push-unanswered';
  if (factors.totp === false) return 'code-wrong';
  return factors.push === undefined && factors.totp === undefined ? 'second-factor-missing' : undefined;
}

/** Those that apply to a user. JumpCloud leaves bind users out of its LDAP policies. */
export function policiesOf(
  policies: readonly CloudPolicy[],
  user: CloudUser,
  groups: ReadonlySet<string>,
): readonly CloudPolicy[] {
  if (user.isBindUser) return [];
  const isAnyOf = (ids: readonly string[]) => ids.some((id) => groups.has(id));
  return policies.filter(
    (policy) =>
      !policy.isDisabled &&
      !isAnyOf(policy.exceptGroups) &&
      (isAnyOf(policy.groups) || policy.users.some((id) => id === user.id || id.toUpperCase() === 'ALL')),
  );
}

/** True if the user is enrolled in a second factor, or it is unknown. */
export function hasSecondFactor({ mfa: { overall, totp, push } }: CloudUser): boolean {
  return totp === 'enrolled' || push === 'enrolled' || overall === 'enrolled' || overall === 'unknown';
}
