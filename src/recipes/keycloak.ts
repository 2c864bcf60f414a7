// Keycloak. Its questions: LDAPUtils, LDAPIdentityStore and UserRolesRetrieveStrategy in Keycloak's federation/ldap.
import { asService, asUser, below, inFilter, lines, type Recipe, type Values } from './recipe.js';

interface Vendor {
  readonly vendor: 'other' | 'ad';
  readonly username: string;
  readonly rdn: string;
  readonly uuid: string;
  readonly classes: readonly string[];
}
const OTHER: Vendor = {
  vendor: 'other',
  username: 'uid',
  rdn: 'uid',
  uuid: 'entryUUID',
  classes: ['inetOrgPerson', 'organizationalPerson'],
};
const AD: Vendor = {
  vendor: 'ad',
  username: 'sAMAccountName',
  rdn: 'cn',
  uuid: 'objectGUID',
  classes: ['person', 'organizationalPerson', 'user'],
};

const place = 'shell, with kcadm.sh; or User federation › Add LDAP provider';

const settings = (v: Values, { vendor, username, rdn, uuid, classes }: Vendor) =>
  lines(`
    kcadm.sh create components -r REALM -s name=jumpcloud -s providerId=ldap \\
      -s providerType=org.keycloak.storage.UserStorageProvider \\
      -s 'config.vendor=["${vendor}"]' -s 'config.editMode=["READ_ONLY"]' -s 'config.importEnabled=["true"]' \\
      -s 'config.connectionUrl=["${v.url}"]' -s 'config.authType=["simple"]' \\
      -s 'config.bindDn=["${v.serviceDN}"]' -s "config.bindCredential=[\\"$PASSWORD\\"]" \\
      -s 'config.usersDn=["${v.usersDN}"]' -s 'config.searchScope=["2"]' -s 'config.pagination=["true"]' \\
      -s 'config.usernameLDAPAttribute=["${username}"]' -s 'config.rdnLDAPAttribute=["${rdn}"]' \\
      -s 'config.uuidLDAPAttribute=["${uuid}"]' -s 'config.userObjectClasses=["${classes.join(', ')}"]'
  `);

const person = (v: Values, user: string, { username, uuid, classes }: Vendor) =>
  below(v.usersDN, `(&(${username}=${user})${classes.map((name) => `(objectclass=${name})`).join('')})`, [
    uuid,
    username,
    'mail',
    'sn',
    'cn',
    'createTimestamp',
    'modifyTimestamp',
    'objectclass',
  ]);

const groupNote = (objectClass: string) =>
  `For groups add a mapper of the type group-ldap-mapper: Group Object Classes ${objectClass}, Membership LDAP Attribute member (DN), Mode READ_ONLY.`;

export const keycloak: Recipe = {
  id: 'keycloak',
  title: 'Keycloak',
  place,
  settings: (v) => settings(v, OTHER),
  steps: (v, user) => [
    asService,
    person(v, user, OTHER),
    asUser,
    asService,
    below(
      v.groupsDN,
      `(&(member=${inFilter(v.personDN(user))})(objectclass=groupOfNames))`,
      ['entryUUID', 'cn', 'objectclass'],
      'groups',
    ),
  ],
  notes: [
    groupNote('groupOfNames'),
    'Passwords are changed in JumpCloud: leave the edit mode at READ_ONLY.',
    'It pages its searches; that works.',
  ],
  activeDirectory: {
    place,
    settings: (v) => settings(v, AD),
    steps: (v, user) => [
      asService,
      person(v, user, AD),
      asUser,
      asService,
      below(
        v.groupsDN,
        `(&(member:1.2.840.113556.1.4.1941:=${inFilter(v.personDN(user))})(objectclass=group))`,
        ['objectGUID', 'cn', 'objectclass'],
        'groups',
      ),
    ],
    notes: [
      groupNote('group'),
      'The mapper "MSAD account controls" may stay: `pwdLastSet` is the beginning of 2020 for everybody, so nobody has to change the password.',
    ],
  },
};
