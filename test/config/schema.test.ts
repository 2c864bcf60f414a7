// What `jumpgate config` prints: a schema that describes each key, and values that a file could say, with where they come from.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { descriptionsModule } from '../../docs/descriptions.js';
import { appKeyPaths } from '../../src/config/app-schema.js';
import { describedSchema, jsonSchema } from '../../src/config/described-schema.js';
import { loadConfig } from '../../src/config/load.js';
import { printableConfig } from '../../src/config/printable-config.js';
import { keyPaths } from '../../src/config/schema.js';
import { run } from '../support/command.js';
import { printedJson } from '../support/schemas.js';

const folder = t.testdir({ password: 'x', token: 'a-token-of-thirty-two-characters' });
const example = readFileSync('config/jumpgate.example.yaml', 'utf8');

/** Written out in the example without being at a default: what has to be set, and what follows from the upstream's host. */
const WITHOUT = ['upstream.orgId', 'upstream.reader.user', 'upstream.reader.passwordFile', 'upstream.operationTime'];

interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly anyOf?: readonly Node[];
}

function nodeAt(path: readonly string[]): Node | undefined {
  const below = (node: Node | undefined, key: string) =>
    [node, ...(node?.anyOf ?? [])].find((one) => one?.properties?.[key] !== undefined)?.properties?.[key];
  return path.reduce<Node | undefined>(below, describedSchema() as Node);
}

t.test('the schema describes every key, and has the default of each that has one', async (t) => {
  for (const path of keyPaths()) {
    const name = path.join('.');
    const node = nodeAt(path);
    t.ok((node?.description?.length ?? 0) > 15, `${name}: a description`);
    // In the example, keys without a default are in a comment.
    const isCommented = new RegExp(`^ *# +${path.at(-1)}:`, 'm').test(example);
    t.ok(node !== undefined && ('default' in node || isCommented || WITHOUT.includes(name)), `${name}: a default`);
  }
  for (const section of ['listen', 'upstream', 'group', 'local', 'directory', 'binds', 'ops'])
    t.ok((nodeAt([section])?.description?.length ?? 0) > 5, section);
});

t.test('the schema describes every key of an app, and has no default where the top level’s counts', async (t) => {
  const { items } = nodeAt(['apps']) as { items?: Node };
  const below = (node: Node | undefined, key: string) => node?.properties?.[key];
  for (const path of appKeyPaths()) {
    const node = path.reduce(below, items);
    t.ok((node?.description?.length ?? 0) > 15, `${path.join('.')}: a description`);
    t.notOk(node === undefined || 'default' in node, `${path.join('.')}: no default`);
  }
  t.match(items, { required: ['name'] });
});

t.test('the keys are those of the JSON Schema', async (t) => {
  const leaves = ({ properties }: Node, path: string): string[] =>
    properties === undefined
      ? [path]
      : Object.entries(properties).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
  t.same(
    keyPaths().map((path) => path.join('.')),
    leaves(jsonSchema() as Node, ''),
  );
});

t.test('the descriptions are the example’s comments', async (t) => {
  const written = readFileSync('src/config/descriptions.ts', 'utf8');
  t.ok(written === descriptionsModule(example), 'else run `npm run docs`');
});

t.test('what is printed loads, and says the same again', async (t) => {
  const first = loadConfig({
    file: 'config/jumpgate.example.yaml',
    env: { JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: join(folder, 'password') },
    flags: { ops: { tokenFile: join(folder, 'token') }, local: { baseDN: 'dc=example,dc=com' } },
  });
  const file = join(folder, 'printed.yaml');
  writeFileSync(file, JSON.stringify(printableConfig(first)));
  t.same(printableConfig(loadConfig({ file, env: {}, flags: {} })), printableConfig(first));
});

t.test('each value has its origin, as a comment and as JSON', async (t) => {
  const file = join(folder, 'jumpgate.yaml');
  writeFileSync(
    file,
    'upstream: { orgId: 5f1c0a9e7b3d4c2a8e6f9d10, reader: { user: r, passwordFile: password } }\ndirectory: { refresh: 20s }\nbinds: { window: 50s }\n',
  );
  const args = ['--config', file, '--set', 'binds.window=40s'];
  const env = { JUMPGATE_GROUP: 'vpn', JUMPGATE_DIRECTORY_REFRESH: '10s', JUMPGATE_LOCAL_NAMES: 'uid' };
  const { out } = await run(['config', ...args], { env });
  for (const [line, origin] of [
    ['name: vpn', 'JUMPGATE_GROUP'],
    ['refresh: 10s', 'JUMPGATE_DIRECTORY_REFRESH'],
    ['window: 40s', '--set binds.window'],
    ['ttl: 30s', 'default'],
    ['orgId: 5f1c0a9e7b3d4c2a8e6f9d10', file],
    ['names:', 'JUMPGATE_LOCAL_NAMES'],
    ['baseDN: .*', 'from upstream.orgId'],
  ])
    t.match(out, new RegExp(`^ *${line} +# ${origin}$`, 'm'));
  const json = await run(['config', '--json', ...args], { env });
  t.same(parse(out), printedJson('config', json.out), 'the comments change nothing');
  const origins = printedJson('config-origins', (await run(['config', '--origins', ...args], { env })).out);
  t.match(origins, {
    'binds.window': { value: '40s', origin: '--set binds.window' },
    'binds.cache.ttl': { value: '30s', origin: 'default' },
    'upstream.reader.passwordFile': { value: join(folder, 'password'), origin: file },
  });
});
