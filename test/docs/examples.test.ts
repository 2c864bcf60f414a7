// The examples of the documents: each fenced block is run and what it shows compared, or checked, or says why not. CONTRIBUTING.md has the markers.
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { merge, type Tree } from '../../src/config/sources.js';
import { PEOPLE } from '../../src/demo/people.js';
import { blocksOf, commandsOf, spansOf } from '../support/examples/blocks.js';
import { kindOf } from '../support/examples/kinds.js';
import { difference } from '../support/examples/output.js';
import { Scene } from '../support/examples/scene.js';
import { ADA, documents, type Example, examples, startSite, suiteOf } from '../support/examples/site.js';
import { isWhole, loadExample, snippetFault, valuesFault } from '../support/examples/snippets.js';
import { misspeltIn } from '../support/examples/speech.js';
import { freePort } from '../support/ports.js';

/** Documents that speak of an instance that runs where `ops.http` says; others have none there. */
const BESIDE_AN_INSTANCE = ['docs/operations.md', 'docs/directory.md', 'docs/jumpcloud-api.md'];

const address = async () => `127.0.0.1:${await freePort()}`;
const [ldap, ops, nobody] = [await address(), await address(), await address()];
const { scripts, version } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: { demo: string };
  version: string;
};
const ports = `--port ${ldap.split(':')[1]} --ops-port ${ops.split(':')[1]}`;

const { place, configure, usual } = await startSite(t, {
  // The packages are there, for the test itself needs them.
  programs: {
    npm: `case "$*" in
  install) ;;
  'run demo') cd '${process.cwd()}' && exec ${scripts.demo} ${ports} ;;
  *) exit 127 ;;
esac`,
  },
  replaced: [
    ['127.0.0.1:1389', ldap],
    ['127.0.0.1:9389', ops],
  ],
  env: { JUMPGATE_LISTEN_LDAP: ldap, PASSWORD: 'account-secret-6000' },
});
const scene = new Scene({
  ...{ place, ldap, ops },
  passwords: Object.fromEntries([...PEOPLE, ADA].map(({ uid, password }) => [uid, password])),
});

/** As docs/operations.md makes one, for its `$scrypt$…`. */
const HASH_COMMAND = 'echo -n "$PASSWORD" | jumpgate hash';
const hash = (await place.run(HASH_COMMAND)).out.trim();
place.replace('$scrypt$…', hash);

t.test('every block of every document is run, checked, or says why not', async (t) => {
  const counts = new Map<string, number>();
  for (const example of examples) {
    const { block, kind, where } = example;
    t.ok(kind, `${where}: a block of ${block.language || 'no language'} that is neither run nor checked`);
    const suite = suiteOf(example);
    const more = kind?.kind === 'not run' ? `: ${kind.why}` : suite === 'test' ? '' : `, in the suite ${suite}`;
    const name = `${kind?.kind}${more}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  t.comment(`${examples.length} blocks of ${documents.size} documents`);
  for (const [name, count] of [...counts].sort()) t.comment(`${count} × ${name}`);
});

t.test('another test that does what a block says is there', async (t) => {
  for (const { kind, where } of examples)
    if (kind?.kind === 'not run')
      for (const [file] of kind.why.matchAll(/test\/\S+\.ts/g)) t.doesNotThrow(() => readFileSync(file), where);
});

t.test('commands, options, scripts, files and variables that documents name are there', async (t) => {
  let count = 0;
  for (const [name, text] of documents) {
    const commands = blocksOf(name, text).flatMap((block) => commandsOf(block.lines));
    for (const line of [...commands, ...spansOf(text)]) {
      const wrong = misspeltIn(line);
      if (wrong.length > 0) t.fail(`${name}: ${line}: ${wrong.join(', ')}`);
      count++;
    }
  }
  t.ok(count > 500, String(count));
});

t.test('settings that `helm install` is given are values of the chart', async (t) => {
  let count = 0;
  for (const { block, where } of examples)
    for (const command of commandsOf(block.lines).filter((one) => one.startsWith('helm '))) {
      const values = [...command.matchAll(/--set ([\w.]+)=(\S+)/g)]
        .map(([, path = '', value = '']) =>
          path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value),
        )
        .reduce<Tree>((all, one) => merge(all, one as Tree), {});
      t.equal(valuesFault(values), undefined, where);
      t.match(valuesFault({ ...values, imgae: 'x' }), /additional properties/);
      count++;
    }
  t.ok(count > 0);
});

async function tryOut(t: Test, { block, kind, where, text }: Example): Promise<void> {
  try {
    if (kind?.kind === 'configuration') {
      loadExample(place, text);
      t.pass(`${where}: loads as a configuration`);
      if (isWhole(text)) configure(text);
    } else if (kind?.kind === 'json') t.ok(JSON.parse(text), where);
    else if (kind?.kind === 'snippet') t.equal(snippetFault(block, kind.is, place), undefined, where);
    else if (kind !== undefined) await scene.play(t, block, kind);
  } catch (error) {
    t.fail(`${where}: ${(error as Error).message}`);
  }
}

for (const name of documents.keys()) {
  const own = examples.filter((one) => one.block.document === name && suiteOf(one) === 'test');
  if (own.length === 0) continue;
  t.test(`${name}: examples`, async (t) => {
    scene.open(BESIDE_AN_INSTANCE.includes(name) ? ops : nobody);
    configure(usual);
    for (const example of own) await tryOut(t, example);
  });
}

t.test('commands in the running text do what is said of them', async (t) => {
  scene.open(nobody);
  configure(usual);
  const said = async (document: string, command: string) => {
    t.ok(spansOf(documents.get(document) ?? '').includes(command), `${document}: ${command}`);
    const { code, out, err } = await place.run(command);
    t.same([code, err], [0, ''], command);
    return out;
  };
  t.match(hash, /^\$scrypt\$/);
  t.ok(spansOf(documents.get('docs/operations.md')!).includes(HASH_COMMAND));
  t.ok((await said('README.md', 'jumpgate recipe')).trim().split('\n').length > 40, 'more than forty applications');
  const recipe = await said('README.md', 'jumpgate recipe gitlab --config jumpgate.yaml');
  t.match(recipe, /gitlab_rails[\s\S]*'base' => 'ou=Users,dc=example,dc=com'[\s\S]*\nldapsearch /, 'your values');
  t.equal((await said('SECURITY.md', 'jumpgate --version')).trim(), version);
  const settings = await said('docs/operations.md', 'jumpgate config');
  t.match(settings, /orgId: 5f1c0a9e7b3d4c2a8e6f9d10 {2}# .*jumpgate\.yaml[\s\S]*# default/, 'and where from');
  t.notMatch(settings, /reader-secret/);
  t.match(JSON.parse(await said('docs/operations.md', 'jumpgate config --schema')), { $schema: /json-schema/ });
  const apps = await said('docs/operations.md', 'jumpgate apps');
  t.match(apps, /^default: 10 members[\s\S]*groups +wayk-users\n[\s\S]*listeners +ldap:/);
});

t.test('what is wrong is found', async (t) => {
  const one = (text: string) => blocksOf('x.md', text)[0]!;
  const kind = (text: string) => kindOf(one(text))?.kind;
  t.equal(kind('```sh\njumpgate apps | jumpgate hash # rm\n```'), 'commands');
  for (const text of [
    '```sh\nrm -rf x\n```',
    '```sh\necho x && sudo jumpgate check\n```',
    '```sh\necho "$(rm x)"\n```',
    '<!-- shows: rm x -->\n```text\nx\n```',
    '<!-- suite: fleet -->\n```sh\nnpm install\n```',
    '```\nx\n```',
    '```ts\nx\n```',
  ])
    t.equal(kind(text), undefined, text);
  t.equal(kind('```text\njust so\n```'), undefined);
  t.equal(kind('<!-- not run: I do not want to -->\n```sh\nrm x\n```'), undefined);
  t.equal(kind('<!-- not run: needs root -->\n```sh\nrm x\n```'), 'not run');
  t.equal(kind('<!-- not run: needs root -->\n\n```sh\nrm x\n```'), undefined, 'in the line before');
  t.equal(kind('<!-- suite: none -->\n```sh\njumpgate\n```'), undefined);
  t.throws(() => one('```sh\njumpgate'), /has no end/);
  t.same(one('- x\n\n  ```sh\n  a\n    b\n  ```').lines, ['a', '  b']);
  t.same(commandsOf(['a \\', '  b', '# c', '', 'd']), ['a b', 'd']);
  t.same(misspeltIn('jumpgate chekc'), ['there is no command chekc']);
  t.same(misspeltIn('x | jumpgate check --confg y "--z" | jumpgate hash --json'), [
    'check has no option --confg',
    'hash has no option --json',
  ]);
  t.same(misspeltIn('npm run dmeo && npx tsx bench/none.ts JUMPGATE_ORG_ID'), [
    'there is no script dmeo',
    'there is no file bench/none.ts',
    'there is no variable JUMPGATE_ORG_ID',
  ]);
  t.throws(() => loadExample(place, 'listen: { ldpa: false }'), /ldpa/);
});

t.test('an output is as shown, except what is marked', async (t) => {
  const same = (shown: string, output: string, loose?: string) =>
    difference(shown.split('\n'), output, loose) === undefined;
  t.ok(same('a\nb', '\na  \nb\n'));
  t.notOk(same('a', 'a\nb'), 'nothing may be left out');
  t.notOk(same('a\nb', 'b\na'));
  t.notOk(same('a.c', 'abc'));
  t.ok(same('…\nb\n…', 'a\nb\nc\nd') && same('a\n…', 'a') && same('a … d', 'a b c d'));
  t.notOk(same('…\nb\n…', 'a\nc'));
  t.ok(
    same('x 4.8 ms [03:47:01.175]', 'x 12 ms [11:00:59.002]', 'times') && same('127.0.0.1:1', '127.0.0.1:22', 'ports'),
  );
  t.notOk(
    same('x 4.8 ms', 'x 12 ms') || same('x 4.8 ms', 'x 12 ms', 'ports') || same('3 of 4', '3 of 5', 'times, ports'),
  );
  t.match(difference(['a', 'b'], 'a\nc'), /place: b\n/, 'the first that is not there');
  t.match(difference(['a'], 'a', 'all'), /all is none of/);
});
