// QNAP QTS.
import { asService, asUser, below, isSecure, lines, type Recipe } from './recipe.js';

export const qnap: Recipe = {
  id: 'qnap',
  title: 'QNAP QTS',
  place: 'Control Panel › Domain Security › LDAP authentication › Remote LDAP server',
  settings: (v) =>
    lines(`
      LDAP server host       ${v.host}:${v.port}
      LDAP security          ${isSecure(v) ? 'ldap:// (ldap + SSL)' : 'ldap://'}
      Base DN                ${v.baseDN}
      Root DN                ${v.serviceDN}
      Users base DN          ${v.usersDN}
      Group base DN          ${v.groupsDN}
    `),
  steps: (v, user) => [
    asService,
    below(v.usersDN, `(&(objectClass=posixAccount)(uid=${user}))`, ['uid', 'uidNumber', 'gidNumber', 'cn']),
    asUser,
  ],
  notes: [
    'It first searches without a bind and wants noSuchObject (32) for an answer: that is what it gets.',
    'It enumerates everything every 30 seconds: that is answered from memory.',
    'It wants groups with gidNumber: `local.groupClasses: [groupOfNames, posixGroup]`.',
  ],
};
