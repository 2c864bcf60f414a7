// PostgreSQL.
import { asService, asUser, below, lines, type Recipe } from './recipe.js';

export const postgresql: Recipe = {
  id: 'postgresql',
  title: 'PostgreSQL',
  place: 'pg_hba.conf',
  settings: (v) =>
    lines(`
      # search and bind
      host all all 127.0.0.1/32 ldap ldapserver=${v.host} ldapport=${v.port} ldapbasedn="${v.usersDN}" ldapbinddn="${v.serviceDN}" ldapbindpasswd="(that account's)" ldapsearchattribute=uid
      # or simply bind
      host all all 127.0.0.1/32 ldap ldapserver=${v.host} ldapport=${v.port} ldapprefix="uid=" ldapsuffix=",${v.usersDN}"
    `),
  steps: (v, user) => [asService, below(v.usersDN, `(uid=${user})`, ['1.1']), asUser],
  notes: [
    'A role of the same name has to exist in the database.',
    'The file holds a password: keep it readable for the server alone.',
  ],
};
