// Sonatype Nexus Repository. The form: its "LDAP" page.
import { asService, asUser, lines, type Recipe, type RecipeStep, relativeTo, type Values } from './recipe.js';

const place = 'Administration › Security › LDAP';

const settings = (v: Values, objectClass: string, attribute: string) =>
  lines(`
    LDAP server address      ${v.url}
    Search base DN           ${v.baseDN}
    Authentication method    Simple Authentication
    Username or DN           ${v.serviceDN}

    User relative DN         ${relativeTo(v.baseDN, v.usersDN)}
    User subtree             no
    Object class             ${objectClass}
    User ID attribute        ${attribute}
    Real name attribute      cn
    Email attribute          mail
    Password attribute       (empty)

    Map LDAP groups as roles yes
    Group type               Dynamic Groups
    Group member of attribute memberOf
  `);

const steps = (v: Values, user: string, objectClass: string, attribute: string): RecipeStep[] => [
  asService,
  {
    kind: 'search',
    base: v.usersDN,
    scope: 1,
    filter: `(&(objectClass=${objectClass})(${attribute}=${user}))`,
    attributes: [attribute, 'cn', 'mail', 'memberOf'],
    finds: 1,
  },
  asUser,
];

const notes = [
  'Leave the password attribute empty: the password is checked by a bind.',
  "Roles are named like the groups' cn.",
];

export const nexus: Recipe = {
  id: 'nexus',
  title: 'Sonatype Nexus Repository',
  place,
  settings: (v) => settings(v, 'inetOrgPerson', 'uid'),
  steps: (v, user) => steps(v, user, 'inetOrgPerson', 'uid'),
  notes,
  activeDirectory: {
    place,
    settings: (v) => settings(v, 'user', 'sAMAccountName'),
    steps: (v, user) => steps(v, user, 'user', 'sAMAccountName'),
    notes,
  },
};
