// Proxmox VE. Its questions: PVE::Auth::LDAP, PVE::Auth::AD and PVE::LDAP in its pve-access-control and pve-common.
import { asPrincipal, asService, asUser, below, inFilter, isSecure, lines, type Recipe } from './recipe.js';

export const proxmox: Recipe = {
  id: 'proxmox',
  title: 'Proxmox VE',
  place: 'shell, on a node',
  settings: (v) =>
    lines(`
      pveum realm add jumpcloud --type ldap --server1 ${v.host} --port ${v.port} --mode ${isSecure(v) ? 'ldaps' : 'ldap'} \\
        --base_dn "${v.usersDN}" --user_attr uid \\
        --bind_dn "${v.serviceDN}" --password \\
        --filter "(memberOf=${inFilter(v.groupDN)})" --user_classes inetOrgPerson \\
        --group_dn "${v.groupsDN}" --group_classes groupOfNames --group_name_attr cn \\
        --sync_attributes "email=mail,firstname=givenName,lastname=sn"
      pveum realm sync jumpcloud --scope both
    `),
  steps: (v, user) => [
    asService,
    below(
      v.usersDN,
      `(&(objectClass=inetOrgPerson)(memberOf=${inFilter(v.groupDN)}))`,
      ['uid', 'mail', 'givenName', 'sn', 'memberOf'],
      'members',
    ),
    below(v.usersDN, `(uid=${user})`, ['dn']),
    asUser,
  ],
  notes: ['Without a sync people have to be made by hand before they can log in.'],
  activeDirectory: {
    place: 'shell, on a node',
    settings: (v) =>
      lines(`
        pveum realm add jumpcloud --type ad --domain ${v.domain} --server1 ${v.host} --port ${v.port} --mode ${isSecure(v) ? 'ldaps' : 'ldap'} \\
          --base_dn "${v.baseDN}" --bind_dn "${v.serviceDN}" --password \\
          --filter "(memberOf=${inFilter(v.groupDN)})" --user_classes user \\
          --group_dn "${v.groupsDN}" --group_classes group --group_name_attr cn \\
          --sync_attributes "email=mail,firstname=givenName,lastname=sn"
        pveum realm sync jumpcloud --scope both
      `),
    steps: (v, user) => [
      asService,
      below(
        v.baseDN,
        `(&(objectClass=user)(memberOf=${inFilter(v.groupDN)}))`,
        ['sAMAccountName', 'mail', 'givenName', 'sn', 'memberOf'],
        'members',
      ),
      asPrincipal(v, user),
    ],
    notes: ['Without a sync people have to be made by hand before they can log in.'],
  },
};
