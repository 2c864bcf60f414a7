// HashiCorp Vault.
import { asService, asUser, below, inFilter, lines, type Recipe } from './recipe.js';

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
};
