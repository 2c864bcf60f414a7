// A large directory in JumpCloud's layout for a real OpenLDAP server: people and groups of many kinds, and some who are not in the group.
import { ORG_DN, USERS_DN } from '../../src/demo/tree.js';
import type { Contents } from '../support/openldap.js';
import { BASE } from '../support/proxy.js';

export const READER = { dn: `uid=ldap-reader,${USERS_DN}`, password: 'reader-secret-5000' };
export const PASSWORD = 'user-secret-5001';

/** The nth person's names: most are plain, some need an escape in a DN or are not ASCII. */
function names(n: number): { uid: string; rdn: string; cn: string } {
  if (n % 1000 === 1) return { uid: `odd, person ${n}`, rdn: `odd\\, person ${n}`, cn: `Odd "Person" #${n}` };
  if (n % 1000 === 2) return { uid: `zoë.łukasz${n}`, rdn: `zoë.łukasz${n}`, cn: `Zoë Łukasz ${n}` };
  if (n % 1000 === 3) return { uid: `a+b=c${n}`, rdn: `a\\+b\\=c${n}`, cn: `Plus (${n}) *Star*` };
  return { uid: `m${n}`, rdn: `m${n}`, cn: `Member ${n} von Test` };
}

/** Where people and groups are. */
interface Layout {
  readonly users: string;
  readonly groups: string;
}

const UPSTREAM: Layout = { users: USERS_DN, groups: USERS_DN };
const MAPPED: Layout = { users: `ou=Users,${BASE}`, groups: `ou=Groups,${BASE}` };

const line = (type: string, text: string) => `${type}:: ${Buffer.from(text).toString('base64')}`;
const outsiderDN = (n: number) => `uid=outsider${n},${USERS_DN}`;

const nameOf = (n: number, { users }: Layout) => `uid=${names(n).rdn},${users}`;

function person(n: number, layout: Layout, groups: readonly string[]): string {
  const { uid, cn } = names(n);
  return [
    line('dn', nameOf(n, layout)),
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

/** Members of wayk-users, that group and fifty others, and the Linux twins of three of them; `stray` is listed in one group without being a member. */
function entries(people: number, layout: Layout, stray: readonly string[]): string[] {
  const all = Array.from({ length: people }, (_, i) => i + 1);
  const sets = [
    { cn: 'wayk-users', includes: () => true },
    ...Array.from({ length: 50 }, (_, i) => ({
      cn: `Team ${i}`,
      includes: (n: number) => n % 53 === i || (i < 3 && n % (i + 2) === 0),
    })),
  ].map((set) => ({ ...set, dn: `cn=${set.cn},${layout.groups}` }));
  const members = all.map((n) =>
    person(
      n,
      layout,
      sets.filter(({ includes }) => includes(n)).map(({ dn }) => dn),
    ),
  );
  const groups = sets.map(({ dn, cn, includes }) =>
    [
      ...[`dn: ${dn}`, 'objectClass: top', 'objectClass: groupOfNames', `cn: ${cn}`, `ou: ${cn}`],
      'description: tagGroup',
      ...all.filter(includes).map((n) => line('member', nameOf(n, layout))),
      ...(cn === 'Team 7' ? stray.map((dn) => line('member', dn)) : []),
    ].join('\n'),
  );
  // The Linux twin of a group is an entry of its own.
  const twins = sets.slice(0, 3).map(({ cn, includes }, i) =>
    [
      ...[`dn: cn=${cn} on Linux,${layout.groups}`, 'objectClass: top', 'objectClass: posixGroup'],
      ...[`cn: ${cn} on Linux`, `gidNumber: ${5000 + i}`, 'description: tagGroup'],
      // memberUid is IA5.
      ...all.filter((n) => n % 1000 > 3 && includes(n)).map((n) => line('memberUid', names(n).uid)),
    ].join('\n'),
  );
  return [...members, ...groups, ...twins];
}

function plainPerson(dn: string, uid: string, password: string): string {
  return [
    `dn: ${dn}`,
    ...['top', 'person', 'organizationalPerson', 'inetOrgPerson'].map((name) => `objectClass: ${name}`),
    ...[`uid: ${uid}`, `cn: ${uid}`, `sn: ${uid}`, line('userPassword', password)],
  ].join('\n');
}

const ou = (dn: string) =>
  `dn: ${dn}\nobjectClass: top\nobjectClass: organizationalUnit\nou: ${dn.slice(3, dn.indexOf(','))}`;

/** The upstream: `people` members of wayk-users, and ten people who are in the directory alone. */
export function crowd(people: number): Contents {
  const frame = [
    'dn: dc=jumpcloud,dc=com\nobjectClass: top\nobjectClass: domain\ndc: jumpcloud',
    `dn: ${ORG_DN}\nobjectClass: top\nobjectClass: organization\no: ${ORG_DN.slice(2, ORG_DN.indexOf(','))}`,
    ou(USERS_DN),
    plainPerson(READER.dn, 'ldap-reader', READER.password),
    ...Array.from({ length: 10 }, (_, i) => plainPerson(outsiderDN(i), `outsider${i}`, PASSWORD)),
  ];
  return {
    suffix: 'dc=jumpcloud,dc=com',
    ldif: [...frame, ...entries(people, UPSTREAM, [outsiderDN(1)])].join('\n\n'),
    access: `sizelimit unlimited
access to attrs=userPassword by self read by anonymous auth by * none
access to dn.subtree="${ORG_DN}" by dn.exact="${READER.dn}" read by users search by * none
access to * by * none`,
  };
}

/** What the product shows of the same people under a base of its own, as another server would hold it. */
export function mappedCrowd(people: number): Contents {
  const frame = [
    `dn: ${BASE}\nobjectClass: top\nobjectClass: domain\ndc: example`,
    ou(MAPPED.users),
    ou(MAPPED.groups),
  ];
  return {
    suffix: BASE,
    ldif: [...frame, ...entries(people, MAPPED, [])].join('\n\n'),
    access: 'sizelimit unlimited\naccess to attrs=userPassword by * none\naccess to * by * read',
  };
}
