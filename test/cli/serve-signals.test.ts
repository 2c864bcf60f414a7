// What reaches a running `serve` from its surroundings: signals at any moment, and pipes in place of its files.
import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { startProduct } from '../support/product.js';
import { eventually, userDN } from '../support/proxy.js';

const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';

t.test('a reload and a change of the log level while it drains end no running operation', async (t) => {
  const upstream = await StandIn.start();
  t.teardown(() => upstream.stop());
  const product = await startProduct({ upstream, folder: t.testdir({}) });
  t.teardown(() => product.stop());
  const client = await Client.open(product.url);
  upstream.latency = 4000;
  const answer = client.bind(ALICE, PASSWORD);
  // What came before is on its way upstream once a later connection has its answer.
  const later = await Client.open(product.url);
  t.equal((await later.bind('', '')).code, 0);
  later.destroy();
  process.kill(product.pid, 'SIGTERM');
  await eventually(() => product.log.some((line) => line.includes('"stopping')));
  for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGHUP'] as const) process.kill(product.pid, signal);
  t.equal((await answer).code, 0);
  t.same(await product.ending(), { code: 0, signal: null });
  t.match(product.log.at(-1), /"stopped"/);
});

t.test('a pipe in place of the password’s file keeps the old configuration and holds up nobody', async (t) => {
  const upstream = await StandIn.start();
  t.teardown(() => upstream.stop());
  const folder = t.testdir({});
  const product = await startProduct({ upstream, folder });
  t.teardown(() => product.stop());
  execFileSync('mkfifo', ['-m', '600', join(folder, 'pipe')]);
  renameSync(join(folder, 'pipe'), join(folder, 'reader.password'));
  process.kill(product.pid, 'SIGHUP');
  await eventually(() => product.log.some((line) => /old one is kept/.test(line) && /is a pipe/.test(line)));
  const client = await Client.open(product.url);
  t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
  client.destroy();
  await product.stop();
  t.same(await product.ending(), { code: 0, signal: null });
});
