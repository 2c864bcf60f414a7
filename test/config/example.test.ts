// The example files: they load, they name every key, and the defaults they state are the defaults.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import { printableConfig } from '../../src/config/printable-config.js';
import { keyPaths } from '../../src/config/schema.js';

const folder = t.testdir({ password: 'secret', key: 'key', cert: 'cert' });
const env = { JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: join(folder, 'password') };

/** The file with its commented keys switched on: every comment line that holds a key and no prose. */
function everyKey(text: string): string {
  return text.replace(/^( *)# ((?:- | {2}| {4}(?=(?:console|api|token): ))?[a-zA-Z]+:(?: \S+| \[.*\])?)$/gm, '$1$2');
}

const example = readFileSync('config/jumpgate.example.yaml', 'utf8');

function pathsOf(node: unknown, path: string[] = []): string[] {
  const isSection = typeof node === 'object' && node !== null && !Array.isArray(node) && Object.keys(node).length > 0;
  if (!isSection) return [path.join('.')];
  return Object.entries(node).flatMap(([key, inner]) => pathsOf(inner, [...path, key]));
}

t.test('the example names every key and no other', async (t) => {
  // A list of accounts is one key; its own keys are shown inside the comment.
  const text = everyKey(example).replace(/^ *- dn: .*\n.*passwordHash: .*\n/m, '');
  const named = pathsOf(parse(text)).sort();
  t.same(
    named,
    keyPaths()
      .map((path) => path.join('.'))
      .filter((path) => path !== 'group')
      .sort(),
  );
});

t.test('leaving out a key with its default value changes nothing', async (t) => {
  const whole = loadConfig({ file: 'config/jumpgate.example.yaml', env, flags: {} });
  const small = join(folder, 'small.yaml');
  writeFileSync(
    small,
    'upstream: { orgId: 5f1c0a9e7b3d4c2a8e6f9d10, reader: { user: ldap-reader, passwordFile: /nowhere } }\n',
  );
  t.same(printableConfig(whole), printableConfig(loadConfig({ file: small, env, flags: {} })));
});

t.test('five apps load, each with its own gate, face and listeners', async (t) => {
  const file = join(folder, 'apps.yaml');
  chmodSync(join(folder, 'password'), 0o600);
  writeFileSync(
    file,
    readFileSync('config/apps.example.yaml', 'utf8').replaceAll(/\/etc\/jumpgate\/\w+\.password/g, 'password'),
  );
  const { apps, warnings, listen } = loadConfig({ file, env: {}, flags: {} });
  t.same(
    apps.map(({ name, isNamed, groups, everyone, local }) => [name, isNamed, everyone || groups, local.face]),
    [
      ['wiki', true, ['wiki-users', 'staff'], 'jumpcloud'],
      ['vault', true, ['vault-users'], 'jumpcloud'],
      ['hosts', true, ['admins', 'developers'], 'posix'],
      ['intranet', true, ['staff'], 'activedirectory'],
      ['backup', true, true, 'jumpcloud'],
    ],
  );
  t.same(
    apps.map(({ listen }) => (listen === 'shared' ? listen : (listen.ldap?.port ?? listen.ldapi.path))),
    ['shared', 'shared', 1390, 1391, '/run/jumpgate/backup'],
  );
  t.equal(listen.ldap?.port, 1389);
  t.same(warnings, []);
});

t.test('the configuration for Wayk Bastion loads', async (t) => {
  const config = loadConfig({ file: 'config/wayk-bastion.yaml', env, flags: {} });
  t.equal(config.group.name, 'wayk-users');
  t.equal(config.local.baseDN, undefined);
});
