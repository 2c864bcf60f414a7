// The word list: documents follow it, and so do comments and texts of the sources.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { withWords } from '../../docs/style-table.js';
import { documentFiles, sourceFiles } from '../../docs/word-files.js';
import { findInFile } from '../../docs/word-finder.js';
import { WORDS } from '../../docs/words.js';

const found = (path: string, content = readFileSync(path, 'utf8')) =>
  findInFile(content, path).map(({ line, text, word }) => `${path}:${line}: "${text}": write ${word.write}`);

t.test('the table in docs/style.md is the word list', async (t) => {
  const page = readFileSync('docs/style.md', 'utf8');
  t.equal(page, withWords(page), 'run npm run docs');
});

t.test('no document violates the word list', async (t) => {
  const files = documentFiles();
  for (const one of ['README.md', 'CHANGELOG.md', 'docs/jumpgate.1', 'docs/configuration.md', 'docs/style.md'])
    t.ok(files.includes(one), one);
  for (const path of files) t.equal(found(path).join('\n'), '', path);
});

t.test('no source violates the word list', async (t) => {
  const files = sourceFiles();
  t.ok(files.length > 500);
  t.equal(files.flatMap((path) => found(path)).join('\n'), '');
});

const SOURCE = `// One octet.
import 'octets';
/** Words of a comment that is
 * told. */
const octets = { octets: 'octets' }; // \`anew\` is anew
const a = 'read anew';
const b = \`\${octets} anew \${a} anew, \${octets} \${"by itself, too"}\`;
const c = /anew here/.test('x') ? \`anew it is\` : 'anew';
t.test('a mended thing', () => {});
`;

t.test('a word is found in comments, messages and names of tests, and not in names of code', async (t) => {
  const lines = findInFile(SOURCE, 'src/planted.ts').map(({ line, text }) => `${line} ${text}`);
  t.same(lines, ['1 octet', '3 is told', '5 anew', '6 anew', '7 anew', '7 anew', '7 by itself', '8 anew', '9 mended']);
  t.same(
    findInFile('// One octet.', 'src/wire/planted.ts').concat(findInFile('// One octet.', 'src/ldap/planted.ts')),
    [],
  );
});

const PAGE = `# Read anew

One is
told \`is told\` and [anew](docs/anew.md#anew).

| Octets |
| --- |
<!-- anew -->
\`\`\`
anew
\`\`\`
- Who is not a member reads it anew.
`;

t.test('a word is found in headings, sentences, tables and lists of a document, and not in its code', async (t) => {
  const lines = findInFile(PAGE, 'docs/planted.md').map(({ line, text }) => `${line} ${text}`);
  t.same(lines, ['1 anew', '3 is told', '4 anew', '6 Octets', '12 Who is not a member reads it anew.', '12 anew']);
  const changelog = '# Changelog\n\n## [Unreleased]\n\n- anew\n\n## [1.0.0]\n\n- anew\n';
  t.same(
    findInFile(changelog, 'CHANGELOG.md').map(({ line }) => line),
    [5],
  );
  t.same(
    findInFile('.B \\-\\-log\\-in anew log\\-ins', 'docs/planted.1').map(({ text }) => text),
    ['log-in', 'log-ins', 'anew'],
  );
  t.same(
    findInFile('key: anew\n# anew, and is\n# told\n', 'config/planted.yaml').map(({ line }) => line),
    [2, 2],
  );
});

/** A sentence for each row, and one that looks like it and is right. */
const SAMPLES: readonly (readonly [wrong: string, right: string])[] = [
  ['says what mends it', 'amends'],
  ['an outage is not told to clients', 'they are not told apart'],
  ['a remembered password', 'a memory'],
  ['after the log-in', 'after the login'],
  ['so many octets', 'an OCTET STRING of bytes'],
  ['passwords in clear.', 'in clear text'],
  ['it is no setting', 'there is no setting, and it is no longer one'],
  ['the name is nobody’s', 'nobody’s name'],
  ['Whoever reads', 'Who is not a member?'],
  ['read anew', 'a new one'],
  ['for eyes on a terminal', 'eyes'],
  ['a fault of the file', 'a fault in the network'],
  ['the line to JumpCloud', 'a line of the log'],
  ['the address is well.', 'is well known'],
  ['what stands there', 'VALUE stands for each; a stand-in'],
  ['all at once', 'once'],
  ['some 20 users', 'some users'],
  ['goes by the new rules', 'time goes by'],
  ['not to be had any more', 'to be'],
  ['the group that is to be read', 'to be read'],
  ['it restarts by itself', 'by its name'],
  ['so that nobody waits', 'so nobody waits'],
  ['the first so many are kept', 'not so many'],
  ['it lets go of it', 'let it go'],
  ['hears of it', 'hears it'],
  ['all but for one', 'all but one'],
  ['it holds all the same', 'the same'],
  ['logged in lately', 'late'],
  ['knows no key', 'does not know'],
  ['Not in order: 1', 'in order to'],
  ['in the sight of the client', 'in sight'],
  ['hands on the event', 'on hand'],
  ['an own port', 'its own port'],
  ['nobody of the group', 'nobody in the group'],
  ['it is not believed', 'we believe'],
  ['kept also where nobody reads it', 'and also where nobody reads it'],
  ['Else it waits', 'or else it waits'],
  ['counted twice, for it was sent twice', 'what it is for is clear'],
  ['an e-mail address', 'an email address'],
];

t.test('every row finds what it is about, and lets pass what only looks like it', async (t) => {
  t.equal(SAMPLES.length, WORDS.length);
  for (const [at, [wrong, right]] of SAMPLES.entries()) {
    const rows = (text: string) => findInFile(`- ${text}`, 'docs/planted.md').map(({ word }) => word);
    t.ok(rows(wrong).includes(WORDS[at]!), wrong);
    t.notOk(rows(right).includes(WORDS[at]!), right);
  }
});
