// The examples of the documents: each fenced block is run and what it shows compared, or checked, or says why not. CONTRIBUTING.md has the markers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { PEOPLE } from '../../src/demo/people.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { ownCertificate } from '../support/certificate.js';
import { blocksOf, commandsOf, exampleDocuments, spansOf } from '../support/examples/blocks.js';
import { kindOf } from '../support/examples/kinds.js';
import { Place } from '../support/examples/place.js';
import { Scene } from '../support/examples/scene.js';
import { isWhole, loadExample, snippetFault } from '../support/examples/snippets.js';
import { misspeltIn } from '../support/examples/speech.js';
import { freePort } from '../support/ports.js';

const documents = new Map(exampleDocuments().map((name) => [name, readFileSync(name, 'utf8')]));
const blocks = [...documents].flatMap(([name, text]) => blocksOf(name, text));
const plays = blocks.map((block) => ({ block, kind: kindOf(block), where: `${block.document}:${block.line}` }));

/** Somebody whom operators ask about; a member. */
const ADA = { uid: 'ada.example', password: 'user-secret-5099' };
/** A hash of it stands where documents have `$scrypt$…`. */
const PASSWORD = 'account-secret-6000';
/** Documents that speak of an instance that runs where `ops.http` says; others have none there. */
const BESIDE_AN_INSTANCE = ['docs/operations.md', 'docs/directory.md', 'docs/jumpcloud-api.md'];

const upstream = await StandIn.start();
t.teardown(() => upstream.stop());
upstream.addPerson({ ...ADA, givenName: 'Ada', sn: 'Example', number: 99, state: {} });
upstream.addToGroup('wayk-users', ADA.uid);

const address = async () => `127.0.0.1:${await freePort()}`;
const [ldap, ops, nobody] = [await address(), await address(), await address()];
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { demo: string } };
const ports = `--port ${ldap.split(':')[1]} --ops-port ${ops.split(':')[1]}`;

const place = new Place(t, {
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
  env: {
    JUMPGATE_UPSTREAM_URLS: upstream.url,
    JUMPGATE_UPSTREAM_CA_FILE: '/etc/jumpgate/ca.pem',
    JUMPGATE_LISTEN_LDAP: ldap,
    PASSWORD,
  },
});
const scene = new Scene({
  ...{ place, ldap, ops },
  passwords: Object.fromEntries([...PEOPLE, ADA].map(({ uid, password }) => [uid, password])),
});

for (const [name, content] of Object.entries({
  'reader.password': upstream.reader.password,
  'api.secret': 'api-secret',
  'vault.password': 'vault-secret',
  'fleet.password': 'fleet-secret',
  'fleet.key': '0123456789abcdef'.repeat(4),
  'ca.pem': upstream.caPem,
}))
  place.write(join(place.etc, name), content);
await ownCertificate(await makeAuthority(), place.etc);

/** Both where a document looks for it and where it works. */
function configure(text: string): void {
  const files = { 'jumpgate.yaml': text, 'new.yaml': `${text}\ngroup: Engineering\n` };
  for (const [name, content] of Object.entries(files))
    for (const folder of [place.folder, place.etc]) place.write(join(folder, name), place.here(content));
}
const smallest = plays.find(({ block, kind }) => kind?.kind === 'configuration' && block.document === 'README.md')!;
const usual = `${smallest.block.lines.join('\n')}\nlocal: { baseDN: "dc=example,dc=com" }`;

// As docs/operations.md makes one.
place.replace('$scrypt$…', (await place.run('echo -n "$PASSWORD" | jumpgate hash')).out.trim());

t.test('every block of every document is run, checked, or says why not', async (t) => {
  const counts = new Map<string, number>();
  for (const { block, kind, where } of plays) {
    t.ok(kind, `${where}: a block of ${block.language || 'no language'} that is neither run nor checked`);
    const suite = kind !== undefined && 'suite' in kind && kind.suite !== 'test' ? `, in the suite ${kind.suite}` : '';
    const name = `${kind?.kind}${suite}${kind?.kind === 'not run' ? `: ${kind.why}` : ''}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  t.comment(`${plays.length} blocks of ${documents.size} documents`);
  for (const [name, count] of [...counts].sort()) t.comment(`${count} × ${name}`);
});

t.test('commands, options, scripts, files and variables that documents name are there', async (t) => {
  let count = 0;
  for (const [name, text] of documents) {
    const commands = blocksOf(name, text).flatMap((block) => commandsOf(block.lines));
    for (const line of [...commands, ...spansOf(text)]) {
      t.same(misspeltIn(line), [], `${name}: ${line}`);
      count++;
    }
  }
  t.ok(count > 500);
});

for (const [name] of documents) {
  const own = plays.filter(({ block, kind }) => block.document === name && kind !== undefined);
  if (own.length === 0) continue;
  t.test(`${name}: examples`, async (t) => {
    scene.open(BESIDE_AN_INSTANCE.includes(name) ? ops : nobody);
    configure(usual);
    for (const { block, kind, where } of own) {
      const text = block.lines.join('\n');
      if (kind === undefined || ('suite' in kind && kind.suite !== 'test')) continue;
      if (kind.kind === 'configuration') {
        t.doesNotThrow(() => loadExample(place, text), `${where}: loads as a configuration`);
        if (isWhole(text)) configure(text);
      } else if (kind.kind === 'json') t.doesNotThrow(() => JSON.parse(text) as unknown, where);
      else if (kind.kind === 'snippet') t.equal(snippetFault(block, kind.is, place), undefined, where);
      else await scene.play(t, block, kind);
    }
  });
}
