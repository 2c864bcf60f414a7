// Names that the RFCs and the LDAP working group's discussions give as examples, valid and invalid, in a table of our own.
import t from 'tap';
import { dnKey, formatDN, parseDN } from '../../src/ldap/dn.js';

/** What a name means: RDNs of [type, value]. */
type Meaning = readonly (readonly (readonly [string, string])[])[];

/** RFC 4514 4, RFC 2253 5, RFC 1779 3.1 (the forms that RFC 2253 4 keeps), and variations on them. */
const VALID: readonly (readonly [string, Meaning])[] = [
  ['', []],
  ['UID=jsmith,DC=example,DC=net', [[['UID', 'jsmith']], [['DC', 'example']], [['DC', 'net']]]],
  [
    'OU=Sales+CN=J.  Smith,DC=example,DC=net',
    [
      [
        ['OU', 'Sales'],
        ['CN', 'J.  Smith'],
      ],
      [['DC', 'example']],
      [['DC', 'net']],
    ],
  ],
  ['CN=James \\"Jim\\" Smith\\, III,DC=net', [[['CN', 'James "Jim" Smith, III']], [['DC', 'net']]]],
  ['CN=Steve Kille,O=Isode Limited,C=GB', [[['CN', 'Steve Kille']], [['O', 'Isode Limited']], [['C', 'GB']]]],
  [
    'CN=L. Eagle,O=Sue\\, Grabbit and Runn,C=GB',
    [[['CN', 'L. Eagle']], [['O', 'Sue, Grabbit and Runn']], [['C', 'GB']]],
  ],
  [
    'CN=L. Eagle, O="Sue, Grabbit and Runn", C=GB',
    [[['CN', 'L. Eagle']], [['O', 'Sue, Grabbit and Runn']], [['C', 'GB']]],
  ],
  ['SN=Lu\\C4\\8Di\\C4\\87', [[['SN', 'Lučić']]]],
  ['SN=Lučić', [[['SN', 'Lučić']]]],
  ['SN=Lu\\c4\\8di\\c4\\87', [[['SN', 'Lučić']]]],
  ['1.3.6.1.4.1.1466.0=#04024869', [[['1.3.6.1.4.1.1466.0', 'Hi']]]],
  ['1.3.6.1.4.1.1466.0=#04024869,O=Test', [[['1.3.6.1.4.1.1466.0', 'Hi']], [['O', 'Test']]]],
  ['cn=\\ leading', [[['cn', ' leading']]]],
  ['cn=\\20leading', [[['cn', ' leading']]]],
  ['cn=trailing\\ ', [[['cn', 'trailing ']]]],
  ['cn=trailing\\20', [[['cn', 'trailing ']]]],
  ['cn=a  b', [[['cn', 'a  b']]]],
  ['cn=\\#hash', [[['cn', '#hash']]]],
  ['cn=ha#sh', [[['cn', 'ha#sh']]]],
  ['cn=a\\=b', [[['cn', 'a=b']]]],
  ['cn=a=b', [[['cn', 'a=b']]]],
  ['cn=a\\+b', [[['cn', 'a+b']]]],
  ['cn=a\\;b\\<c\\>d', [[['cn', 'a;b<c>d']]]],
  ['cn=a\\\\b', [[['cn', 'a\\b']]]],
  ['cn=a\\2Cb', [[['cn', 'a,b']]]],
  ['cn=a\\2bb\\3dc', [[['cn', 'a+b=c']]]],
  ['cn=a*b(c)', [[['cn', 'a*b(c)']]]],
  ['cn=漢字,o=x', [[['cn', '漢字']], [['o', 'x']]]],
  ['cn=\\e6\\bc\\a2\\e5\\ad\\97,o=x', [[['cn', '漢字']], [['o', 'x']]]],
  ['cn=\\F0\\9F\\98\\80', [[['cn', '😀']]]],
  ['x-my-type=v', [[['x-my-type', 'v']]]],
  ['2.5.4.3=v', [[['2.5.4.3', 'v']]]],
];

/** Each breaks one rule of the grammar. */
const INVALID: readonly string[] = [
  ...['cn', 'cn,o=x', '=v', ' =v', 'cn=a,', ',cn=a', 'cn=a,,o=x', 'cn=a+', '+cn=a', 'cn=a++o=x', 'cn=a+,o=x'],
  ...['cn=a"b', 'cn="a', 'cn="a"b', 'cn=a>b', 'cn=a<b'],
  ...['cn=a\\', 'cn=a\\4', 'cn=a\\4g', 'cn=a\\g4', 'cn=a\\xyz'],
  ...['cn=\\C4', 'cn=\\C4x', 'cn=\\8D', 'cn=\\C0\\AF', 'cn=\\ED\\A0\\80', 'cn=\\F4\\90\\80\\80'],
  ...['cn=#', 'cn=#0', 'cn=#zz', 'cn=#04024', 'cn=#040248', 'cn=#04024869ff'],
  ...['1cn=a', '-cn=a', 'c_n=a', 'c n=a', 'cn;binary=a', '1.=a', '.1=a', '1..2=a', '1.02=a', '01.2=a', '1=a', 'čn=a'],
];

/** Valid by RFC 4514 and refused here: a name has no control characters. */
const REFUSED: readonly string[] = ['CN=Before\\0DAfter,DC=example,DC=net', 'cn=a\\00b', 'cn=a\\0Ab', 'cn=a\\7Fb'];

t.test('the examples of the RFCs mean what they say, and come back as the same name (R19, R22)', async (t) => {
  for (const [text, meaning] of VALID) {
    const parsed = parseDN(text);
    t.same(
      parsed?.map((rdn) => rdn.map(({ type, value }) => [type, value])),
      meaning,
      text,
    );
    if (parsed !== undefined) t.equal(dnKey(parseDN(formatDN(parsed)) ?? []), dnKey(parsed), `${text}, formatted`);
  }
});

t.test('a name that breaks a rule of the grammar is refused (R24, R26)', async (t) => {
  for (const text of [...INVALID, ...REFUSED]) t.equal(parseDN(text), undefined, text);
});
