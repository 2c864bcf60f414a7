// Apache Guacamole. Its questions: extensions/guacamole-auth-ldap in apache/guacamole-client (ObjectQueryService, UserGroupService).
import {
  asService,
  asUser,
  below,
  escapedBackslashes,
  inFilter,
  isSecure,
  lines,
  type Recipe,
  type Values,
} from './recipe.js';

const place = '/etc/guacamole/guacamole.properties, with the extension guacamole-auth-ldap';

const settings = (v: Values, attribute: string) =>
  lines(`
    ldap-hostname: ${v.host}
    ldap-port: ${v.port}
    ldap-encryption-method: ${isSecure(v) ? 'ssl' : 'none'}
    ldap-search-bind-dn: ${v.serviceDN}
    ldap-search-bind-password: (that account's)
    ldap-user-base-dn: ${v.usersDN}
    ldap-username-attribute: ${attribute}
    ldap-user-search-filter: (memberOf=${escapedBackslashes(inFilter(v.groupDN))})
    ldap-group-base-dn: ${v.groupsDN}
    ldap-group-name-attribute: cn
    ldap-member-attribute: member
  `);

const steps = (v: Values, user: string, attribute: string) => {
  const who = (name: string) => `(&(memberOf=${inFilter(v.groupDN)})(|(${attribute}=${name})))`;
  return [
    asService,
    below(v.usersDN, who(user), [attribute]),
    asUser,
    below(v.groupsDN, `(&(objectClass=*)(|(member=${inFilter(v.personDN(user))})))`, ['cn'], 'groups'),
    below(v.usersDN, who('*'), [attribute]),
  ];
};

const notes = [
  'Connections stay in the database: leave `ldap-config-base-dn` out.',
  'Groups and people are searched as the user, who sees itself and its own groups: at JumpCloud itself that finds nothing.',
];

export const guacamole: Recipe = {
  id: 'guacamole',
  title: 'Apache Guacamole',
  place,
  settings: (v) => settings(v, 'uid'),
  steps: (v, user) => steps(v, user, 'uid'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'sAMAccountName'),
    steps: (v, user) => steps(v, user, 'sAMAccountName'),
    notes,
  },
};
