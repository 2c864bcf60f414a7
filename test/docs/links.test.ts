// Links in the documents lead somewhere: to files that are there and, in documents, to headings or anchors that are there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import t from 'tap';

const LEFT_OUT = /(^|\/)(node_modules|dist|release|coverage|api|\.tap|\.git)(\/|$)/;
const documents = readdirSync('.', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md') && !LEFT_OUT.test(file))
  .sort();

/** Fenced and quoted code has no links. */
const prose = (text: string) =>
  text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '));

/** As GitHub makes it of a heading. */
function slug(heading: string): string {
  const text = heading.replaceAll(/[`*_]/g, '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- ]/gu, '')
    .replaceAll(' ', '-');
}

const anchors = new Map<string, ReadonlySet<string>>();
function anchorsOf(file: string): ReadonlySet<string> {
  let known = anchors.get(file);
  if (known === undefined) {
    const text = readFileSync(file, 'utf8');
    const headings = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, one = '']) =>
      slug(one),
    );
    const own = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
    known = new Set([...headings, ...own]);
    anchors.set(file, known);
  }
  return known;
}

function broken(file: string, target: string): string | undefined {
  if (/^https?:\/\//.test(target)) return URL.canParse(target) ? undefined : 'no URL';
  if (/^mailto:/.test(target)) return undefined;
  const [path = '', anchor] = target.split('#');
  const to = path === '' ? file : join(dirname(file), decodeURI(path));
  if (!existsSync(to)) return 'no such file';
  if (relative('.', to).startsWith('..')) return 'outside of the repository';
  return anchor === undefined || !to.endsWith('.md') || anchorsOf(to).has(anchor) ? undefined : 'no such heading';
}

const linksIn = (text: string) => [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);

t.test('every link of every document leads somewhere', async (t) => {
  t.ok(documents.length > 15);
  t.ok(documents.includes('README.md') && documents.includes('docs/configuration.md'));
  for (const file of documents)
    for (const target of linksIn(readFileSync(file, 'utf8')))
      t.equal(broken(file, target), undefined, `${file}: ${target}`);
});

t.test('a link that leads nowhere is found', async (t) => {
  t.same(linksIn('[a](b.md) `[c](d.md)`\n```\n[e](f.md)\n```\n[g](#h)'), ['b.md', '#h']);
  t.equal(broken('README.md', 'docs/nowhere.md'), 'no such file');
  t.equal(broken('README.md', 'docs/reasons.md#nothing'), 'no such heading');
  t.equal(broken('docs/reasons.md', '../../elsewhere'), 'no such file');
  t.equal(broken('README.md', 'docs/reasons.md#wrong-password'), undefined);
  t.equal(slug('`check` says: *why*, and [more](x.md)'), 'check-says-why-and-more');
});

t.test('documents that the program and its files name are there', async (t) => {
  const files = ['src', 'config', 'deploy'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  let count = 0;
  for (const file of files.filter((one) => /\.(ts|yaml|service|cfg|txt)$/.test(one)))
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/\bdocs\/([a-z-]+\.md)\b/g)) {
      count++;
      t.ok(existsSync(join('docs', name)), `${file}: docs/${name}`);
    }
  t.ok(count > 5);
});
