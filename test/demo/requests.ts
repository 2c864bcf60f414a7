// Requests to a JumpCloud-like directory and the answers that OpenLDAP gives with the same people and the same access rules.
import { parseDN } from '../../src/ldap/dn.js';
import type { Response } from '../../src/ldap/message.js';
import { type Attribute, type Control, type LDAPMessage, Oid, type Request, Scope } from '../../src/ldap/message.js';
import { type Client, type SearchOptions, searchRequest, simpleBind } from '../support/client.js';

const ORG = 'o=5f1c0a9e7b3d4c2a8e6f9d10,dc=jumpcloud,dc=com';
export const USERS = `ou=Users,${ORG}`;
const GROUP = `cn=wayk-users,${USERS}`;
export const userDN = (uid: string) => `uid=${uid},${USERS}`;
export const READER = userDN('ldap-reader');
export const READER_PASSWORD = 'reader-secret-5000';
const QUILLON = userDN('quillon.varrek');
const PHILO = userDN('philo.estrande');
export const PAGED = '1.2.840.113556.1.4.319';
export const PPOLICY = '1.3.6.1.4.1.42.2.27.8.5.1';
const TREE_DELETE_OF_AD = '1.2.840.113556.1.4.417';
/** A request for server-side sorting by cn (RFC 2891). */
const SORT_BY_CN: Control = {
  type: '1.2.840.113556.1.4.473',
  critical: true,
  value: Buffer.from('300630040402636e', 'hex'),
};

type Asker = 'reader' | 'ordinary user' | 'nobody';

/** What came back, without what no client can depend on (the order of entries). */
export interface Answer {
  readonly code: number;
  readonly text: string;
  readonly matchedDN: string;
  /** Searches: the RDN of each entry, sorted; or how many there are. */
  readonly entries?: readonly string[] | number;
  /** Extended operations: the response value. */
  readonly value?: string;
  /** The password policy response control's value in hexadecimal; absent where there is no such control. */
  readonly policy?: string;
}

export interface Row {
  readonly name: string;
  readonly as: Asker;
  readonly ask: Request;
  readonly controls?: readonly Control[];
  readonly answer: Answer;
}

const answer = (code: number, rest: Partial<Answer> = {}): Answer => ({ code, text: '', matchedDN: '', ...rest });
const invalidDN = answer(34, { text: 'invalid DN' });
const unknownControl = answer(12, { text: 'critical extension is not recognized' });
const wrongCredentials = answer(49);
const nothing = answer(0, { entries: 0 });
const hidden = answer(32, { entries: 0 });

const bind = (name: string, dn: string, password: string, expected: Answer, controls?: readonly Control[]): Row => ({
  name,
  as: 'nobody',
  ask: simpleBind(dn, password),
  answer: expected,
  ...(controls === undefined ? {} : { controls }),
});

const search = (as: Asker, name: string, options: SearchOptions, expected: Answer): Row => ({
  name: `${as}: ${name}`,
  as,
  ask: searchRequest({ base: USERS, ...options }),
  answer: expected,
  ...(options.controls === undefined ? {} : { controls: options.controls }),
});

const filter = (name: string, text: string, entries: readonly string[] | number): Row =>
  search('reader', `filter, ${name}`, { filter: text, attributes: ['1.1'] }, answer(0, { entries }));

const compare = (as: Asker, name: string, entry: string, attribute: string, value: string, expected: Answer): Row => ({
  name: `${as}: compare, ${name}`,
  as,
  ask: { kind: 'compareRequest', entry, attribute, value: Buffer.from(value) },
  answer: expected,
});

const extended = (as: Asker, name: string, requestName: string, expected: Answer, requestValue?: Buffer): Row => ({
  name: `${as}: ${name}`,
  as,
  ask: { kind: 'extendedRequest', requestName, ...(requestValue === undefined ? {} : { requestValue }) },
  answer: expected,
});

const write = (as: Asker, name: string, ask: Request, code: number, text = ''): Row => ({
  name: `${as}: ${name}`,
  as,
  ask,
  answer: answer(code, { text }),
});

const sasl = (mechanism: string, expected: Answer): Row => ({
  name: `bind by ${mechanism}`,
  as: 'nobody',
  ask: { kind: 'bindRequest', version: 3, name: '', authentication: { method: 'sasl', mechanism } },
  answer: expected,
});

const attribute = (type: string, value: string): Attribute => ({ type, values: [Buffer.from(value)] });
const MEMBERS = [
  'uid=bastel.ironquay',
  'uid=daxon.wyrmell',
  'uid=mirelle.oskand',
  'uid=nahlia.grevost',
  'uid=philo.estrande',
  'uid=quillon.varrek',
  'uid=svenja.ulmarik',
  'uid=tavian.bruskel',
  'uid=yselda.mornwick',
];
const ANOTHERS_PASSWORD = Buffer.from(
  `30${(QUILLON.length + 15).toString(16)}80${QUILLON.length.toString(16)}${Buffer.from(QUILLON).toString('hex')}820b${Buffer.from('newpass-123').toString('hex')}`,
  'hex',
);
const titleX: Request = {
  kind: 'modifyRequest',
  object: QUILLON,
  changes: [{ operation: 'replace', modification: attribute('title', 'X') }],
};
const policy: readonly Control[] = [{ type: PPOLICY, critical: false }];
const asHerself = { filter: '(uid=quillon.varrek)', attributes: ['uid'] };
const herself = answer(0, { entries: ['uid=quillon.varrek'] });

/** In this order: the last ones lock an account. */
export const ROWS: readonly Row[] = [
  // Binds
  bind('bind, wrong password of the reader', READER, 'wrong', wrongCredentials),
  bind('bind, a user who does not exist', userDN('nobody'), 'x', wrongCredentials),
  bind('bind, a group', GROUP, 'x', wrongCredentials),
  bind('bind, an email address for a name', 'quillon.varrek@example.test', 'x', invalidDN),
  bind('bind, a login for a name', 'quillon.varrek', 'x', invalidDN),
  bind('bind, a name of an unknown attribute type', 'foo=bar', 'x', invalidDN),
  bind(
    'bind, a name and no password',
    QUILLON,
    '',
    answer(53, { text: 'unauthenticated bind (DN with no password) disallowed' }),
  ),
  bind('bind, neither name nor password', '', '', answer(0)),
  bind('bind, a password and no name', '', 'x', wrongCredentials),
  bind('bind, with the password policy control', READER, READER_PASSWORD, answer(0, { policy: '3000' }), policy),
  bind('bind, with an unknown critical control', READER, READER_PASSWORD, unknownControl, [
    { type: TREE_DELETE_OF_AD, critical: true },
  ]),
  bind('bind, a name in other letters', `UID=LDAP-READER,OU=users,${ORG.toUpperCase()}`, READER_PASSWORD, answer(0)),
  bind('bind, a name with spaces', READER.replaceAll(',', ', '), READER_PASSWORD, answer(0)),
  {
    name: 'bind, version 2',
    as: 'nobody',
    ask: simpleBind(READER, READER_PASSWORD, 2),
    answer: answer(2, { text: 'historical protocol version requested, use LDAPv3 instead' }),
  },
  {
    name: 'bind, version 4',
    as: 'nobody',
    ask: simpleBind(READER, READER_PASSWORD, 4),
    answer: answer(2, { text: 'requested protocol version not supported' }),
  },
  sasl('DIGEST-MD5', answer(14, { text: 'SASL(0): successful result: ' })),
  sasl('PLAIN', answer(14, { text: 'SASL(0): successful result: ' })),
  sasl('FOO', answer(7, { text: "SASL(-4): no mechanism available: Couldn't find mech FOO" })),

  // Who sees what
  search('nobody', 'the container', { scope: Scope.baseObject }, hidden),
  search('nobody', 'the organisation', { base: ORG }, hidden),
  search('nobody', 'the root DSE', { base: '', scope: Scope.baseObject }, answer(0, { entries: [''] })),
  search('ordinary user', 'everything', {}, nothing),
  search('ordinary user', 'herself', { base: QUILLON, scope: Scope.baseObject }, nothing),
  search('ordinary user', 'with a limit', { sizeLimit: 1 }, nothing),
  search(
    'ordinary user',
    'a base that does not exist',
    { base: userDN('nobody') },
    answer(32, { matchedDN: USERS, entries: 0 }),
  ),
  search(
    'ordinary user',
    'another organisation',
    { base: 'ou=Users,o=60aa00aa00aa00aa00aa00aa,dc=jumpcloud,dc=com' },
    hidden,
  ),
  search(
    'reader',
    'all people',
    { filter: '(objectClass=inetOrgPerson)', attributes: ['1.1'] },
    answer(0, { entries: 16 }),
  ),
  search('reader', 'everything', { base: ORG }, answer(0, { entries: 24 })),
  search('reader', 'a base in other letters', { base: USERS.toUpperCase(), filter: '(uid=QUILLON.VARREK)' }, herself),
  search('reader', 'a base with spaces', { base: USERS.replaceAll(',', ', '), ...asHerself }, herself),
  search('reader', 'above the organisation', { base: 'dc=jumpcloud,dc=com', ...asHerself }, hidden),
  search(
    'reader',
    'another organisation',
    { base: 'ou=Users,o=60aa00aa00aa00aa00aa00aa,dc=jumpcloud,dc=com', scope: Scope.baseObject },
    hidden,
  ),
  search(
    'reader',
    'an organisation that does not exist',
    { base: `ou=Users,o=${'0'.repeat(24)},dc=jumpcloud,dc=com` },
    hidden,
  ),
  search('reader', 'a container for groups', { base: `ou=Groups,${ORG}` }, answer(32, { matchedDN: ORG, entries: 0 })),
  search('reader', 'another suffix', { base: 'dc=example,dc=com' }, hidden),
  search('reader', 'an empty base', { base: '', ...asHerself }, hidden),
  search('reader', 'a base that is not a name', { base: 'notadn' }, { ...invalidDN, entries: 0 }),
  search(
    'reader',
    'at most three entries',
    { filter: '(cn=*)', sizeLimit: 3, attributes: ['1.1'] },
    answer(4, { entries: 3 }),
  ),

  // Filters
  filter('memberOf a group', `(&(objectClass=inetOrgPerson)(memberOf=${GROUP}))`, MEMBERS),
  filter(
    'memberOf a group in other letters and with spaces',
    `(memberOf=CN=WAYK-USERS, OU=Users, ${ORG.toUpperCase()})`,
    MEMBERS,
  ),
  filter("memberOf a group's bare name", '(memberOf=wayk-users)', 0),
  filter('memberOf by substring', '(memberOf=*wayk*)', 0),
  filter('memberOf anything', '(memberOf=*)', 12),
  filter('groups of a member', `(&(objectClass=groupOfNames)(member=${QUILLON}))`, ['cn=Engineering', 'cn=wayk-users']),
  filter('groups of unique names', `(&(objectClass=groupOfUniqueNames)(uniqueMember=${QUILLON}))`, 0),
  filter('an unknown attribute', '(sAMAccountName=quillon.varrek)', 0),
  filter('an unknown attribute or a known one', '(|(sAMAccountName=quillon.varrek)(uid=quillon.varrek))', [
    'uid=quillon.varrek',
  ]),
  filter('not an unknown attribute', '(&(objectClass=inetOrgPerson)(!(userAccountControl=514)))', 0),
  filter('an unknown class', '(objectClass=user)', 0),
  filter('an unknown rule on memberOf', `(memberOf:1.2.840.113556.1.4.1941:=${GROUP})`, 0),
  filter('not an unknown rule on an unknown attribute', '(!(userAccountControl:1.2.840.113556.1.4.803:=2))', 0),
  filter('a name where a login belongs', `(uid=quillon.varrek,${USERS})`, 0),
  filter('the name of an entry', `(entryDN=${QUILLON})`, ['uid=quillon.varrek']),
  filter('passwords: one sees only their own', '(userPassword=*)', ['uid=ldap-reader']),

  // Controls on a search
  search(
    'reader',
    'with an unknown critical control',
    { scope: Scope.baseObject, controls: [{ type: TREE_DELETE_OF_AD, critical: true }] },
    { ...unknownControl, entries: 0 },
  ),
  search(
    'reader',
    'with an unknown control',
    { scope: Scope.baseObject, controls: [{ type: TREE_DELETE_OF_AD, critical: false }] },
    answer(0, { entries: ['ou=Users'] }),
  ),
  search('reader', 'sorted, critical', { ...asHerself, controls: [SORT_BY_CN] }, { ...unknownControl, entries: 0 }),
  search(
    'reader',
    'in pages, with junk for a value',
    { controls: [{ type: PAGED, critical: true, value: Buffer.from('junk') }] },
    answer(2, { text: 'paged results control could not be decoded', entries: 0 }),
  ),
  search(
    'reader',
    'in pages, without a value',
    { controls: [{ type: PAGED, critical: false }] },
    answer(2, { text: 'paged results control value is absent', entries: 0 }),
  ),
  search(
    'reader',
    'in pages, with a cookie of their own making',
    { controls: [{ type: PAGED, critical: true, value: Buffer.from('300702010204024142', 'hex') }] },
    answer(2, { text: 'paged results cookie is invalid', entries: 0 }),
  ),

  // Compares
  compare('reader', 'a value that is there', QUILLON, 'sn', 'Varrek', answer(6)),
  compare('reader', 'a value that is not there', QUILLON, 'sn', 'Nope', answer(5)),
  compare('reader', 'a member', GROUP, 'member', QUILLON, answer(6)),
  compare('reader', 'a password of their own', READER, 'userPassword', READER_PASSWORD, answer(6)),
  compare('reader', 'a known attribute without a value', QUILLON, 'telephoneNumber', '1', answer(16)),
  compare('reader', 'an unknown attribute', QUILLON, 'lorem', 'ipsum', answer(17)),
  compare('reader', 'an entry that does not exist', userDN('foo.bar'), 'uid', 'x', answer(32, { matchedDN: USERS })),
  compare('reader', 'a name of an unknown attribute type', 'foo=bar', 'cn', 'x', invalidDN),
  compare('ordinary user', 'a member', GROUP, 'member', QUILLON, answer(6)),
  compare('nobody', 'a value that is there', QUILLON, 'sn', 'Varrek', answer(32)),

  // Extended operations
  extended('reader', 'who am I', Oid.whoAmI, answer(0, { value: `dn:${READER}` })),
  extended('nobody', 'who am I', Oid.whoAmI, answer(0, { value: '' })),
  extended(
    'reader',
    'an unknown operation',
    '1.2.840.113556.1.4.1781',
    answer(2, { text: 'unsupported extended operation' }),
  ),
  extended('ordinary user', 'a password of their own', Oid.passwordModify, answer(50)),
  extended('reader', 'a password for another', Oid.passwordModify, answer(50), ANOTHERS_PASSWORD),
  extended(
    'nobody',
    'a password for another',
    Oid.passwordModify,
    answer(8, { text: 'only authenticated users may change passwords' }),
    ANOTHERS_PASSWORD,
  ),
  extended('nobody', 'StartTLS within TLS', Oid.startTLS, answer(1, { text: 'TLS already started' })),

  // Writes
  write(
    'reader',
    'add',
    {
      kind: 'addRequest',
      entry: userDN('new.entry'),
      attributes: [attribute('objectClass', 'inetOrgPerson'), attribute('cn', 'N'), attribute('sn', 'N')],
    },
    50,
    'no write access to parent',
  ),
  write('reader', 'modify', titleX, 50),
  write('ordinary user', 'modify herself', titleX, 50),
  write('reader', 'delete', { kind: 'delRequest', entry: QUILLON }, 50, 'no write access to parent'),
  write(
    'reader',
    'rename',
    { kind: 'modDNRequest', entry: QUILLON, newrdn: 'uid=zz', deleteoldrdn: true },
    50,
    "no write access to parent's children",
  ),
  write('nobody', 'delete', { kind: 'delRequest', entry: QUILLON }, 8, 'modifications require authentication'),
  write('reader', 'delete what is not a name', { kind: 'delRequest', entry: 'notadn' }, 34, 'invalid DN'),

  // Lock-out: the sixth attempt and all that follow
  ...[1, 2, 3, 4, 5].map((n) =>
    bind(`bind, wrong password for the ${n}. time`, PHILO, 'bad', answer(49, { policy: '3000' }), policy),
  ),
  bind('bind, wrong password for the 6. time', PHILO, 'bad', answer(49, { policy: '3003810101' }), policy),
  bind(
    'bind, right password of a locked account',
    PHILO,
    'user-secret-5014',
    answer(49, { policy: '3003810101' }),
    policy,
  ),
  bind('bind, the same without the policy control', PHILO, 'user-secret-5014', wrongCredentials),
];

const BINDS: Record<Asker, Request> = {
  reader: simpleBind(READER, READER_PASSWORD),
  'ordinary user': simpleBind(QUILLON, 'user-secret-5001'),
  nobody: simpleBind('', ''),
};

/** Becomes the asker, asks, and sums up what came back in the shape of the expected answer. */
export async function ask(client: Client, row: Row): Promise<Answer> {
  if (row.ask.kind !== 'bindRequest') await client.result(BINDS[row.as]);
  return summary(await client.answered(client.send(row.ask, row.controls)), row.answer);
}

function summary(messages: readonly LDAPMessage<Response>[], expected: Answer): Answer {
  const last = messages.at(-1);
  if (last === undefined || !('result' in last.op)) throw new Error('no final response');
  const { code, text, matchedDN } = last.op.result;
  const names = messages.flatMap(({ op }) => (op.kind === 'searchResultEntry' ? [op.objectName] : []));
  const value = last.op.kind === 'extendedResponse' ? last.op.responseValue : undefined;
  const policyControl = last.controls?.find(({ type }) => type === PPOLICY);
  return {
    code,
    text,
    matchedDN,
    ...(last.op.kind === 'searchResultDone'
      ? { entries: typeof expected.entries === 'number' ? names.length : names.map(firstRDN).sort() }
      : {}),
    ...(value === undefined ? {} : { value: value.toString() }),
    ...(policyControl === undefined ? {} : { policy: policyControl.value?.toString('hex') ?? '' }),
  };
}

function firstRDN(name: string): string {
  const ava = parseDN(name)?.[0]?.[0];
  return ava === undefined ? '' : `${ava.type}=${ava.value}`;
}
