// Dovecot 2.3, as Debian has it. Its questions: src/auth/db-ldap.c and passdb-ldap.c, and its "LDAP Settings for auth".
import { asService, asUser, below, inFilter, lines, type Recipe, type Values } from './recipe.js';

const place = '/etc/dovecot/dovecot-ldap.conf.ext, with auth-ldap.conf.ext in conf.d/10-auth.conf';

const people = (v: Values, objectClass: string, attribute: string, name: string) =>
  `(&(objectClass=${objectClass})(${attribute}=${name})(memberOf=${inFilter(v.groupDN)}))`;

const settings = (v: Values, objectClass: string, attribute: string, more: string) =>
  lines(`
    uris = ${v.url}
    dn = ${v.serviceDN}
    dnpass = (that account's)
    auth_bind = yes
    base = ${v.usersDN}
    scope = subtree
    pass_attrs = ${attribute}=user
    pass_filter = ${people(v, objectClass, attribute, '%n')}
    user_attrs = ${more}
    user_filter = ${people(v, objectClass, attribute, '%n')}
    iterate_attrs = ${attribute}=user
    iterate_filter = (&(objectClass=${objectClass})(memberOf=${inFilter(v.groupDN)}))
  `);

const steps = (v: Values, user: string, objectClass: string, attribute: string, more: readonly string[]) => [
  asService,
  below(v.usersDN, people(v, objectClass, attribute, user), [attribute]),
  asUser,
  asService,
  below(v.usersDN, people(v, objectClass, attribute, user), more),
  below(v.usersDN, `(&(objectClass=${objectClass})(memberOf=${inFilter(v.groupDN)}))`, [attribute], 'members'),
];

export const dovecot: Recipe = {
  id: 'dovecot',
  title: 'Dovecot',
  place,
  settings: (v) => settings(v, 'posixAccount', 'uid', 'homeDirectory=home, uidNumber=uid, gidNumber=gid'),
  steps: (v, user) => steps(v, user, 'posixAccount', 'uid', ['homeDirectory', 'uidNumber', 'gidNumber']),
  notes: [
    'Clients have to send the password in cleartext, within TLS (auth_mechanisms = plain login).',
    'Dovecot 2.4 has the same settings by other names (ldap_uris, passdb_ldap_filter, …).',
  ],
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'user', 'sAMAccountName', '=home=/var/vmail/%n, =uid=vmail, =gid=vmail'),
    steps: (v, user) => steps(v, user, 'user', 'sAMAccountName', ['1.1']),
    notes: ['Clients have to send the password in cleartext, within TLS (auth_mechanisms = plain login).'],
  },
};
