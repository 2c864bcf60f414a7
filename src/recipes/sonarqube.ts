// SonarQube.
import { asService, asUser, below, inFilter, lines, type Recipe } from './recipe.js';

export const sonarqube: Recipe = {
  id: 'sonarqube',
  title: 'SonarQube',
  place: 'conf/sonar.properties',
  settings: (v) =>
    lines(`
      sonar.security.realm=LDAP
      ldap.url=${v.url}
      ldap.bindDn=${v.serviceDN}
      ldap.bindPassword=(that account's)
      ldap.user.baseDn=${v.usersDN}
      ldap.user.request=(&(objectClass=inetOrgPerson)(uid={login}))
      ldap.user.realNameAttribute=cn
      ldap.user.emailAttribute=mail
      ldap.group.baseDn=${v.groupsDN}
      ldap.group.request=(&(objectClass=groupOfNames)(member={dn}))
      ldap.group.idAttribute=cn
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, `(&(objectClass=inetOrgPerson)(uid=${user}))`, ['mail', 'cn']),
    asUser,
    asService,
    below(v.groupsDN, `(&(objectClass=groupOfNames)(member=${inFilter(v.personDN(user))}))`, ['cn'], 'groups'),
  ],
  notes: ['The default group request is for groupOfUniqueNames; with it, add that class to `local.groupClasses`.'],
};
