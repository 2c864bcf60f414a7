// Apache httpd.
import { asService, asUser, below, lines, type Recipe } from './recipe.js';

export const apache: Recipe = {
  id: 'apache',
  title: 'Apache httpd',
  place: 'a site, with mod_authnz_ldap',
  settings: (v) =>
    lines(`
      <Location />
        AuthType Basic
        AuthName "JumpCloud"
        AuthBasicProvider ldap
        AuthLDAPURL "${v.url}/${v.usersDN}?uid?sub?(objectClass=inetOrgPerson)"
        AuthLDAPBindDN "${v.serviceDN}"
        AuthLDAPBindPassword "exec:/bin/cat /etc/apache2/ldap.password"
        Require ldap-group ${v.groupDN}
      </Location>
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, `(&(objectClass=inetOrgPerson)(uid=${user}))`, ['uid']),
    asUser,
    asService,
    { kind: 'compare', entry: v.groupDN, attribute: 'member', value: v.personDN(user) },
  ],
  notes: ['Further groups: more `Require ldap-group` lines, or `Require ldap-filter memberOf=…` without parentheses.'],
};
