// Redmine. Its questions: app/models/auth_source_ldap.rb in redmine/redmine.
import { asService, asUser, below, inFilter, isSecure, lines, type Recipe, type Values } from './recipe.js';

const place = 'Administration › LDAP authentication › New authentication mode';

const settings = (v: Values, login: string) =>
  lines(`
    Host                       ${v.host}
    Port                       ${v.port}, ${isSecure(v) ? 'LDAPS (with certificate check)' : 'LDAP'}
    Account                    ${v.serviceDN}
    Password                   (that account's)
    Base DN                    ${v.usersDN}
    LDAP filter                (memberOf=${inFilter(v.groupDN)})
    On-the-fly user creation   yes
    Login attribute            ${login}
    First name attribute       givenName
    Last name attribute        sn
    Email attribute            mail
  `);

const steps = (v: Values, user: string, login: string) => [
  asService,
  below(v.usersDN, `(&(&(objectClass=*)(memberOf=${inFilter(v.groupDN)}))(${login}=${user}))`, [
    'dn',
    'givenName',
    'sn',
    'mail',
  ]),
  asUser,
];

const notes = [
  'First name, last name and mail have to be filled in at JumpCloud: Redmine creates nobody without them.',
];

export const redmine: Recipe = {
  id: 'redmine',
  title: 'Redmine',
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
