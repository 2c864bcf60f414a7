// Grafana. Its questions: pkg/services/ldap in grafana/grafana; the form for Active Directory: "Configure LDAP authentication".
import { asService, asUser, below, isSecure, lines, type Recipe, type Values } from './recipe.js';

const place = '/etc/grafana/ldap.toml; in grafana.ini: [auth.ldap] enabled = true';

const settings = (v: Values, username: string) =>
  lines(`
    [[servers]]
    host = "${v.host}"
    port = ${v.port}
    use_ssl = ${isSecure(v)}
    start_tls = false
    bind_dn = "${v.serviceDN}"
    bind_password = "\${LDAP_PASSWORD}"
    search_filter = "(${username}=%s)"
    search_base_dns = ["${v.usersDN}"]

    [servers.attributes]
    name = "givenName"
    surname = "sn"
    username = "${username}"
    member_of = "memberOf"
    email = "mail"

    [[servers.group_mappings]]
    group_dn = "${v.groupDN}"
    org_role = "Viewer"
  `);

const steps = (v: Values, user: string, username: string) => [
  asService,
  below(v.usersDN, `(${username}=${user})`, [username, 'sn', 'mail', 'memberOf', 'givenName']),
  asUser,
];

export const grafana: Recipe = {
  id: 'grafana',
  title: 'Grafana',
  place,
  settings: (v) => settings(v, 'uid'),
  steps: (v, user) => steps(v, user, 'uid'),
  notes: ["The default filter is by cn; JumpCloud's login name is uid."],
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'sAMAccountName'),
    steps: (v, user) => steps(v, user, 'sAMAccountName'),
    notes: [],
  },
};
