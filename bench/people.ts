// The invented organisation: 5,000 people, a fifth of them in the group, under JumpCloud's names and under the local ones.

export const PEOPLE = 5000;
/** The number of members of the group: the first people of the list. */
export const MEMBERS = 1000;
export const ORG_ID = '5f1c0a9e7b3d4c2a8e6f9d10';
export const ORG_DN = `o=${ORG_ID},dc=jumpcloud,dc=com`;
export const LOCAL_DN = 'dc=example,dc=com';
export const GROUP = 'wayk-users';
export const READER = { uid: 'ldap-reader', password: 'reader-secret' } as const;

/** `user00001` and so on. */
export const uidOf = (number: number) => `user${String(number).padStart(5, '0')}`;
export const passwordOf = (number: number) => `secret-${number}`;
export const localDN = (uid: string) => `uid=${uid},ou=Users,${LOCAL_DN}`;
/** People and groups share a container on both sides, so that every peer can get the same requests. */
export const localGroupDN = `cn=${GROUP},ou=Users,${LOCAL_DN}`;
const users = `ou=Users,${ORG_DN}`;
export const upstreamDN = (uid: string) => `uid=${uid},${users}`;

const CLASSES = ['top', 'person', 'organizationalPerson', 'inetOrgPerson', 'shadowAccount', 'posixAccount'];

function person(uid: string, number: number, password: string, isMember: boolean): string {
  return [
    `dn: ${upstreamDN(uid)}`,
    ...[...CLASSES, 'jumpcloudUser'].map((name) => `objectClass: ${name}`),
    `uid: ${uid}`,
    `cn: Person ${number}`,
    `sn: ${number}`,
    'givenName: Person',
    `displayName: Person ${number}`,
    `mail: ${uid}@example.test`,
    `uidNumber: ${10_000 + number}`,
    `gidNumber: ${10_000 + number}`,
    `homeDirectory: /home/${uid}`,
    'loginShell: /bin/bash',
    'title: Engineer',
    'departmentNumber: 7',
    'company: Fernhollow Test GmbH',
    `employeeNumber: ${number}`,
    'employeeType: employee',
    ...(isMember ? [`memberOf: cn=${GROUP},${users}`] : []),
    // In cleartext, so that hashing in the upstream does not hide what is measured.
    `userPassword: ${password}`,
  ].join('\n');
}

/** The whole tree as LDIF. */
export function ldif(): string {
  const numbers = Array.from({ length: PEOPLE }, (_, i) => i + 1);
  return [
    'dn: dc=jumpcloud,dc=com\nobjectClass: top\nobjectClass: domain\ndc: jumpcloud',
    `dn: ${ORG_DN}\nobjectClass: top\nobjectClass: organization\no: ${ORG_ID}`,
    `dn: ${users}\nobjectClass: top\nobjectClass: organizationalUnit\nou: Users`,
    person(READER.uid, 0, READER.password, false),
    ...numbers.map((number) => person(uidOf(number), number, passwordOf(number), number <= MEMBERS)),
    [
      `dn: cn=${GROUP},${users}`,
      'objectClass: top\nobjectClass: groupOfNames',
      `cn: ${GROUP}\nou: ${GROUP}\ndescription: tagGroup`,
      ...numbers.slice(0, MEMBERS).map((number) => `member: ${upstreamDN(uidOf(number))}`),
    ].join('\n'),
  ].join('\n\n');
}

/** Access rules like JumpCloud's. */
export const ACCESS = `
access to attrs=userPassword by self read by anonymous auth by * none
access to dn.subtree="${ORG_DN}" by dn.exact="${upstreamDN(READER.uid)}" read by users search by * none
access to * by * none`;
