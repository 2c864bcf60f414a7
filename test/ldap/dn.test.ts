// Names: parsed by RFC 4514, compared by structure, built again.
import { deepEqual } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { dnKey, formatDN, isBelowOrEqual, parseAny, parseDN } from '../../src/ldap/dn.js';
import { dn } from '../support/arbitrary.js';

const key = (text: string) => {
  const parsed = parseDN(text);
  return parsed === undefined ? undefined : dnKey(parsed);
};

t.test('parsing what was formatted gives the same name (R19)', async () => {
  fc.assert(
    fc.property(dn, (name) => deepEqual(parseDN(formatDN(name)), name)),
    { numRuns: 500 },
  );
});

t.test('spellings that RFC 4514 makes equal have one key (R21, R22)', async (t) => {
  const wanted = key('uid=alice,ou=Users,dc=example,dc=com');
  for (const spelling of [
    'UID=Alice, OU=Users, DC=Example, DC=COM',
    'uid = alice , ou = Users , dc = example , dc = com',
    'uid=alice;ou=Users;dc=example;dc=com',
    '0.9.2342.19200300.100.1.1=alice,2.5.4.11=users,dc=example,dc=com',
    'OID.0.9.2342.19200300.100.1.1=alice,ou=users,dc=example,dc=com',
    'userid=alice,organizationalUnitName=Users,domainComponent=example,dc=com',
    'uid=\\61\\6C\\69ce,ou=Users,dc=example,dc=com',
    'uid="alice",ou=Users,dc=example,dc=com',
    'uid=#0405616c696365,ou=Users,dc=example,dc=com',
    'uid=#0c05616c696365,ou=Users,dc=example,dc=com',
    'uid=\\ alice,ou=Users,dc=example,dc=com',
    'uid=ALICE\\ ,ou=Users,dc=example,dc=com',
  ]) {
    t.equal(key(spelling), wanted, spelling);
  }
  t.equal(key('cn=x+uid=y,dc=z'), key('UID=Y+CN=X,dc=z'), 'the order in a multi-valued RDN does not count');
  t.equal(key('cn=Straße,dc=z'), key('cn=STRAßE,dc=z'));
  for (const [name, other] of [
    ['Maßen', 'Massen'],
    ['ılker', 'ilker'],
    ['waykusers', 'wayk\u200busers'],
    ['waykusers', 'wayk\u00adusers'],
    ['οδος', 'ΟΔΟΣ'],
  ] as const)
    t.not(key(`cn=${name},dc=z`), key(`cn=${other},dc=z`), `${name} is not ${other}: the upstream folds no further`);
  t.equal(key('cn=a  b,dc=z'), key('cn=A B,dc=z'));
});

t.test('a separator inside a value stays inside the value, however it is written (R21)', async (t) => {
  const one = key('uid=x\\,ou=Other,ou=Users,dc=z');
  for (const spelling of [
    'uid=x\\2cou\\3dOther,ou=Users,dc=z',
    'uid="x,ou=Other",ou=Users,dc=z',
    'uid=x\\2Cou=Other,ou=Users,dc=z',
  ]) {
    t.equal(key(spelling), one, spelling);
  }
  t.not(key('uid=x,ou=Other,ou=Users,dc=z'), one);
  t.equal(parseDN('uid=x\\,ou=Other,ou=Users,dc=z')?.length, 3);
});

t.test('an invalid name is refused, never repaired (R24, R26, R27)', async (t) => {
  for (const text of [
    'alice',
    'uid=',
    'uid=,dc=x',
    '=x',
    'uid=a,,dc=x',
    'uid=a,',
    ',uid=a',
    'uid=a+',
    'uid=a+,dc=x',
    'uid=\\',
    'uid=\\z',
    'uid=\\zz',
    'uid=\\4',
    'uid="a',
    'uid="a"b',
    'uid=#',
    'uid=#04',
    'uid=#0401',
    'uid=#zz',
    'uid=#040',
    'uid=\\00',
    'uid=a\u0000b',
    'uid=\\c0\\80',
    'uid=\\ed\\a0\\80',
    'uid=\ufffd',
    'uid=\\ef\\bf\\bd',
    'uid=\\ff',
    'uid=a\nb',
    'uid;lang-en=a',
    'uid a=b',
    '1.=a',
    '01.2=a',
    ' ',
    'uid=a<b',
    'uid=\ud800',
    `uid=${'a'.repeat(9000)}`,
    Array.from({ length: 65 }, () => 'a=b').join(','),
    ','.repeat(8000),
    '\\'.repeat(8000),
    'a=b+'.repeat(2000),
  ]) {
    t.equal(parseDN(text), undefined, JSON.stringify(text.slice(0, 40)));
  }
  t.same(parseDN(''), []);
  t.same(parseDN('constructor=__proto__')?.[0]?.[0], { type: 'constructor', value: '__proto__' });
  t.equal(parseDN('__proto__=x'), undefined, 'no RFC 4512 descriptor');
});

t.test('names that need no second look come out as the whole grammar has them', async (t) => {
  const piece = fc.constantFrom(
    'uid',
    'OU',
    'dc',
    'o',
    'x-y',
    '=',
    ',',
    ', ',
    '+',
    'a',
    'Users',
    '5f1c',
    '.',
    '@',
    '-',
    '_',
    ' ',
    '\\',
    '#',
    '"',
    'é',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = pieces.join('');
      if (text.trim() !== '') t.same(parseDN(text), parseAny(text), text);
    }),
    { numRuns: 3000 },
  );
  const plain = fc.array(
    fc.tuple(fc.constantFrom('uid', 'ou', 'DC', 'employeeNumber'), fc.stringMatching(/^[A-Za-z0-9._@-]{1,12}$/)),
    { minLength: 1, maxLength: 70 },
  );
  fc.assert(
    fc.property(plain, (rdns) => {
      const text = rdns.map(([type, value]) => `${type}=${value}`).join(',');
      t.same(parseDN(text), parseAny(text));
    }),
  );
});

t.test('below is a matter of structure, not of text', async (t) => {
  const base = parseDN('ou=Users,dc=z')!;
  t.ok(isBelowOrEqual(parseDN('UID=a, OU=users,DC=Z')!, base));
  t.ok(isBelowOrEqual(base, base));
  t.notOk(isBelowOrEqual(parseDN('cn=x\\,ou=Users,dc=z')!, base));
  t.notOk(isBelowOrEqual(parseDN('xou=Users,dc=z')!, base));
  t.notOk(isBelowOrEqual(parseDN('dc=z')!, base));
});
