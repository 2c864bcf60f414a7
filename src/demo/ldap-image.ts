// What of the embedded JumpCloud's people and groups is in its LDAP directory.
import type { Group, Person } from './people.js';

/** Groups, members and bindings that LDAP knows. */
export interface Published {
  readonly groups: readonly Group[];
  /** Whether somebody is bound to the LDAP directory, directly or through a group. */
  readonly isBound: (person: Person) => boolean;
}

/** Under the names that they have there. */
export function ldapGroups({ groups }: Published): readonly Group[] {
  return groups
    .filter(({ isInLdap }) => isInLdap !== false)
    .map((group) => (group.ldapName === undefined ? group : { ...group, name: group.ldapName }));
}
