// NetBox. Its questions: config.py and backend.py in django-auth-ldap; the file: NetBox's "LDAP Configuration".
import { asService, asUser, below, inFilter, lines, type Recipe, type RecipeStep, type Values } from './recipe.js';

const place = 'ldap_config.py beside configuration.py, where REMOTE_AUTH_BACKEND = "netbox.authentication.LDAPBackend"';

const settings = (v: Values, attribute: string, group: string, type: string) =>
  lines(`
    import os
    import ldap
    from django_auth_ldap.config import LDAPSearch, ${type}

    AUTH_LDAP_SERVER_URI = "${v.url}"
    AUTH_LDAP_CONNECTION_OPTIONS = { ldap.OPT_REFERRALS: 0 }
    AUTH_LDAP_BIND_DN = "${v.serviceDN}"
    AUTH_LDAP_BIND_PASSWORD = os.environ["LDAP_PASSWORD"]
    AUTH_LDAP_USER_SEARCH = LDAPSearch("${v.usersDN}", ldap.SCOPE_SUBTREE, "(${attribute}=%(user)s)")
    AUTH_LDAP_USER_ATTR_MAP = { "first_name": "givenName", "last_name": "sn", "email": "mail" }
    AUTH_LDAP_GROUP_SEARCH = LDAPSearch("${v.groupsDN}", ldap.SCOPE_SUBTREE, "(objectClass=${group})")
    AUTH_LDAP_GROUP_TYPE = ${type}()
    AUTH_LDAP_REQUIRE_GROUP = r"${v.groupDN}"
    AUTH_LDAP_MIRROR_GROUPS = True
    AUTH_LDAP_FIND_GROUP_PERMS = True
  `);

const steps = (v: Values, user: string, attribute: string, group: string): RecipeStep[] => [
  asService,
  below(v.usersDN, `(${attribute}=${user})`, []),
  asUser,
  asService,
  { kind: 'compare', entry: v.groupDN, attribute: 'member', value: v.personDN(user) },
  below(v.groupsDN, `(&(objectClass=${group})(member=${inFilter(v.personDN(user))}))`, [], 'groups'),
];

const notes = ['Every Django application with django-auth-ldap takes the same lines.'];

export const netbox: Recipe = {
  id: 'netbox',
  title: 'NetBox',
  place,
  settings: (v) => settings(v, 'uid', 'groupOfNames', 'GroupOfNamesType'),
  steps: (v, user) => steps(v, user, 'uid', 'groupOfNames'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'sAMAccountName', 'group', 'ActiveDirectoryGroupType'),
    steps: (v, user) => steps(v, user, 'sAMAccountName', 'group'),
    notes,
  },
};
