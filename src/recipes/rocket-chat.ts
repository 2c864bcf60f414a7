// Rocket.Chat. Its questions: apps/meteor/server/lib/ldap (Connection.ts, Manager.ts) in RocketChat/Rocket.Chat.
import { asService, asUser, below, inFilter, isSecure, lines, type Recipe, type Values } from './recipe.js';

const place = 'Administration › Settings › LDAP';

const settings = (v: Values, type: string, field: string, id: string) =>
  lines(`
    Connection
      Enable                   yes
      Server Type              ${type}
      Host                     ${v.host}
      Port                     ${v.port}
      Authentication           yes
      User DN                  ${v.serviceDN}
      Password                 (that account's)
      Encryption               ${isSecure(v) ? 'SSL/LDAPS' : 'No Encryption'}
    User Search
      Base DN                  ${v.usersDN}
      Filter                   (memberOf=${inFilter(v.groupDN)})
      Scope                    sub
      Search Field             ${field}
    Data Sync
      Unique Identifier Field  ${id}
      Username Field           ${field}
      Email Field              mail
      Name Field               cn
  `);

const steps = (v: Values, user: string, field: string) => [
  asService,
  below(v.usersDN, `(&(memberOf=${inFilter(v.groupDN)})(${field}=${user}))`, ['*', '+']),
  asUser,
  below(v.personDN(user), '(objectclass=*)', []),
];

const notes = [
  'After the login it searches as the user (Find user after login): at JumpCloud itself that finds nothing.',
];

export const rocketChat: Recipe = {
  id: 'rocket-chat',
  title: 'Rocket.Chat',
  place,
  settings: (v) => settings(v, 'Other', 'uid', 'entryUUID'),
  steps: (v, user) => steps(v, user, 'uid'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'Active Directory', 'sAMAccountName', 'objectGUID'),
    steps: (v, user) => steps(v, user, 'sAMAccountName'),
    notes,
  },
};
