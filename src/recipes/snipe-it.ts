// Snipe-IT. Its questions: app/Models/Ldap.php in grokability/snipe-it.
import { asService, asUser, below, inFilter, lines, type Recipe, type Values } from './recipe.js';

const place = 'Admin › Settings › LDAP';

/** Without the outer parentheses, as it is entered there. */
const people = (v: Values, objectClass: string) => `&(objectClass=${objectClass})(memberOf=${inFilter(v.groupDN)})`;

const settings = (v: Values, objectClass: string, username: string, domain: string) =>
  lines(`
    LDAP Integration       enabled
    LDAP Server            ${v.url}
    LDAP Bind Username     ${v.serviceDN}
    Base Bind DN           ${v.usersDN}
    LDAP Filter            ${people(v, objectClass)}
    Username Field         ${username}
    First Name             givenName
    Last Name              sn
    LDAP Authentication query  ${username}=
    LDAP Email             mail
    Active Directory       ${domain}
  `);

const steps = (v: Values, user: string, objectClass: string, username: string) => {
  const person = below(v.usersDN, `(${people(v, objectClass)}(${username}=${user}))`, []);
  return [asService, below(v.usersDN, `(${people(v, objectClass)})`, [], 'members'), person, asUser, person];
};

const notes = [
  'The filter is written without its outer parentheses.',
  'Older versions search as the user after the login: at JumpCloud itself that finds nothing.',
];

export const snipeIt: Recipe = {
  id: 'snipe-it',
  title: 'Snipe-IT',
  place,
  settings: (v) => settings(v, 'inetOrgPerson', 'uid', 'no'),
  steps: (v, user) => steps(v, user, 'inetOrgPerson', 'uid'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'user', 'samaccountname', `yes, domain ${v.domain}`),
    steps: (v, user) => steps(v, user, 'user', 'samaccountname'),
    notes,
  },
};
