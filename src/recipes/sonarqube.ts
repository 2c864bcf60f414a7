// SonarQube. The settings and their defaults: its "LDAP" page (conf/sonar.properties).
import { asService, asUser, below, inFilter, lines, type Recipe, type Values } from './recipe.js';

const place = 'conf/sonar.properties';

const settings = (v: Values, person: string, login: string, group: string) =>
  lines(`
    sonar.security.realm=LDAP
    ldap.url=${v.url}
    ldap.bindDn=${v.serviceDN}
    ldap.bindPassword=(that account's)
    ldap.user.baseDn=${v.usersDN}
    ldap.user.request=(&(objectClass=${person})(${login}={login}))
    ldap.user.realNameAttribute=cn
    ldap.user.emailAttribute=mail
    ldap.group.baseDn=${v.groupsDN}
    ldap.group.request=(&(objectClass=${group})(member={dn}))
    ldap.group.idAttribute=cn
  `);

const steps = (v: Values, user: string, person: string, login: string, group: string) => [
  asService,
  below(v.usersDN, `(&(objectClass=${person})(${login}=${user}))`, ['mail', 'cn']),
  asUser,
  asService,
  below(v.groupsDN, `(&(objectClass=${group})(member=${inFilter(v.personDN(user))}))`, ['cn'], 'groups'),
];

export const sonarqube: Recipe = {
  id: 'sonarqube',
  title: 'SonarQube',
  place,
  settings: (v) => settings(v, 'inetOrgPerson', 'uid', 'groupOfNames'),
  steps: (v, user) => steps(v, user, 'inetOrgPerson', 'uid', 'groupOfNames'),
  notes: ['The default group request is for groupOfUniqueNames; with it, add that class to `local.groupClasses`.'],
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'user', 'sAMAccountName', 'group'),
    steps: (v, user) => steps(v, user, 'user', 'sAMAccountName', 'group'),
    notes: [],
  },
};
