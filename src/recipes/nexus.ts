// Sonatype Nexus Repository.
import { asService, asUser, lines, type Recipe, relativeTo } from './recipe.js';

export const nexus: Recipe = {
  id: 'nexus',
  title: 'Sonatype Nexus Repository',
  place: 'Administration › Security › LDAP',
  settings: (v) =>
    lines(`
      LDAP server address      ${v.url}
      Search base DN           ${v.baseDN}
      Authentication method    Simple Authentication
      Username or DN           ${v.serviceDN}

      User relative DN         ${relativeTo(v.baseDN, v.usersDN)}
      User subtree             no
      Object class             inetOrgPerson
      User ID attribute        uid
      Real name attribute      cn
      Email attribute          mail
      Password attribute       (empty)

      Map LDAP groups as roles yes
      Group type               Dynamic Groups
      Group member of attribute memberOf
    `),
  steps: (v, user) => [
    asService,
    {
      kind: 'search',
      base: v.usersDN,
      scope: 1,
      filter: `(&(objectClass=inetOrgPerson)(uid=${user}))`,
      attributes: ['uid', 'cn', 'mail', 'memberOf'],
      finds: 1,
    },
    asUser,
  ],
  notes: [
    'Leave the password attribute empty: the password is checked by a bind.',
    "Roles are named like the groups' cn.",
  ],
};
