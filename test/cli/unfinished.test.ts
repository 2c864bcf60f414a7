// A command that cannot go on does not end as after a success.
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { run } from '../support/command.js';
import { freePort } from '../support/ports.js';

const MODULE = new URL('../../src/cli/run.ts', import.meta.url).href;

function exitOf(command: string) {
  const script = `import { exitWith } from ${JSON.stringify(MODULE)}; await exitWith(${command}, process.stderr);`;
  const args = ['--import=tsx', '--input-type=module', '-e', script];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, stderr };
}

t.test('a command that waits for nothing is a defect, and says so', async (t) => {
  const { status, stderr } = exitOf('() => new Promise(() => setTimeout(() => {}, 60_000).unref())');
  t.equal(status, 70);
  t.match(stderr, /ended before the command was finished/);
});

t.test('one that has finished has its own exit code', async (t) => {
  for (const code of [0, 4]) t.same(exitOf(`async () => ${code}`), { status: code, stderr: '' });
});

t.test('check goes on to its summary while JumpCloud’s API is away', async (t) => {
  const upstream = await StandIn.start();
  t.teardown(() => upstream.stop());
  const { writeFileSync } = await import('node:fs');
  const ca = `${t.testdir({})}/ca.pem`;
  writeFileSync(ca, upstream.caPem);
  const away = `http://127.0.0.1:${await freePort()}`;
  const settings = {
    'upstream.urls': upstream.url,
    'upstream.caFile': ca,
    'upstream.orgId': upstream.orgId,
    'upstream.reader.user': 'ldap-reader',
    'upstream.reader.password': upstream.reader.password,
    'upstream.api.key': 'jca_key',
    'upstream.api.urls.console': away,
    'upstream.api.urls.api': away,
    'listen.ldap': `127.0.0.1:${await freePort()}`,
    'ops.http': 'false',
  };
  const { code, out, err } = await run([
    'check',
    ...Object.entries(settings).map(([key, value]) => `--set=${key}=${value}`),
  ]);
  t.equal(code, 0, err);
  t.match(out, /^! api /m);
  t.match(out, /Passed, with [0-9]+ warnings?\.$/m);
});
