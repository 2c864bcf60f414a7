// HashiCorp Vault. Its questions: sdk/helper/ldaputil/client.go in hashicorp/vault.
import { asPrincipal, asService, asUser, below, inFilter, lines, type Recipe } from './recipe.js';

export const vault: Recipe = {
  id: 'vault',
  title: 'HashiCorp Vault',
  place: 'shell',
  settings: (v) =>
    lines(`
      vault auth enable ldap
      vault write auth/ldap/config \\
        url="${v.url}" \\
        binddn="${v.serviceDN}" bindpass="$PASSWORD" \\
        userdn="${v.usersDN}" userattr=uid \\
        groupdn="${v.groupsDN}" groupattr=cn \\
        groupfilter="(&(objectClass=groupOfNames)(member={{.UserDN}}))"
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, `(uid=${user})`, []),
    asUser,
    below(v.groupsDN, `(&(objectClass=groupOfNames)(member=${inFilter(v.personDN(user))}))`, ['cn'], 'groups'),
  ],
  notes: ['It searches for groups as the user; at JumpCloud itself that finds none.'],
  activeDirectory: {
    place: 'shell',
    settings: (v) =>
      lines(`
        vault auth enable ldap
        vault write auth/ldap/config \\
          url="${v.url}" \\
          upndomain="${v.domain}" \\
          userdn="${v.usersDN}" userattr=sAMAccountName \\
          groupdn="${v.groupsDN}" groupattr=cn \\
          groupfilter="(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={{.UserDN}}))"
      `),
    steps: (v, user) => [
      asPrincipal(v, user),
      below(v.usersDN, `(userPrincipalName=${user}@${v.domain})`, []),
      below(
        v.groupsDN,
        `(&(objectClass=group)(member:1.2.840.113556.1.4.1941:=${inFilter(v.personDN(user))}))`,
        ['cn'],
        'groups',
      ),
    ],
    notes: ['It needs no service account: people bind by userPrincipalName and read their own entry and groups.'],
  },
};
