// SSSD.
import { asService, asUser, below, inFilter, lines, type Recipe } from './recipe.js';

export const sssd: Recipe = {
  id: 'sssd',
  title: 'SSSD',
  place: '/etc/sssd/sssd.conf, mode 0600',
  settings: (v) =>
    lines(`
      [sssd]
      services = nss, pam
      domains = jumpcloud

      [domain/jumpcloud]
      id_provider = ldap
      auth_provider = ldap
      ldap_uri = ${v.url}
      ldap_id_use_start_tls = true
      ldap_tls_cacert = /etc/jumpgate/ca.pem
      ldap_search_base = ${v.baseDN}
      ldap_schema = rfc2307bis
      ldap_user_search_base = ${v.usersDN}
      ldap_group_search_base = ${v.groupsDN}
      ldap_group_object_class = posixGroup
      ldap_group_member = member
      ldap_default_bind_dn = ${v.serviceDN}
      ldap_default_authtok = (that account's)
      access_provider = ldap
      ldap_access_filter = memberOf=${inFilter(v.groupDN)}
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, `(&(uid=${user})(objectclass=posixAccount)(uid=*)(&(uidNumber=*)(!(uidNumber=0))))`, [
      'uid',
      'uidNumber',
      'gidNumber',
      'homeDirectory',
      'loginShell',
      'memberOf',
    ]),
    asUser,
    asService,
    {
      kind: 'search',
      base: v.personDN(user),
      scope: 0,
      filter: `(&(uid=${user})(objectclass=posixAccount)(memberOf=${inFilter(v.groupDN)}))`,
      attributes: ['uid'],
      finds: 1,
    },
  ],
  notes: [
    'SSSD checks passwords over TLS only: set `listen.tls` here.',
    'For groups set `local.groupClasses: [groupOfNames, posixGroup]`: then each has a gidNumber and its members by DN.',
  ],
};
