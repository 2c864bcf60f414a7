// Which file a command reads, and what it says where there is none.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { findConfigFile } from '../../src/config/find-file.js';
import { run as command } from '../support/command.js';

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
    /no file: --config and JUMPGATE_CONFIG are not set.*empty\/jumpgate\.yaml nor \/etc\/jumpgate\/jumpgate\.yaml/,
  );
  const check = run(['check'], join(folder, 'empty'));
  t.match(check.stdout, /upstream\.orgId is missing[\s\S]*looked at: no file/);
  const here = place('faulty', 'x');
  writeFileSync(join(here, 'jumpgate.yaml'), 'group: x\n');
  t.ok(run(['config'], here).stderr.includes(`(${join(here, 'jumpgate.yaml')})`), 'and else which one was read');
});

t.test('where the usual folder is closed to this user, that is said, and no file is called missing', async (t) => {
  // Everybody may walk to it.
  const open = mkdtempSync(join(tmpdir(), 'jumpgate-closed-'));
  t.teardown(() => rmSync(open, { recursive: true }));
  chmodSync(open, 0o755);
  mkdirSync(join(open, 'jumpgate'));
  const file = join(open, 'jumpgate/jumpgate.yaml');
  writeFileSync(file, '');
  t.equal(findConfigFile(undefined, {}, file).file, file);
  chmodSync(join(open, 'jumpgate'), 0o000);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_532);
  try {
    const { file: found, source } = findConfigFile(undefined, {}, file);
    t.equal(found, undefined);
    t.match(source, /user \d+ may not read .*\/jumpgate: try sudo/);
    t.notMatch(source, /neither/);
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(join(open, 'jumpgate'), 0o755);
  }
});

t.test('a health check asks a running instance although its file was made unreadable since', async (t) => {
  const here = place('broken', 'broken');
  writeFileSync(join(here, 'jumpgate.yaml'), 'upstream: {\n');
  const server = createServer((_, response) => response.end('alive'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const env = { JUMPGATE_OPS_HTTP: `127.0.0.1:${port}` };
  const asked = await command(['healthcheck', '--config', join(here, 'jumpgate.yaml')], { env });
  t.match(asked, { code: 0, err: /bracket is not closed[\s\S]*keeps its old configuration/ });
  server.close();
  const nobody = await command(['healthcheck', '--config', join(here, 'jumpgate.yaml')], { env });
  t.match(nobody, { code: 2, err: /bracket is not closed[\s\S]*ECONNREFUSED/ }, 'not an answer from an instance');
  t.equal((await command(['purge', 'ada', '--config', join(here, 'jumpgate.yaml')], { env })).code, 2);
});

t.test('a health check says when it asks somewhere else than the file was meant to say', async (t) => {
  const here = place('odd', 'odd');
  const file = join(here, 'jumpgate.yaml');
  const ask = async (yaml: string, env: NodeJS.ProcessEnv = {}) => {
    writeFileSync(file, yaml);
    return command(['healthcheck', '--config', file], { env });
  };
  // Whether anything answers there depends on the machine.
  const atDefault =
    /keeps its old configuration; asking http:\/\/127\.0\.0\.1:9389\/healthz \(the default, because ops\.http is not set\)\./;
  for (const [yaml, complaint] of [
    ['ops: 127.0.0.1:9390\n', /ops \(.*jumpgate\.yaml\): has no keys/],
    ['ops: { http: localhost }\n', /ops\.http = "localhost": must be an address with its port/],
    ['ops: { http: }\n', /ops\.http = null: must be/],
    ['ops: { http: http://127.0.0.1:9390 }\n', /ops\.http = "http:.*is a URL/],
  ] as const) {
    const { err } = await ask(yaml);
    t.match(err, complaint, yaml);
    t.match(err, atDefault, yaml);
  }
  t.match(await ask('', { JUMPGATE_OPS_HTTP: '70000' }), { err: /ops\.http = "70000": is not a port/ });
  t.match(await ask('listen: true\nops: { http: 1 }\n'), {
    code: 2,
    err: /listen \(.*asking http:\/\/127\.0\.0\.1:1\/healthz\./s,
  });
  t.match(await ask('ops: { http: 1 }\n'), {
    code: 1,
    err: /^jumpgate: http:\/\/127\.0\.0\.1:1\/healthz: .*ECONNREFUSED/,
  });
  t.match(await command(['purge', 'ada', '--config', file, '--set', 'ops.http=nowhere']), {
    code: 2,
    err: /"nowhere"/,
  });
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
