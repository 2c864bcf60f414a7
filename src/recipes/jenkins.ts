// Jenkins.
import { asService, asUser, below, inFilter, lines, type Recipe } from './recipe.js';

export const jenkins: Recipe = {
  id: 'jenkins',
  title: 'Jenkins',
  place: 'Configuration as Code, or Manage Jenkins › Security › LDAP',
  settings: (v) =>
    lines(`
      jenkins:
        securityRealm:
          ldap:
            configurations:
              - server: "${v.url}"
                rootDN: "${v.baseDN}"
                managerDN: "${v.serviceDN}"
                managerPasswordSecret: "\${LDAP_PASSWORD}"
                userSearch: "uid={0}"
                groupSearchFilter: "(&(objectClass=groupOfNames)(cn={0}))"
                groupMembershipStrategy:
                  fromGroupSearch:
                    filter: "(&(objectClass=groupOfNames)(member={0}))"
                displayNameAttributeName: "cn"
                mailAddressAttributeName: "mail"
            disableMailAddressResolver: false
    `),
  steps: (v, user) => [
    asService,
    below(v.baseDN, `(uid=${user})`, []),
    asUser,
    asService,
    below(v.baseDN, `(&(objectClass=groupOfNames)(member=${inFilter(v.personDN(user))}))`, ['cn'], 'groups'),
  ],
  notes: ['Answers come from memory, so the LDAP cache of the form is not needed.'],
};
