// Jira and Confluence (the user directories of Atlassian Crowd). The form and its defaults: Atlassian's "Connecting to an LDAP directory".
import { asService, asUser, below, inFilter, isSecure, lines, type Recipe, relativeTo, type Values } from './recipe.js';

interface Schema {
  readonly type: string;
  readonly userClass: string;
  readonly userFilter: string;
  readonly name: string;
  readonly rdn: string;
  readonly id: string;
  readonly groupClass: string;
  readonly groupFilter: string;
}
const PLAIN: Schema = {
  type: 'Generic Directory Server',
  userClass: 'inetOrgPerson',
  userFilter: '(objectClass=inetOrgPerson)',
  name: 'uid',
  rdn: 'uid',
  id: 'entryUUID',
  groupClass: 'groupOfNames',
  groupFilter: '(objectClass=groupOfNames)',
};
const AD: Schema = {
  type: 'Microsoft Active Directory',
  userClass: 'user',
  userFilter: '(&(objectCategory=Person)(sAMAccountName=*))',
  name: 'sAMAccountName',
  rdn: 'cn',
  id: 'objectGUID',
  groupClass: 'group',
  groupFilter: '(objectCategory=Group)',
};

const place = 'User management › User Directories › Add Directory › LDAP';

const people = (v: Values, { userFilter }: Schema) => `(&${userFilter}(memberOf=${inFilter(v.groupDN)}))`;
const groups = (v: Values, { groupFilter }: Schema) => `(&${groupFilter}(cn=${inFilter(v.group)}))`;

const settings = (v: Values, schema: Schema) =>
  lines(`
    Directory Type             ${schema.type}
    Hostname                   ${v.host}
    Port                       ${v.port}${isSecure(v) ? ', Use SSL' : ''}
    Username                   ${v.serviceDN}
    Password                   (that account's)
    Base DN                    ${v.baseDN}
    Additional User DN         ${relativeTo(v.baseDN, v.usersDN)}
    Additional Group DN        ${relativeTo(v.baseDN, v.groupsDN)}
    LDAP Permissions           Read Only, with Local Groups

    User Object Class          ${schema.userClass}
    User Object Filter         ${people(v, schema)}
    User Name Attribute        ${schema.name}
    User Name RDN Attribute    ${schema.rdn}
    User First Name Attribute  givenName
    User Last Name Attribute   sn
    User Display Name Attribute  displayName
    User Email Attribute       mail
    User Unique ID Attribute   ${schema.id}

    Group Object Class         ${schema.groupClass}
    Group Object Filter        ${groups(v, schema)}
    Group Name Attribute       cn
    Group Members Attribute    member
    User Membership Attribute  memberOf
  `);

const steps = (v: Values, user: string, schema: Schema) => {
  const attributes = [schema.name, 'givenName', 'sn', 'displayName', 'mail', schema.id];
  return [
    asService,
    below(v.usersDN, people(v, schema), attributes, 'members'),
    below(v.groupsDN, groups(v, schema), ['cn', 'description', 'member']),
    below(v.usersDN, `(&${people(v, schema)}(${schema.name}=${user}))`, attributes),
    asUser,
  ];
};

export const jira: Recipe = {
  id: 'jira',
  title: 'Jira and Confluence',
  place,
  settings: (v) => settings(v, PLAIN),
  steps: (v, user) => steps(v, user, PLAIN),
  notes: [
    'People and groups are copied every hour by default (Synchronisation Interval).',
    'It pages its searches; that works.',
  ],
  activeDirectory: {
    place,
    settings: (v) => settings(v, AD),
    steps: (v, user) => steps(v, user, AD),
    notes: [
      'Switch Enable Incremental Synchronisation off: it uses uSNChanged and deleted objects, which only a domain controller has.',
    ],
  },
};
