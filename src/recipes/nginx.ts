// nginx with nginx-auth-ldap. Its questions: ngx_http_auth_ldap_module.c in kvspb/nginx-auth-ldap.
import { asService, asUser, below, lines, type Recipe, type RecipeStep, type Values } from './recipe.js';

const place = 'nginx.conf, http section and location';

const settings = (v: Values, attribute: string, objectClass: string) =>
  lines(`
    ldap_server jumpcloud {
      url "${v.url}/${v.usersDN}?${attribute}?sub?(objectClass=${objectClass})";
      binddn "${v.serviceDN}";
      binddn_passwd "(that account's)";
      group_attribute member;
      group_attribute_is_dn on;
      require group "${v.groupDN}";
    }
    # in a location:
    #   auth_ldap "JumpCloud";
    #   auth_ldap_servers jumpcloud;
  `);

const steps = (v: Values, user: string, attribute: string, objectClass: string): RecipeStep[] => [
  asService,
  below(v.usersDN, `(&(objectClass=${objectClass})(${attribute}=${user}))`, ['1.1']),
  { kind: 'compare', entry: v.groupDN, attribute: 'member', value: v.personDN(user) },
  asUser,
];

const notes = ['The filter in the URL needs its own parentheses; without them nothing is found.'];

export const nginx: Recipe = {
  id: 'nginx',
  title: 'nginx with nginx-auth-ldap',
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
