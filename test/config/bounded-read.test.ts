// Pipes, devices and endless files in place of a file hold up nothing.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { MOST, readBounded } from '../../src/config/bounded-read.js';
import { loadConfig } from '../../src/config/load.js';
import { faultsOf } from '../support/config-faults.js';

const folder = t.testdir({});
const at = (name: string) => join(folder, name);
const LONG = 30_000;

function pipe(name: string): string {
  execFileSync('mkfifo', ['-m', '600', at(name)]);
  return at(name);
}

/** Writes into a pipe from another process. */
function feed(file: string, script: string) {
  const child = spawn('sh', ['-c', `exec >"$0"; ${script}`, file], { stdio: 'ignore' });
  t.teardown(() => child.kill('SIGKILL'));
}

const read = (passwordFile: string, patience = 0) =>
  loadConfig({
    env: {},
    patience,
    flags: { upstream: { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'r', passwordFile } } },
  }).upstream.reader.password.reveal();

t.test('a pipe that nobody writes into is a problem, as a secret and as the configuration', async (t) => {
  const idle = pipe('idle');
  t.match(
    faultsOf(() => read(idle)),
    [{ path: 'upstream.reader.passwordFile', message: /is a pipe that was empty/, remedy: /path of a file/ }],
  );
  t.match(
    faultsOf(() => loadConfig({ env: {}, flags: {}, file: idle, patience: 0 })),
    [{ path: idle, message: /is a pipe/ }],
  );
});

t.test('a pipe that is written into late, or bit by bit, is read to its end', async (t) => {
  const late = pipe('late');
  feed(late, 'sleep 0.1; printf sec; sleep 0.1; printf ret');
  t.equal(read(late, LONG), 'secret');
  const large = pipe('large');
  feed(large, `head -c 300000 /dev/zero | tr '\\0' x`);
  const octets = readBounded(large, LONG);
  t.equal(octets.length, 300_000);
  t.ok(octets.every((octet) => octet === 'x'.charCodeAt(0)));
});

t.test('a pipe that is never closed is given up', async (t) => {
  const open = pipe('open');
  feed(open, 'printf half; exec sleep 60');
  t.throws(() => readBounded(open, 500), { code: 'ETIMEDOUT' });
});

t.test('a file without an end, or of more than can be meant, is refused', async (t) => {
  writeFileSync(at('most'), '', { mode: 0o600 });
  truncateSync(at('most'), MOST);
  t.equal(readBounded(at('most'), 0).length, MOST);
  truncateSync(at('most'), MOST + 1);
  for (const file of ['/dev/zero', at('most')])
    t.match(
      faultsOf(() => read(file)),
      [{ message: /is larger than 16 MiB/ }],
      file,
    );
  t.match(
    faultsOf(() => loadConfig({ env: {}, flags: {}, file: '/dev/zero' })),
    [{ path: '/dev/zero', message: /is larger than 16 MiB/ }],
  );
});

t.test('files whose size the system does not know are read whole', async (t) => {
  t.match(readBounded('/proc/self/status', 0).toString(), /^Name:[\s\S]*ctxt_switches/);
  t.equal(readBounded('/dev/null', 0).length, 0);
  writeFileSync(at('empty'), '');
  chmodSync(at('empty'), 0o600);
  t.equal(readBounded(at('empty'), 0).length, 0);
});
