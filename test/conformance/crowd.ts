// A large directory in JumpCloud's layout for a real OpenLDAP server: people and groups of many kinds, and some who are not in the group.
import { ORG_DN, USERS_DN } from '../../src/demo/tree.js';
import type { Contents } from '../support/openldap.js';

export const READER = { dn: `uid=ldap-reader,${USERS_DN}`, password: 'reader-secret-5000' };
export const PASSWORD = 'user-secret-5001';

/** The nth person's names: most are plain, some need an escape in a DN or are no ASCII. */
function names(n: number): { uid: string; rdn: string; cn: string } {
  if (n % 1000 === 1) return { uid: `odd, person ${n}`, rdn: `odd\\, person ${n}`, cn: `Odd "Person" #${n}` };
  if (n % 1000 === 2) return { uid: `zoë.łukasz${n}`, rdn: `zoë.łukasz${n}`, cn: `Zoë Łukasz ${n}` };
  if (n % 1000 === 3) return { uid: `a+b=c${n}`, rdn: `a\\+b\\=c${n}`, cn: `Plus (${n}) *Star*` };
  return { uid: `m${n}`, rdn: `m${n}`, cn: `Member ${n} von Test` };
}

const line = (type: string, text: string) => `${type}:: ${Buffer.from(text).toString('base64')}`;
const nameOf = (n: number) => `uid=${names(n).rdn},${USERS_DN}`;
const outsiderDN = (n: number) => `uid=outsider${n},${USERS_DN}`;

function person(n: number, groups: readonly string[]): string {
  const { uid, cn } = names(n);
  return [
    line('dn', nameOf(n)),
    ...['top', 'person', 'organizationalPerson', 'inetOrgPerson', 'shadowAccount', 'posixAccount', 'jumpcloudUser'].map(
      (name) => `objectClass: ${name}`,
    ),
    line('uid', uid),
    line('cn', cn),
    line('sn', `Test${n % 97}`),
    line('givenName', cn.split(' ')[0] ?? cn),
    line('displayName', cn),
    `mail: m${n}@example.test`,
    ...(n % 10 === 0 ? [`mail: also.m${n}@example.test`, `telephoneNumber: +49 30 ${100_000 + n}`] : []),
    ...(n % 50 === 0 ? [line('jpegPhoto', String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)))] : []),
    ...(n % 20 === 0 ? [line('sshKey', `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${n} m${n}`)] : []),
    ...(n % 30 === 0
      ? [line('description', ` first line\nsecond line of ${n} `), 'l: Köln', 'postalAddress: Weg 1$Köln']
      : []),
    `uidNumber: ${10_000 + n}`,
    `gidNumber: ${10_000 + n}`,
    line('homeDirectory', `/home/m${n}`),
    'loginShell: /bin/bash',
    `title: Engineer of kind ${n % 31}`,
    `employeeNumber: ${n}`,
    ...groups.map((dn) => `memberOf: ${dn}`),
    line('userPassword', PASSWORD),
  ].join('\n');
}

/** `people` members of wayk-users in fifty further groups, and ten people who are in the directory alone. */
export function crowd(people: number): Contents {
  const all = Array.from({ length: people }, (_, i) => i + 1);
  const sets = [
    { dn: `cn=wayk-users,${USERS_DN}`, cn: 'wayk-users', includes: () => true },
    ...Array.from({ length: 50 }, (_, i) => ({
      dn: `cn=Team ${i},${USERS_DN}`,
      cn: `Team ${i}`,
      includes: (n: number) => n % 53 === i || (i < 3 && n % (i + 2) === 0),
    })),
  ];
  const groups = sets.map(({ dn, cn, includes }) =>
    [
      `dn: ${dn}`,
      ...['top', 'groupOfNames'].map((name) => `objectClass: ${name}`),
      `cn: ${cn}`,
      `ou: ${cn}`,
      'description: tagGroup',
      ...all.filter(includes).map((n) => line('member', nameOf(n))),
      ...(cn === 'Team 7' ? [line('member', outsiderDN(1))] : []),
    ].join('\n'),
  );
  // The Linux twin of a group is an entry of its own.
  const twins = sets
    .slice(0, 3)
    .map(({ cn, includes }, i) =>
      [
        `dn: cn=${cn} on Linux,${USERS_DN}`,
        ...['top', 'posixGroup'].map((name) => `objectClass: ${name}`),
        ...[`cn: ${cn} on Linux`, `gidNumber: ${5000 + i}`, 'description: tagGroup'],
        ...all.filter((n) => n % 1000 > 3 && includes(n)).map((n) => line('memberUid', names(n).uid)),
      ].join('\n'),
    );
  const outsiders = Array.from({ length: 10 }, (_, i) =>
    [
      `dn: ${outsiderDN(i)}`,
      ...['top', 'person', 'organizationalPerson', 'inetOrgPerson'].map((name) => `objectClass: ${name}`),
      ...[`uid: outsider${i}`, `cn: Outsider ${i}`, 'sn: Outsider', line('userPassword', PASSWORD)],
    ].join('\n'),
  );
  const frame = [
    'dn: dc=jumpcloud,dc=com\nobjectClass: top\nobjectClass: domain\ndc: jumpcloud',
    `dn: ${ORG_DN}\nobjectClass: top\nobjectClass: organization\no: ${ORG_DN.slice(2, ORG_DN.indexOf(','))}`,
    `dn: ${USERS_DN}\nobjectClass: top\nobjectClass: organizationalUnit\nou: Users`,
    [
      `dn: ${READER.dn}`,
      ...['top', 'person', 'organizationalPerson', 'inetOrgPerson'].map((name) => `objectClass: ${name}`),
      ...['uid: ldap-reader', 'cn: LDAP Reader', 'sn: Reader', `userPassword: ${READER.password}`],
    ].join('\n'),
  ];
  const members = all.map((n) =>
    person(
      n,
      sets.filter(({ includes }) => includes(n)).map(({ dn }) => dn),
    ),
  );
  return {
    suffix: 'dc=jumpcloud,dc=com',
    ldif: [...frame, ...members, ...outsiders, ...groups, ...twins].join('\n\n'),
    access: `sizelimit unlimited
access to attrs=userPassword by self read by anonymous auth by * none
access to dn.subtree="${ORG_DN}" by dn.exact="${READER.dn}" read by users search by * none
access to * by * none`,
  };
}
