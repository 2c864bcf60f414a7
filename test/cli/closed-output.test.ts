// Commands whose reader goes away, or whose output has no room: a quiet end, or the reason, and never a trace.
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { OpsPort } from '../support/ops.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());
const { url, orgId, reader } = upstream;
const settings = [`upstream.urls=${url}`, `upstream.orgId=${orgId}`, `upstream.reader.dn=${reader.dn}`];
const passwordFile = join(t.testdir({ password: 'x' }), 'password');
chmodSync(passwordFile, 0o600);
const set = [...settings, `upstream.reader.passwordFile=${passwordFile}`, 'ops.http=false'].flatMap((setting) => [
  '--set',
  setting,
]);

const COMMANDS = [
  ['recipe'],
  ['recipe', '--json'],
  ['recipe', 'gitlab', ...set],
  ['config', ...set],
  ['config', '--schema'],
  ['check', ...set],
  ['check', '--json', ...set],
  ['explain', 'ada', '--alone', ...set],
  ['hash'],
  ['--help'],
  ['--version'],
  ['serve', '--help'],
] as const;

interface Ended {
  readonly code: number | null;
  readonly err: string;
}

/** With a descriptor for one of its outputs, or a pipe that is closed before the command has said a word. */
function ended(
  args: readonly string[],
  stdout: number | 'closed' | 'read',
  stderr: number | 'closed' | 'read',
): Promise<Ended> {
  const kind = (output: number | string) => (typeof output === 'number' ? output : 'pipe');
  const child = spawn(process.execPath, ['dist/main.js', ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['pipe', kind(stdout), kind(stderr)],
  });
  if (stdout === 'closed') child.stdout?.destroy();
  if (stderr === 'closed') child.stderr?.destroy();
  child.stdin?.on('error', () => {}).end('a password');
  let err = '';
  if (stdout === 'read') child.stdout?.resume();
  if (stderr === 'read')
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, err })));
}

t.test('a reader that goes away ends a command quietly, as the shell knows it', async (t) => {
  for (const args of COMMANDS) {
    const { code, err } = await ended(args, 'closed', 'read');
    t.same([code, err], [141, ''], args.slice(0, 2).join(' '));
  }
});

t.test('output without room is a failure with its reason, in a line', async (t) => {
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  for (const args of COMMANDS) {
    const { code, err } = await ended(args, full, 'read');
    t.equal(code, 1, args.slice(0, 2).join(' '));
    t.match(err, /^jumpgate: standard output: ENOSPC.*\n$/m);
    t.notMatch(err, /^ +at /m, 'no trace');
  }
});

t.test('complaints that nobody reads leave the exit code as it is', async (t) => {
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  for (const stderr of ['closed', full] as const) {
    t.equal((await ended(['serve', '--nonsense'], 'read', stderr)).code, 2);
    t.equal((await ended(['config'], 'read', stderr)).code, 2);
    t.equal((await ended(['recipe', 'no-such-app'], 'read', stderr)).code, 2);
    t.equal((await ended(['healthcheck', '--url', 'http://127.0.0.1:1'], 'read', stderr)).code, 1);
  }
});

t.test('`watch | head` ends with its reader', async (t) => {
  const ops = await OpsPort.start(t);
  for (let i = 0; i < 5; i++) ops.operation(`uid=a${i}`);
  t.same(await ended(['watch', '--url', ops.url], 'closed', 'read'), { code: 141, err: '' });
});
