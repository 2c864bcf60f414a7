// Rancher. Its questions: pkg/auth/providers (ldap, activedirectory) in rancher/rancher.
import { asService, asUser, below, inFilter, isSecure, lines, type Recipe } from './recipe.js';

export const rancher: Recipe = {
  id: 'rancher',
  title: 'Rancher',
  place: 'Users & Authentication › Auth Provider › OpenLDAP',
  settings: (v) =>
    lines(`
      Hostname                        ${v.host}
      Port                            ${v.port}${isSecure(v) ? ', TLS' : ''}
      Service Account Distinguished Name  ${v.serviceDN}
      User Search Base                ${v.usersDN}
      Group Search Base               ${v.groupsDN}
      User: Object Class              inetOrgPerson
      User: Username Attribute        cn
      User: Login Attribute           uid
      User: Member Attribute          memberOf
      Group: Object Class             groupOfNames
      Group: Name Attribute           cn
      Group: Group Member User Attribute  entryDN
      Group: Group Member Mapping Attribute  member
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, `(&(objectClass=inetOrgPerson)(uid=${user}))`, ['memberOf', 'objectClass', 'cn', 'uid']),
    asUser,
    below(v.personDN(user), '(objectClass=inetOrgPerson)', ['1.1', '+', '*']),
    below(v.groupsDN, `(&(member=${inFilter(v.personDN(user))})(objectClass=groupOfNames))`, ['cn'], 'groups'),
  ],
  notes: ['It searches as the user after the login: at JumpCloud itself that finds nothing.'],
  activeDirectory: {
    place: 'Users & Authentication › Auth Provider › ActiveDirectory',
    settings: (v) =>
      lines(`
        Hostname                        ${v.host}
        Port                            ${v.port}${isSecure(v) ? ', TLS' : ''}
        Service Account Username        ${v.serviceDN}
        Default Login Domain            ${v.netbiosName}
        User Search Base                ${v.usersDN}
        Group Search Base               ${v.groupsDN}
        User: Object Class              person
        User: Username Attribute        name
        User: Login Attribute           sAMAccountName
        User: Search Attribute          sAMAccountName|sn|givenName
        User: Status Attribute          userAccountControl
        User: Disabled Status Bitmask   2
        Group: Object Class             group
        Group: Name Attribute           name
        Group: Search Attribute         sAMAccountName
        Group: Group DN Attribute       distinguishedName
        Group: Group Member Mapping Attribute  member
        Group: Group Member User Attribute  distinguishedName
      `),
    steps: (v, user) => [
      { kind: 'bind', as: 'user', name: `${v.netbiosName}\\${user}` },
      below(v.usersDN, `(sAMAccountName=${user})`, [
        'memberOf',
        'objectClass',
        'person',
        'sAMAccountName',
        'name',
        'userAccountControl',
      ]),
      asService,
      below(v.groupsDN, `(&(objectClass=group)(|(distinguishedName=${inFilter(v.groupDN)})))`, [
        'memberOf',
        'objectClass',
        'group',
        'sAMAccountName',
        'name',
        'sAMAccountName',
      ]),
    ],
    notes: ['It reads the entry of the person as that person.'],
  },
};
