// Jenkins. Its questions: the plugins LDAP (Spring Security) and Active Directory (ActiveDirectoryUnixAuthenticationProvider) in jenkinsci.
import { asService, asUser, below, entryOf, inFilter, isSecure, lines, type Recipe } from './recipe.js';

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
  activeDirectory: {
    place: 'Configuration as Code, with the plugin Active Directory',
    settings: (v) =>
      lines(`
        jenkins:
          securityRealm:
            activeDirectory:
              domains:
                - name: "${v.domain}"
                  servers: "${v.host}:${v.port}"
                  bindName: "${v.serviceDN}"
                  bindPassword: "\${LDAP_PASSWORD}"
              groupLookupStrategy: CHAIN
              customDomain: true
              requireTLS: ${isSecure(v)}
      `),
    steps: (v, user) => {
      const filter = `(&(userPrincipalName=${user}@${v.domain})(objectCategory=user))`;
      return [
        asService,
        below(v.baseDN, filter, []),
        asUser,
        // Once more as the user, directly below the base only: it wants an answer, not an entry.
        { kind: 'search', base: v.baseDN, scope: 1, filter, attributes: [], finds: 0 },
        asService,
        entryOf(v.personDN(user), ['tokenGroups', 'memberOf', 'CN']),
        below(v.baseDN, `(member:1.2.840.113556.1.4.1941:=${inFilter(v.personDN(user))})`, ['cn'], 'groups'),
      ];
    },
    notes: ['The strategy is CHAIN: there is no tokenGroups here.'],
  },
};
