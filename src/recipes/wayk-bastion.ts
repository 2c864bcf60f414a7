// Wayk Bastion.
import { asService, asUser, below, entryOf, lines, personDN, type Recipe } from './recipe.js';

export const waykBastion: Recipe = {
  id: 'wayk-bastion',
  title: 'Wayk Bastion',
  place: 'Configuration › Authentication › JumpCloud',
  settings: (v) =>
    lines(`
      Server URL                 ${v.url}
      User Group                 ${v.group}
      Username                   ${v.serviceDN}
      Password                   (that account's)
      Base Distinguished Name    ${v.baseDN}
    `),
  steps: (v, user) => [
    asService,
    below(v.baseDN, `(&(objectClass=groupOfNames)(cn=${v.group}))`, ['member']),
    below(
      v.baseDN,
      `(&(objectClass=inetOrgPerson)(memberOf=${v.groupDN}))`,
      ['uid', 'mail', 'cn', 'givenName', 'sn', 'memberOf'],
      'members',
    ),
    asUser,
    entryOf(personDN(v, user), ['uid', 'mail', 'givenName', 'sn']),
  ],
  notes: [
    'Users need not have "Enable as LDAP Bind DN": what Wayk searches as the user is answered here.',
    '*Test LDAP Configuration* passes when `jumpgate check` does.',
  ],
};
