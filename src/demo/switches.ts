// The changes that Directory Insights reports when a switch of a person or a group is moved.
import type { Change, Subject } from './change.js';
import type { Group, PersonState, Switches } from './people.js';

export const SERVER: Subject = { kind: 'ldap_server', name: 'jumpcloud' };

type State = Readonly<Partial<PersonState>>;

/** What a switch is taken for that nobody has moved. */
const AT_REST: Partial<PersonState> = { mfa: 'none', inDirectory: true, boundDirectly: true, pushAnswer: 'approve' };

/** Switches with an event of their own, when they are moved on and off. */
const OWN_EVENTS: Partial<Record<keyof PersonState, readonly [on: string, off: string]>> = {
  suspended: ['user_suspended', 'user_unsuspended'],
  locked: ['user_lockout', 'user_unlocked'],
  passwordExpired: ['user_password_expired', 'user_password_set'],
  staged: ['user_update', 'user_activated'],
};

/** Of no event: they are the user's, or come with another switch. */
const SILENT: readonly (keyof PersonState)[] = ['pushAnswer', 'lockedAt'];

/** The events that a change of a person's switches causes, in order. */
export function changesOfState(uid: string, before: State, moved: Switches): Change[] {
  const about: Subject = { kind: 'user', name: uid };
  const fields: { field: string; from: unknown; to: unknown }[] = [];
  const changes: Change[] = [];
  for (const field of Object.keys(moved) as (keyof PersonState)[]) {
    const [from, to] = [before[field] ?? AT_REST[field] ?? false, moved[field] ?? AT_REST[field] ?? false];
    if (from === to || SILENT.includes(field)) continue;
    const own = OWN_EVENTS[field];
    if (own !== undefined) changes.push({ type: own[to === true ? 0 : 1], about });
    else if (field === 'mfaExcludedUntil' && to === false) changes.push({ type: 'user_mfa_exclusion_expired', about });
    else if (field === 'inDirectory' || field === 'boundDirectly') {
      changes.push({ type: 'association_change', op: to === true ? 'add' : 'remove', from: about, to: SERVER });
    } else fields.push({ field, from, to });
  }
  return fields.length === 0 ? changes : [...changes, { type: 'user_update', about, fields }];
}

/** The events that a change of a group's switches causes, in order. */
export function changesOfGroup(before: Group, moved: Partial<Group>): Change[] {
  const about: Subject = { kind: 'user_group', name: before.name };
  const changes: Change[] = [];
  if ('isInLdap' in moved && (moved.isInLdap !== false) !== (before.isInLdap !== false)) {
    changes.push({
      type: 'association_change',
      op: moved.isInLdap === false ? 'remove' : 'add',
      from: about,
      to: SERVER,
    });
  }
  const fields = (['ldapName', 'isDynamic'] as const)
    .filter((field) => field in moved && moved[field] !== before[field])
    .map((field) => ({ field, from: before[field], to: moved[field] }));
  return fields.length === 0 ? changes : [...changes, { type: 'group_update', about, fields }];
}
