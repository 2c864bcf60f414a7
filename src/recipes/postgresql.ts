// PostgreSQL. Its questions were watched on a server while it checked passwords; the settings: "LDAP Authentication".
import { asPrincipal, asService, asUser, below, isSecure, lines, type Recipe } from './recipe.js';

const place = 'pg_hba.conf';

const notes = [
  'A role of the same name has to exist in the database.',
  'The file holds a password: keep it readable for the server alone.',
];

export const postgresql: Recipe = {
  id: 'postgresql',
  title: 'PostgreSQL',
  place,
  settings: (v) =>
    lines(`
      # search and bind
      host all all 127.0.0.1/32 ldap${isSecure(v) ? ' ldapscheme=ldaps' : ''} ldapserver=${v.host} ldapport=${v.port} ldapbasedn="${v.usersDN}" ldapbinddn="${v.serviceDN}" ldapbindpasswd="(that account's)" ldapsearchattribute=uid
      # or simply bind
      host all all 127.0.0.1/32 ldap${isSecure(v) ? ' ldapscheme=ldaps' : ''} ldapserver=${v.host} ldapport=${v.port} ldapprefix="uid=" ldapsuffix=",${v.usersDN}"
    `),
  steps: (v, user) => [asService, below(v.usersDN, `(uid=${user})`, ['1.1']), asUser],
  notes,
  activeDirectory: {
    place,
    settings: (v) =>
      lines(`
        # search and bind
        host all all 127.0.0.1/32 ldap${isSecure(v) ? ' ldapscheme=ldaps' : ''} ldapserver=${v.host} ldapport=${v.port} ldapbasedn="${v.usersDN}" ldapbinddn="${v.serviceDN}" ldapbindpasswd="(that account's)" ldapsearchattribute=sAMAccountName
        # or simply bind
        host all all 127.0.0.1/32 ldap${isSecure(v) ? ' ldapscheme=ldaps' : ''} ldapserver=${v.host} ldapport=${v.port} ldapsuffix="@${v.domain}"
      `),
    steps: (v, user) => [
      asService,
      below(v.usersDN, `(sAMAccountName=${user})`, ['1.1']),
      asUser,
      asPrincipal(v, user),
    ],
    notes,
  },
};
