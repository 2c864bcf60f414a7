// Synology DSM.
import { asService, asUser, below, isSecure, lines, type Recipe } from './recipe.js';

export const synology: Recipe = {
  id: 'synology',
  title: 'Synology DSM',
  place: 'Control Panel › Domain/LDAP › LDAP',
  settings: (v) =>
    lines(`
      LDAP server address    ${v.host} (port ${v.port})
      Encryption             ${isSecure(v) ? 'SSL/TLS' : 'No encryption'}
      Base DN                ${v.baseDN}
      Bind DN                ${v.serviceDN}
      Profile                Custom
        passwd               filter (objectClass=posixAccount), uid, uidNumber, gidNumber
        group                filter (objectClass=posixGroup), cn, gidNumber, memberUid
    `),
  steps: (v, user) => [
    asService,
    below(v.baseDN, `(&(objectClass=posixAccount)(uid=${user}))`, ['uid', 'uidNumber', 'gidNumber']),
    asUser,
  ],
  notes: [
    'It wants groups with gidNumber: `local.groupClasses: [groupOfNames, posixGroup]`.',
    'People need not have "Enable as LDAP Bind DN" to use DSM.',
  ],
};
