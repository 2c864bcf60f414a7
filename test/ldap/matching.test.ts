// Matching rules and the schema: what is equal, what comes before, what is Undefined.
import t from 'tap';
import { matchingRule } from '../../src/ldap/matching.js';
import { attributeType, isPasswordMaterial, objectClass } from '../../src/ldap/schema.js';

const key = (rule: string, text: string) => matchingRule(rule)?.normalize(Buffer.from(text, 'utf8'));

t.test('equality: what each rule takes for the same and what not (RFC 4517 4.2, RFC 4518)', async (t) => {
  const rows: [rule: string, value: string, same: string[], other: string[]][] = [
    [
      'caseIgnoreMatch',
      'Ada  Lovelace',
      ['ada lovelace', ' ADA LOVELACE ', 'ada\u00a0lovelace'],
      ['adalovelace', 'ada'],
    ],
    [
      'caseIgnoreMatch',
      'straße',
      ['Straße', 'ſtraße'],
      ['STRASSE', 'strasse', 'straẞe', 'stra\u00adße', 'stra\u200bße'],
    ],
    ['caseIgnoreMatch', 'Ülmarik', ['ülmarik', 'U\u0308lmarik'], ['ulmarik']],
    ['caseIgnoreMatch', 'ﬁle', ['file', 'ＦＩＬＥ'], ['fle']],
    ['caseIgnoreMatch', 'ilker', ['İlker', 'ILKER'], ['ılker']],
    ['caseIgnoreMatch', 'ΟΔΟΣ', ['οδοσ', 'Οδοσ'], ['οδος']],
    ['caseIgnoreMatch', 'Ⅳ', ['ⅠⅤ'], ['iv', 'IV', 'ⅳ']],
    ['caseExactMatch', 'Ⅳ', ['IV'], ['iv']],
    ['caseIgnoreMatch', 'a', [' a ', '\u3000a'], ['a\u2028', '\ufeffa', 'a\t', 'a\ue000']],
    ['caseIgnoreMatch', ' ', ['  ', '\u00a0', '   '], ['\u2028']],
    ['caseExactMatch', 'Ada', [' Ada '], ['ada']],
    ['caseIgnoreIA5Match', 'a@example.test', ['A@EXAMPLE.TEST'], ['a@example.tes']],
    ['caseIgnoreIA5Match', 'zoë@example.test', ['zoë@EXAMPLE.TEST'], ['zoe\u0308@example.test', 'ZOË@example.test']],
    ['caseExactIA5Match', '/home/a', [], ['/home/A']],
    ['integerMatch', '5001', [], ['5002', '-5001']],
    ['booleanMatch', 'TRUE', ['true'], ['FALSE']],
    ['distinguishedNameMatch', 'uid=a,dc=x', ['UID=A, DC=X', 'userid=a,0.9.2342.19200300.100.1.25=x'], ['uid=a']],
    ['telephoneNumberMatch', '+49 30 1234-5', ['+493012345'], ['+493012346']],
    ['generalizedTimeMatch', '20260101120000Z', ['202601011200Z', '20260101130000+0100'], ['20260101120001Z']],
    ['generalizedTimeMatch', '20240301000000Z', ['20240229235960Z', '2024022923.5-0030'], ['20240228240000Z']],
    ['generalizedTimeMatch', '00500101000000Z', ['0050010101+01'], ['19500101000000Z']],
    ['octetStringMatch', 'aB', [], ['ab', 'aB ']],
    ['objectIdentifierMatch', 'person', ['PERSON', '2.5.6.6'], ['2.5.6.7']],
    ['UUIDMatch', '597AE2F6-16A6-1027-98F4-D28B5365DC14', ['597ae2f6-16a6-1027-98f4-d28b5365dc14'], []],
  ];
  for (const [rule, value, same, other] of rows) {
    const mine = key(rule, value);
    t.type(mine, 'string', `${rule}: ${value}`);
    for (const text of same) t.equal(key(rule, text), mine, `${rule}: ${value} is ${text}`);
    for (const text of other) t.not(key(rule, text), mine, `${rule}: ${value} is not ${text}`);
  }
});

t.test('an assertion that does not fit the syntax is Undefined', async (t) => {
  for (const [rule, texts] of [
    ['caseIgnoreMatch', ['', '\ud800', '\ufffd']],
    ['integerMatch', ['', 'x', '05', '1.0', '+1', '-0', '1'.repeat(70_000)]],
    ['booleanMatch', ['', 'yes', '1']],
    ['distinguishedNameMatch', ['x', 'uid=', 'uid=a,,dc=b']],
    ['telephoneNumberMatch', ['', '+49*', 'ä']],
    ['generalizedTimeMatch', ['', '2026', '20260101000000', 'tomorrow', '20261301000000Z', '20260001000000Z']],
    ['generalizedTimeMatch', ['20260230000000Z', '20230229000000Z', '20260100000000Z', '20260132000000Z']],
    ['generalizedTimeMatch', ['20260101240000Z', '20260101006000Z', '20260101000061Z', '20260101000000+2400']],
    ['generalizedTimeMatch', ['20260101000000+0060', '20260101000000+9999']],
    ['objectIdentifierMatch', ['', 'no such class', ' person']],
    ['UUIDMatch', ['x', '597ae2f6']],
  ] as const)
    for (const text of texts) t.equal(key(rule, text), undefined, `${rule}: ${JSON.stringify(text).slice(0, 30)}`);
  t.equal(matchingRule('caseIgnoreMatch')?.normalize(Buffer.of(0xff, 0xfe)), undefined, 'octets that are not UTF-8');
});

t.test('order: integers by value, times by moment', async (t) => {
  const order = (rule: string, text: string, other: string) =>
    Math.sign(matchingRule(rule)?.compare?.(key(rule, text) ?? '', key(rule, other) ?? '') ?? Number.NaN);
  const numbers = [`-${'9'.repeat(63)}`, '-10', '-9', '-1', '0', '1', '9', '10', '9'.repeat(64)];
  for (const [i, number] of numbers.entries())
    for (const [j, other] of numbers.entries())
      t.equal(order('integerOrderingMatch', number, other), Math.sign(i - j), `${number} and ${other}`);
  t.equal(order('generalizedTimeOrderingMatch', '20260101000000Z', '20260101000000-0100'), -1);
  t.equal(order('octetStringOrderingMatch', 'Z', 'a'), -1, 'octets as they are');
  t.equal(order('caseIgnoreOrderingMatch', 'Z', ' z '), 0);
  t.equal(key('integerOrderingMatch', 'x'), undefined);
  t.equal(matchingRule('caseIgnoreMatch')?.compare, undefined, 'an equality rule has no order');
});

t.test('parts of a substring assertion: inner cuts keep one space, outer ones none (RFC 4518 2.6.1)', async (t) => {
  const part = (rule: string, where: 'initial' | 'any' | 'final', text: string) =>
    matchingRule(rule)?.part?.(Buffer.from(text), where);
  t.equal(part('caseIgnoreSubstringsMatch', 'initial', '  Ada  L '), 'ada l ');
  t.equal(part('caseIgnoreSubstringsMatch', 'any', '  Ada  L '), ' ada l ');
  t.equal(part('caseIgnoreSubstringsMatch', 'final', '  Ada  L '), ' ada l');
  t.equal(part('caseExactSubstringsMatch', 'any', 'Ada'), 'Ada');
  t.equal(part('telephoneNumberSubstringsMatch', 'any', '30 12-34'), '301234');
  t.equal(part('telephoneNumberSubstringsMatch', 'any', '*'), undefined);
  t.equal(part('caseIgnoreSubstringsMatch', 'any', ' '), ' ');
  t.equal(part('caseIgnoreSubstringsMatch', 'any', '\ufffd'), undefined);
  t.equal(part('caseIgnoreSubstringsMatch', 'any', 'Maß'), 'maß');
  t.equal(part('caseIgnoreIA5SubstringsMatch', 'any', 'ZOË'), 'zoË');
  t.equal(part('integerMatch', 'any', '1'), undefined, 'integers have no parts');
});

t.test(
  'names of any case, aliases and OIDs lead to one type; what is on every object leads nowhere (R27)',
  async (t) => {
    for (const name of ['cn', 'CN', 'commonName', '2.5.4.3']) t.equal(attributeType(name)?.names[0], 'cn', name);
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '']) {
      t.equal(attributeType(name), undefined, name);
      t.equal(objectClass(name), undefined, name);
      t.equal(matchingRule(name), undefined, name);
    }
  },
);

t.test('password material is known by each of its names (R33, R34)', async (t) => {
  for (const name of [
    ...['userPassword', 'USERPASSWORD', '2.5.4.35', 'userPassword;x-a', 'sambaNTPassword', 'sambaLMPassword'],
    ...[
      'encNTPassword',
      'ntPasswordSHA',
      'keynHash',
      'krbPrincipalKey',
      'pwdHistory',
      'unicodePwd',
      'sambaPasswordHistory',
      'unixUserPassword',
      'passwordHistory',
      'ms-Mcs-AdmPwd',
    ],
  ])
    t.ok(isPasswordMaterial(name), name);
  for (const name of ['cn', 'uid', 'passwordExpiry', 'description']) t.notOk(isPasswordMaterial(name), name);
});
