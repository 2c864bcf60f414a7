// Harbor. Its questions: src/pkg/ldap and src/core/auth/ldap in goharbor/harbor; the settings: its API (configurations).
import { asService, asUser, below, escapedBackslashes, inFilter, lines, type Recipe, type Values } from './recipe.js';

const place = 'shell, with its API; or Administration › Configuration › Authentication';

const filter = (v: Values, objectClass: string) => `(&(objectClass=${objectClass})(memberOf=${inFilter(v.groupDN)}))`;

const settings = (v: Values, uid: string, person: string, group: string) =>
  lines(`
    curl -u admin -X PUT -H 'Content-Type: application/json' https://HARBOR/api/v2.0/configurations -d '{
      "auth_mode": "ldap_auth",
      "ldap_url": "${v.url}",
      "ldap_search_dn": "${v.serviceDN}",
      "ldap_search_password": "(that account’s)",
      "ldap_base_dn": "${v.usersDN}",
      "ldap_filter": "${escapedBackslashes(filter(v, person))}",
      "ldap_uid": "${uid}",
      "ldap_scope": 2,
      "ldap_group_base_dn": "${v.groupsDN}",
      "ldap_group_search_filter": "(objectClass=${group})",
      "ldap_group_attribute_name": "cn",
      "ldap_group_search_scope": 2,
      "ldap_group_membership_attribute": "memberof"
    }'
  `);

const attributes = (uid: string) => ['uid', 'cn', 'mail', 'email', ...(uid === 'uid' ? [] : [uid]), 'memberof'];

const steps = (v: Values, user: string, uid: string, person: string, group: string) => [
  asService,
  below(v.usersDN, `(&${filter(v, person)}(${uid}=${user}))`, attributes(uid)),
  asUser,
  asService,
  below(v.groupDN, `(&(objectClass=${group})(cn=*))`, ['cn']),
];

export const harbor: Recipe = {
  id: 'harbor',
  title: 'Harbor',
  place,
  settings: (v) => settings(v, 'uid', 'inetOrgPerson', 'groupOfNames'),
  steps: (v, user) => steps(v, user, 'uid', 'inetOrgPerson', 'groupOfNames'),
  notes: [
    'The mode can be changed only while there is no user but admin.',
    'For each group of the person it reads the entry, to see whether it passes the group filter.',
  ],
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'sAMAccountName', 'user', 'group'),
    steps: (v, user) => steps(v, user, 'sAMAccountName', 'user', 'group'),
    notes: ['The mode can be changed only while there is no user but admin.'],
  },
};
