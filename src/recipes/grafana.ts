// Grafana.
import { asService, asUser, below, lines, type Recipe } from './recipe.js';

export const grafana: Recipe = {
  id: 'grafana',
  title: 'Grafana',
  place: '/etc/grafana/ldap.toml; in grafana.ini: [auth.ldap] enabled = true',
  settings: (v) =>
    lines(`
      [[servers]]
      host = "${v.host}"
      port = ${v.port}
      use_ssl = false
      start_tls = false
      bind_dn = "${v.serviceDN}"
      bind_password = "\${LDAP_PASSWORD}"
      search_filter = "(uid=%s)"
      search_base_dns = ["${v.usersDN}"]

      [servers.attributes]
      name = "givenName"
      surname = "sn"
      username = "uid"
      member_of = "memberOf"
      email = "mail"

      [[servers.group_mappings]]
      group_dn = "${v.groupDN}"
      org_role = "Viewer"
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, `(uid=${user})`, ['uid', 'sn', 'mail', 'memberOf', 'givenName']),
    asUser,
  ],
  notes: ["The default filter is by cn; JumpCloud's log-in name is uid."],
};
