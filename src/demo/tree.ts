// The embedded upstream's tree as JumpCloud lays it out: people and groups side by side in one container.
import { makeEntry, type SnapshotEntry } from '../directory/entry.js';
import { View } from '../directory/view.js';
import { formatRDN } from '../ldap/dn.js';
import type { Attribute } from '../ldap/message.js';
import { values } from '../ldap/values.js';
import { type Group, isIn, ORG_ID, type Person, READER } from './people.js';

export const ORG_DN = `o=${ORG_ID},dc=jumpcloud,dc=com`;
export const USERS_DN = `ou=Users,${ORG_DN}`;
/** A person's upstream DN, escaped (RFC 4514). */
export const userDN = (uid: string) => `${formatRDN([{ type: 'uid', value: uid }])},${USERS_DN}`;
const groupDN = (name: string) => `${formatRDN([{ type: 'cn', value: name }])},${USERS_DN}`;

const PERSON_CLASSES = [
  'top',
  'person',
  'organizationalPerson',
  'inetOrgPerson',
  'shadowAccount',
  'posixAccount',
  'jumpcloudUser',
];

const attribute = (type: string, ...texts: readonly string[]): Attribute => ({ type, values: values(...texts) });

function personEntry(person: Person, groups: readonly Group[], showsPassword: boolean): SnapshotEntry {
  const { uid, givenName, sn, title } = person;
  const name = `${givenName} ${sn}`;
  const number = String(5000 + person.number);
  const memberOf = groups.filter((group) => isIn(group, uid)).map((group) => groupDN(group.name));
  const work =
    title === undefined
      ? [attribute('description', 'LDAP binding user (Enable as LDAP Bind DN)'), attribute('jcLdapAdmin', 'TRUE')]
      : [
          attribute('title', title),
          attribute('departmentNumber', person.department ?? ''),
          attribute('company', 'Fernhollow Test GmbH'),
          attribute('employeeNumber', String(1000 + person.number)),
          attribute('employeeType', person.employeeType ?? ''),
        ];
  return makeEntry('user', userDN(uid), [
    attribute('objectClass', ...PERSON_CLASSES),
    attribute('uid', uid),
    attribute('cn', name),
    attribute('sn', sn),
    attribute('givenName', givenName),
    attribute('displayName', name),
    attribute('mail', `${uid}@example.test`),
    attribute('uidNumber', number),
    attribute('gidNumber', number),
    attribute('homeDirectory', `/home/${uid}`),
    attribute('loginShell', '/bin/bash'),
    ...work,
    ...(memberOf.length === 0 ? [] : [attribute('memberOf', ...memberOf)]),
    ...(showsPassword ? [attribute('userPassword', person.password)] : []),
    attribute('entryDN', userDN(uid)),
  ]);
}

/** A group without a member in the directory does not exist; its Linux twin is an entry of its own. */
function groupEntries(group: Group, present: ReadonlySet<string>): SnapshotEntry[] {
  const members = group.members.filter((uid) => present.has(uid));
  if (members.length === 0) return [];
  const names = makeEntry('group', groupDN(group.name), [
    attribute('objectClass', 'top', 'groupOfNames'),
    attribute('cn', group.name),
    attribute('ou', group.name),
    attribute('description', 'tagGroup'),
    attribute('member', ...members.map(userDN)),
    attribute('entryDN', groupDN(group.name)),
  ]);
  if (group.unix === undefined) return [names];
  const unix = makeEntry('group', groupDN(group.unix.name), [
    attribute('objectClass', 'top', 'posixGroup'),
    attribute('cn', group.unix.name),
    attribute('gidNumber', String(group.unix.gid)),
    attribute('description', 'tagGroup'),
    attribute('memberUid', ...members),
    attribute('entryDN', groupDN(group.unix.name)),
  ]);
  return [names, unix];
}

/** Everything that a person with "LDAP Bind DN" may read; of passwords only `self`'s own. */
export function readersView(people: readonly Person[], groups: readonly Group[], self: string): View {
  const present = new Set(people.map(({ uid }) => uid));
  return new View([
    makeEntry('base', ORG_DN, [attribute('objectClass', 'top', 'organization'), attribute('o', ORG_ID)]),
    makeEntry('container', USERS_DN, [attribute('objectClass', 'top', 'organizationalUnit'), attribute('ou', 'Users')]),
    ...people.map((person) => personEntry(person, groups, person.uid === self)),
    ...groups.flatMap((group) => groupEntries(group, present)),
  ]);
}

export const readerDN = userDN(READER.uid);
