// Who matches whom is the upstream's to say: names compared here and by a real OpenLDAP, and members let in by its own words.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { makeEntry } from '../../src/directory/entry.js';
import { compileFilter } from '../../src/directory/filter-evaluation.js';
import { formatRDN, keyOfName } from '../../src/ldap/dn.js';
import { parseFilter } from '../../src/ldap/filter-text.js';
import { textKey } from '../../src/ldap/matching.js';
import { values } from '../../src/ldap/values.js';
import { Client } from '../support/client.js';
import { type Contents, entriesToLdif, OpenLDAP, withoutOpenLDAP } from '../support/openldap.js';

const SUFFIX = 'dc=example,dc=com';

/** Normal forms of names by slapd's own tool; `cn=` in front. */
function bySlapd(conf: string, texts: readonly string[]): string[] {
  const forms: string[] = [];
  for (let i = 0; i < texts.length; i += 8000) {
    const part = texts.slice(i, i + 8000).map((value) => formatRDN([{ type: 'cn', value }]));
    const { stdout, stderr } = spawnSync('/usr/sbin/slapdn', ['-f', conf, '-N', ...part], {
      maxBuffer: 1 << 28,
      encoding: 'utf8',
    });
    const lines = stdout.split('\n').slice(0, -1);
    if (lines.length !== part.length) throw new Error(`slapdn: ${stderr.slice(0, 500)}`);
    for (const line of lines)
      forms.push(
        line.slice(3).replace(/\\([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      );
  }
  return forms;
}

const point = (code: number) => String.fromCodePoint(code);
/** Code points behind the last precomposed syllable: OpenLDAP takes them for more of them. Here they are equal to themselves alone. */
const beyondHangul = (text: string) => /[\ud7a4-\ud7ff\u11a7]/.test(text);

/** What names are made of that look alike: case pairs, compatibility forms, marks, spaces, characters that nobody sees. */
const CHARACTERS = [
  ...'aAbBiIkKsS.-0\u00df\u1e9e\u0130\u0131\u017f\u00b5\u03bc\u03a3\u03c3\u03c2\u0390\u212a\u212b\u00c5\u00e5',
  ...'  \u00a0\u3000\u2003\u00ad\u200b\u200c\u200d\u2060\ufeff\u180e\ufe0f\u034f',
  ...'\ufb01\ufb00\ufb05\uff21\uff41\uff29\u2163\u24b6\u24d0\u2121\u00bd\u00b2\u2460\ufdfa\u3392',
  ...'\u0300\u0301\u0307\u0308\u0323\u0327\u0315\u0334\u0345\u0342\u3099\uff9e',
  ...'\u03b1\u1fb3\u1fbc\u01c4\u01c5\u01c6\u10d0\u1c90\u10a0\u2d00\u13a0\uab70\u1e9b',
  ...'\uac00\uac01\u1100\u1161\u11a8\u30ab\uff76\ue000\u{1d400}\u{1d4c1}\u{10400}\u{10428}\u{10426}\u{1f130}\u{2f800}',
];
const name = fc
  .array(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...CHARACTERS) }, fc.string({ unit: 'grapheme', maxLength: 1 })),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((characters) => characters.join(''))
  // No control characters, which no name may hold here.
  .filter((text) => keyOfName(formatRDN([{ type: 'cn', value: text }])) !== '' && text.trim() !== '');

t.test('names have the keys that OpenLDAP gives them (R22, R23, R111)', { skip: withoutOpenLDAP }, async (t) => {
  const conf = join(t.testdir({}), 'slapd.conf');
  writeFileSync(conf, 'include /etc/ldap/schema/core.schema\n');
  const differing = (texts: readonly string[]) => {
    const forms = bySlapd(conf, texts);
    return texts
      .filter((text, i) => textKey('cn', text) !== forms[i] && !beyondHangul(text))
      .map((text) => JSON.stringify(text));
  };
  const codes = Array.from({ length: 0x30_000 }, (_, code) => code).filter(
    (code) => code > 0x9f && (code < 0xd800 || code > 0xdfff) && ![0x2028, 0x2029, 0xfffd].includes(code),
  );
  t.same(differing(codes.map((code) => `.${point(code)}.`)), [], 'each character');
  t.same(differing(codes.map((code) => `.${point(code).normalize('NFD')}.`)), [], 'what each is composed of');
  const marks = codes.map(point).filter((text) => /\p{M}/u.test(text));
  t.same(
    differing(marks.flatMap((mark) => [`q\u0315${mark}.`, `q${mark}\u0334.`, `a\u0323${mark}\u0302.`])),
    [],
    'each mark',
  );
  t.same(differing(fc.sample(name, { numRuns: 20_000, seed: 20_261_126 })), [], 'names of odd characters');
});

/** Names that a wider comparison would take for one, and spellings of one name. */
const KINDS: readonly string[][] = [
  ['Massen', 'Maßen', 'MASSEN', 'MAẞEN', 'maſſen', 'Ma\u00dfen'],
  ['ilker', 'ılker', 'İlker', 'ILKER', 'i\u0307lker'],
  ['waykusers', 'wayk\u200busers', 'wayk\u00adusers', 'wayk\u2060users', '\ufeffwaykusers', 'WAYKUSERS'],
  ['file', 'ﬁle', 'ＦＩＬＥ', 'ｆｉｌｅ', 'FILE'],
  ['Ülm', 'U\u0308lm', 'ülm', 'Ulm', 'u\u0308LM'],
  ['a b', 'a  b', ' a b ', 'a\u00a0b', 'a\u3000b', 'ab', 'a\u200bb', '   a b'],
  ['οδος', 'ΟΔΟΣ', 'οδοσ', 'Οδος'],
  ['Å', '\u212b', 'A\u030a', 'å', 'a'],
  ['kelvin', '\u212aelvin', 'KELVIN'],
  ['tel', '℡', 'TEL'],
  ['iv', 'Ⅳ', 'ⅳ', 'IV'],
  ['ǆ', 'ǅ', 'Ǆ', 'dž', 'DŽ'],
  ['ა', 'Ა'],
  ['½', '1⁄2', '1/2'],
];
const NAMES = KINDS.flat();

t.test('filters find by a name whom OpenLDAP finds (R22, R23)', { skip: withoutOpenLDAP }, async (t) => {
  const drawn = fc.sample(name, { numRuns: 60, seed: 7 }).filter((text) => !beyondHangul(text));
  const all = [...NAMES, ...drawn];
  const rdn = (value: string) => formatRDN([{ type: 'cn', value }]);
  const people = all.map((text, i) =>
    makeEntry('user', `employeeNumber=${i},${SUFFIX}`, [
      { type: 'objectClass', values: values('inetOrgPerson') },
      { type: 'employeeNumber', values: values(String(i)) },
      { type: 'sn', values: values('x') },
      { type: 'cn', values: values(text) },
      { type: 'uid', values: values(text) },
      { type: 'seeAlso', values: values(`${rdn(text)},${SUFFIX}`) },
      ...(/^[ -~]+$/.test(text) ? [{ type: 'mail', values: values(text) }] : []),
    ]),
  );
  const base = makeEntry('base', SUFFIX, [
    { type: 'objectClass', values: values('domain') },
    { type: 'dc', values: values('example') },
  ]);
  const contents: Contents = {
    suffix: SUFFIX,
    ldif: entriesToLdif([base, ...people], []).join('\n\n'),
    access: 'access to * by * read',
  };
  const server = await OpenLDAP.start(t.testdir({}), await makeAuthority(), contents);
  const theirs = await Client.open({ port: server.clearPort });
  t.teardown(async () => {
    theirs.destroy();
    await server.kill();
  });
  const escaped = (text: string) =>
    [...Buffer.from(text)].map((octet) => `\\${octet.toString(16).padStart(2, '0')}`).join('');
  const differing: string[] = [];
  let found = 0;
  for (const text of all) {
    const value = escaped(text);
    const inner = escaped([...text].slice(0, 2).join(''));
    for (const filter of [
      `(uid=${value})`,
      `(cn=${value})`,
      `(cn:caseExactMatch:=${value})`,
      `(cn:caseIgnoreMatch:=${value})`,
      `(seeAlso=${escaped(`${rdn(text)},${SUFFIX}`)})`,
      ...(/^[ -~]+$/.test(text) ? [`(mail=${value})`, `(mail=*${escaped(text.trim())}*)`] : []),
      // One of nothing but spaces is another matter: see differential.test.ts.
      ...([...text].slice(0, 2).join('').trim() === '' ? [] : [`(cn=*${inner}*)`, `(cn=${inner}*)`, `(cn=*${inner})`]),
    ]) {
      const real = (await theirs.search({ base: SUFFIX, filter, attributes: ['1.1'] })).entries.map(
        ({ objectName }) => objectName,
      );
      const isTrue = compileFilter(parseFilter(filter));
      const mine = people.filter((entry) => isTrue(entry) === 1).map(({ dn }) => dn);
      found += real.length;
      if (JSON.stringify(mine.sort()) !== JSON.stringify(real.sort()))
        differing.push(`${filter} ${JSON.stringify(text)}: ours ${mine.join()}, theirs ${real.join()}`);
    }
  }
  t.same(differing, []);
  t.ok(found > 4 * all.length, `${found} were found`);
});
