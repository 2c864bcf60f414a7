// Apache httpd. Its questions were watched on a server while mod_authnz_ldap ran.
import { asService, asUser, below, lines, type Recipe, type RecipeStep, type Values } from './recipe.js';

const place = 'a site, with mod_authnz_ldap';

const settings = (v: Values, attribute: string, objectClass: string) =>
  lines(`
    <Location />
      AuthType Basic
      AuthName "JumpCloud"
      AuthBasicProvider ldap
      AuthLDAPURL "${v.url}/${v.usersDN}?${attribute}?sub?(objectClass=${objectClass})"
      AuthLDAPBindDN "${v.serviceDN}"
      AuthLDAPBindPassword "exec:/bin/cat /etc/apache2/ldap.password"
      Require ldap-group ${v.groupDN}
    </Location>
  `);

const steps = (v: Values, user: string, attribute: string, objectClass: string): RecipeStep[] => [
  asService,
  below(v.usersDN, `(&(objectClass=${objectClass})(${attribute}=${user}))`, [attribute]),
  asUser,
  asService,
  { kind: 'compare', entry: v.groupDN, attribute: 'member', value: v.personDN(user) },
];

const notes = [
  'Further groups: more `Require ldap-group` lines, or `Require ldap-filter memberOf=…` without parentheses.',
];

export const apache: Recipe = {
  id: 'apache',
  title: 'Apache httpd',
  place,
  settings: (v) => settings(v, 'uid', 'inetOrgPerson'),
  steps: (v, user) => steps(v, user, 'uid', 'inetOrgPerson'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'sAMAccountName', 'user'),
    steps: (v, user) => steps(v, user, 'sAMAccountName', 'user'),
    notes,
  },
};
