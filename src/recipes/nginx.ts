// nginx with nginx-auth-ldap.
import { asService, asUser, below, lines, type Recipe } from './recipe.js';

export const nginx: Recipe = {
  id: 'nginx',
  title: 'nginx with nginx-auth-ldap',
  place: 'nginx.conf, http section and location',
  settings: (v) =>
    lines(`
      ldap_server jumpcloud {
        url "${v.url}/${v.usersDN}?uid?sub?(objectClass=inetOrgPerson)";
        binddn "${v.serviceDN}";
        binddn_passwd "(that account's)";
        group_attribute member;
        group_attribute_is_dn on;
        require group "${v.groupDN}";
      }
      # in a location:
      #   auth_ldap "JumpCloud";
      #   auth_ldap_servers jumpcloud;
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, `(&(objectClass=inetOrgPerson)(uid=${user}))`, ['1.1']),
    { kind: 'compare', entry: v.groupDN, attribute: 'member', value: v.personDN(user) },
    asUser,
  ],
  notes: ['The filter in the URL needs its own parentheses; without them nothing is found.'],
};
