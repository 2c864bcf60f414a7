// Wayk Bastion.
import { asService, asUser, below, entryOf, inFilter, lines, type Recipe, type Values } from './recipe.js';

/** Below which it finds people and group: with JumpCloud's own names both are in ou=Users, as its form has it. */
const base = ({ baseDN, usersDN, groupsDN }: Values) => (usersDN === groupsDN ? usersDN : baseDN);

export const waykBastion: Recipe = {
  id: 'wayk-bastion',
  title: 'Wayk Bastion',
  place: 'Settings › Account Provider › JumpCloud',
  settings: (v) =>
    lines(`
      Server URL                 ${v.url}
      User Group                 ${v.group}
      Username                   ${v.serviceDN}
      Password                   (that account's)
      Base Distinguished Name    ${base(v)}
    `),
  steps: (v, user) => [
    asService,
    below(base(v), `(&(objectClass=groupOfNames)(cn=${inFilter(v.group)}))`, ['member']),
    below(
      base(v),
      `(&(objectClass=inetOrgPerson)(memberOf=${inFilter(v.groupDN)}))`,
      ['uid', 'mail', 'cn', 'givenName', 'sn', 'memberOf'],
      'members',
    ),
    asUser,
    entryOf(v.personDN(user), ['uid', 'mail', 'givenName', 'sn']),
  ],
  notes: [
    'Users need not have "Enable as LDAP Bind DN": what Wayk searches as the user is answered here.',
    '*Test LDAP Configuration* passes when `jumpgate check` does.',
  ],
};
