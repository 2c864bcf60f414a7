// Which file a command reads, and what it says where there is none.

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lchownSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { findConfigFile } from '../../src/config/find-file.js';

const folder = t.testdir({ empty: {}, password: 'x' });
const program = resolve('dist/main.js');
const yaml = (group: string) =>
  `group: ${group}\nupstream: { orgId: 5f1c0a9e7b3d4c2a8e6f9d10, reader: { user: r, passwordFile: ../password } }\nops: { http: 127.0.0.1:1 }\n`;

function place(name: string, group: string): string {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'jumpgate.yaml'), yaml(group), { mode: 0o640 });
  return join(folder, name);
}

function run(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  const options = { cwd, encoding: 'utf8', env: { PATH: process.env.PATH, ...env } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options);
  return { status, stdout, stderr };
}

t.test('a file that is named, else that of the variable, else the one in the working folder', async (t) => {
  const [here, other, third] = [place('here', 'here'), place('other', 'other'), place('third', 'third')];
  const env = { JUMPGATE_CONFIG: join(other, 'jumpgate.yaml') };
  for (const [args, variables, group] of [
    [[], {}, 'here'],
    [[], env, 'other'],
    [['--config', join(third, 'jumpgate.yaml')], env, 'third'],
    [[], { JUMPGATE_CONFIG: '' }, 'here'],
  ] as const) {
    const { status, stdout } = run(['config', '--json', ...args], here, variables);
    t.equal(status, 0);
    t.match(JSON.parse(stdout), { group: { name: group } });
  }
  t.match(
    run(['healthcheck'], here).stderr,
    /127\.0\.0\.1:1\/healthz.*ECONNREFUSED/,
    'a health check looks there, too',
  );
});

t.test('where there is none, a fault says what was looked for', async (t) => {
  const none = run(['config'], join(folder, 'empty'));
  t.equal(none.status, 2);
  t.match(
    none.stderr,
    /no file: --config and JUMPGATE_CONFIG name none.*empty\/jumpgate\.yaml nor \/etc\/jumpgate\/jumpgate\.yaml/,
  );
  const check = run(['check'], join(folder, 'empty'));
  t.match(check.stdout, /upstream\.orgId is missing[\s\S]*looked at: no file/);
  const here = place('faulty', 'x');
  writeFileSync(join(here, 'jumpgate.yaml'), 'group: x\n');
  t.ok(run(['config'], here).stderr.includes(`(${join(here, 'jumpgate.yaml')})`), 'and else which one was read');
});

t.test('a file of another user that nobody has named is not read', async (t) => {
  const here = place('foreign', 'foreign');
  const file = join(here, 'jumpgate.yaml');
  chmodSync(file, 0o666);
  const open = run(['config'], here);
  t.equal(open.status, 2);
  t.match(open.stderr, /can be changed by every user.*--config \.\/jumpgate\.yaml/);
  t.equal(run(['config', '--config', './jumpgate.yaml'], here).status, 0);
  chmodSync(file, 0o644);
  if (process.getuid?.() !== 0) return;
  chownSync(file, 12345, 12345);
  t.match(run(['config'], here), { status: 2, stderr: /belongs to user 12345/ });
  t.match(run(['healthcheck'], here), { status: 2 });
  // A link of another user leads to whatever that user likes, also to a file of ours.
  renameSync(file, join(here, 'ours.yaml'));
  chownSync(join(here, 'ours.yaml'), 0, 0);
  symlinkSync('ours.yaml', file);
  t.equal(run(['config'], here).status, 0, 'a link of our own');
  lchownSync(file, 12345, 12345);
  t.match(run(['config'], here), { status: 2, stderr: /belongs to user 12345/ });
  t.equal(findConfigFile('x.yaml', {}).file, 'x.yaml');
});
