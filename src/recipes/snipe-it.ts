// Snipe-IT.
import { asService, asUser, below, inFilter, lines, type Recipe } from './recipe.js';

export const snipeIt: Recipe = {
  id: 'snipe-it',
  title: 'Snipe-IT',
  place: 'Admin › Settings › LDAP',
  settings: (v) =>
    lines(`
      LDAP Integration       enabled
      LDAP Server            ${v.url}
      LDAP Bind Username     ${v.serviceDN}
      Base Bind DN           ${v.usersDN}
      LDAP Filter            &(objectClass=inetOrgPerson)(memberOf=${inFilter(v.groupDN)})
      Username Field         uid
      First Name             givenName
      Last Name              sn
      LDAP Authentication query  uid=
      LDAP Email             mail
      Active Directory       no
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, `(&(objectClass=inetOrgPerson)(memberOf=${inFilter(v.groupDN)}))`, [], 'members'),
    asUser,
    below(v.usersDN, `(&(objectClass=inetOrgPerson)(memberOf=${inFilter(v.groupDN)})(uid=${user}))`, []),
  ],
  notes: [
    'The filter is written without its outer parentheses.',
    'It searches as the user after the log-in: at JumpCloud itself that finds nothing.',
  ],
};
