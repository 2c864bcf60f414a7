// BookStack. Its questions: app/Access/LdapService.php in BookStackApp/BookStack.
import { asService, asUser, below, entryOf, inFilter, lines, type Recipe, type Values } from './recipe.js';

const place = '.env';

const people = (v: Values, attribute: string, name: string) =>
  `(&(${attribute}=${name})(memberOf=${inFilter(v.groupDN)}))`;

const settings = (v: Values, attribute: string, id: string) =>
  lines(`
    AUTH_METHOD=ldap
    LDAP_SERVER='${v.url}'
    LDAP_BASE_DN='${v.usersDN}'
    LDAP_DN='${v.serviceDN}'
    LDAP_PASS='(that account’s)'
    LDAP_USER_FILTER='${people(v, attribute, '{user}')}'
    LDAP_VERSION=3
    LDAP_ID_ATTRIBUTE='${id}'
    LDAP_EMAIL_ATTRIBUTE=mail
    LDAP_DISPLAY_NAME_ATTRIBUTE=cn
    LDAP_USER_TO_GROUPS=true
    LDAP_GROUP_ATTRIBUTE=memberOf
  `);

const steps = (v: Values, user: string, attribute: string, id: string) => [
  asService,
  below(v.usersDN, people(v, attribute, user), ['cn', 'dn', id, 'mail', 'cn']),
  asUser,
  asService,
  below(v.usersDN, people(v, attribute, user), ['memberOf']),
  entryOf(v.groupDN, ['memberof']),
];

const notes = ['A role gets the members of the group whose name is its External Authentication ID.'];

export const bookstack: Recipe = {
  id: 'bookstack',
  title: 'BookStack',
  place,
  settings: (v) => settings(v, 'uid', 'entryUUID'),
  steps: (v, user) => steps(v, user, 'uid', 'entryUUID'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'sAMAccountName', 'BIN;objectGUID'),
    steps: (v, user) => steps(v, user, 'sAMAccountName', 'objectGUID'),
    notes,
  },
};
