// Nextcloud. Its questions: apps/user_ldap (Access, User_LDAP) in nextcloud/server.
import { asService, asUser, below, inFilter, isSecure, lines, type Recipe, type Values } from './recipe.js';

const domainPeople = (v: Values) => `(&(objectClass=user)(objectCategory=person)(memberOf=${inFilter(v.groupDN)}))`;
const domainLogin = (v: Values, name: string) =>
  `(&${domainPeople(v)}(|(sAMAccountName=${name})(userPrincipalName=${name})(mail=${name})))`;

export const nextcloud: Recipe = {
  id: 'nextcloud',
  title: 'Nextcloud',
  place: 'shell, with occ (app user_ldap)',
  settings: (v) =>
    lines(`
      occ app:enable user_ldap
      occ ldap:create-empty-config
      occ ldap:set-config s01 ldapHost "${isSecure(v) ? 'ldaps' : 'ldap'}://${v.host}"
      occ ldap:set-config s01 ldapPort ${v.port}
      occ ldap:set-config s01 ldapAgentName "${v.serviceDN}"
      occ ldap:set-config s01 ldapAgentPassword "$PASSWORD"
      occ ldap:set-config s01 ldapBase "${v.baseDN}"
      occ ldap:set-config s01 ldapUserFilter "(&(objectClass=inetOrgPerson)(memberOf=${inFilter(v.groupDN)}))"
      occ ldap:set-config s01 ldapLoginFilter "(&(objectClass=inetOrgPerson)(|(uid=%uid)(mail=%uid)))"
      occ ldap:set-config s01 ldapUserDisplayName cn
      occ ldap:set-config s01 ldapEmailAttribute mail
      occ ldap:set-config s01 ldapGroupFilter "(objectClass=groupOfNames)"
      occ ldap:set-config s01 ldapGroupMemberAssocAttr member
      occ ldap:set-config s01 ldapExpertUsernameAttr uid
      occ ldap:set-config s01 ldapExpertUUIDUserAttr entryUUID
      occ ldap:set-config s01 ldapConfigurationActive 1
    `),
  steps: (v, user) => [
    asService,
    below(
      v.baseDN,
      `(&(objectClass=inetOrgPerson)(memberOf=${inFilter(v.groupDN)}))`,
      ['entryUUID', 'uid', 'cn', 'mail'],
      'members',
    ),
    below(v.baseDN, `(&(objectClass=inetOrgPerson)(|(uid=${user})(mail=${user})))`, ['entryUUID', 'uid', 'cn', 'mail']),
    asUser,
  ],
  notes: [
    '`entryUUID` is JumpCloud’s own where it is shown, else made of the account’s name, number and time of creation: it stays the same when `local.baseDN` changes, so accounts are not doubled, and nobody inherits those of somebody else.',
    'It pages its searches; that works.',
  ],
  activeDirectory: {
    place: 'shell, with occ (app user_ldap)',
    settings: (v) =>
      lines(`
        occ app:enable user_ldap
        occ ldap:create-empty-config
        occ ldap:set-config s01 ldapHost "${isSecure(v) ? 'ldaps' : 'ldap'}://${v.host}"
        occ ldap:set-config s01 ldapPort ${v.port}
        occ ldap:set-config s01 ldapAgentName "${v.serviceDN}"
        occ ldap:set-config s01 ldapAgentPassword "$PASSWORD"
        occ ldap:set-config s01 ldapBase "${v.baseDN}"
        occ ldap:set-config s01 ldapUserFilter "${domainPeople(v)}"
        occ ldap:set-config s01 ldapLoginFilter "${domainLogin(v, '%uid')}"
        occ ldap:set-config s01 ldapUserDisplayName displayname
        occ ldap:set-config s01 ldapEmailAttribute mail
        occ ldap:set-config s01 ldapGroupFilter "(&(objectClass=group)(cn=${inFilter(v.group)}))"
        occ ldap:set-config s01 ldapGroupMemberAssocAttr member
        occ ldap:set-config s01 ldapExpertUsernameAttr samaccountname
        occ ldap:set-config s01 ldapExpertUUIDUserAttr objectguid
        occ ldap:set-config s01 ldapConfigurationActive 1
      `),
    steps: (v, user) => {
      const attributes = ['objectguid', 'samaccountname', 'displayname', 'mail'];
      return [
        asService,
        below(v.baseDN, domainPeople(v), attributes, 'members'),
        below(v.baseDN, domainLogin(v, user), attributes),
        below(v.baseDN, `(&(objectClass=group)(cn=${inFilter(v.group)}))`, ['cn', 'member']),
        asUser,
      ];
    },
    notes: ['It pages its searches; that works.'],
  },
};
