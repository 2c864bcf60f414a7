// Whole instances of the product over one real store and one upstream: who reads, what each reports of it, and what becomes of a stopped one.
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { runCli } from '../../src/cli/cli.js';
import { FleetNames } from '../../src/fleet/names.js';
import type { SearchRequest } from '../../src/ldap/message.js';
import type { FleetAnswer } from '../../src/ops/http/fleet-route.js';
import { ask } from '../support/fleet-store.js';
import { startProduct } from '../support/product.js';
import { eventually, proxyConfig, type RunningProxy, startProxy } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';
import { printedJson } from '../support/schemas.js';
import { assertions, SmallUpstream } from '../support/small-upstream.js';

const server = await TestRedis.start(t);
const PEOPLE = [
  { uid: 'ada', password: 'marker-password-1' },
  { uid: 'grace', password: 'marker-password-2' },
];

/** Counts the reads of the directory: each asks once for groups of both kinds. */
async function counting(t: Pick<typeof import('tap').t, 'teardown'>) {
  const upstream = await SmallUpstream.start(PEOPLE);
  t.teardown(() => upstream.stop());
  const reads = { count: 0 };
  upstream.instead = {
    beforeEntries: (request: SearchRequest) => {
      if (assertions(request.filter).includes('objectclass=posixgroup')) reads.count++;
      return [];
    },
  };
  return { upstream, reads };
}

const fleetOf = (key: string, instance: string) => ({ url: server.url, key, instance });
/** What a configuration has to have beside its fleet. */
const ENOUGH = [
  'upstream.orgId=5f1c0a9e7b3d4c2a8e6f9d10',
  'upstream.reader.user=r',
  'upstream.reader.password=marker',
  'group=g',
].flatMap((setting) => ['--set', setting]);
const someKey = () => randomBytes(32).toString('hex');

t.test('of three instances one reads; each says its part at /fleet, /readyz, /metrics and on the page', async (t) => {
  const { upstream, reads } = await counting(t);
  const key = someKey();
  const all: RunningProxy[] = [];
  for (const name of ['wiki-1', 'wiki-2', 'wiki-3']) {
    const settings = { fleet: fleetOf(key, name), ops: { http: '127.0.0.1:0' } };
    const proxy = await startProxy(upstream, settings);
    t.teardown(() => proxy.stop());
    all.push(proxy);
  }
  t.equal(reads.count, 1, 'one read for three');
  const fleets = () =>
    Promise.all(all.map(async ({ app }) => (await (await fetch(`${app.opsUrl}/fleet`)).json()) as FleetAnswer));
  await eventually(async () =>
    (await fleets()).every(({ instances }) => instances?.length === 3 && instances.every(({ ready }) => ready)),
  );
  for (const [i, { fleet, instances }] of (await fleets()).entries()) {
    t.equal(fleet.instance, `wiki-${i + 1}`);
    t.same(
      instances!.map(({ instance, role, ready, members }) => [instance, role, ready, members]),
      [
        ['wiki-1', 'reader', true, 2],
        ['wiki-2', 'taker', true, 2],
        ['wiki-3', 'taker', true, 2],
      ],
    );
    const metrics = await (await fetch(`${all[i]!.app.opsUrl}/metrics`)).text();
    t.match(metrics, new RegExp(`jumpgate_fleet_reader ${i === 0 ? 1 : 0}\\n`));
    t.match(metrics, /jumpgate_fleet_generation [0-9.e+]+\n/);
    t.match(metrics, /jumpgate_fleet_snapshot_age_seconds [0-9.]+\n/);
    const page = await (await fetch(`${all[i]!.app.opsUrl}/`)).text();
    t.match(page, i === 0 ? /this instance, for all/ : /wiki-1, for all/);
    const readyz = (await (await fetch(`${all[i]!.app.opsUrl}/readyz`)).json()) as { fleet: FleetAnswer['fleet'] };
    t.equal(readyz.fleet.reading?.role, i === 0 ? 'reader' : 'taker');
  }
  const run = async (...args: string[]) => {
    let out = '';
    let err = '';
    const io = {
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (err += text) },
      env: {},
    };
    const code = await runCli(['fleet', ...args], io as never);
    return { code, out, err };
  };
  const told = await run('--url', all[1]!.app.opsUrl!);
  t.equal(told.code, 0, told.err);
  const listed = await run('--json', '--url', all[1]!.app.opsUrl!);
  t.match(printedJson('fleet', listed.out), { fleet: { instance: 'wiki-2', up: true }, instances: { length: 3 } });
  t.match(told.out, /3 instances, wiki-1 reads for all/);
  t.match(told.out, /wiki-3 .* takes/);
  const alone = await run(
    '--alone',
    '--json',
    '--set',
    `fleet.url=${server.url}`,
    '--set',
    `fleet.key=${key}`,
    ...ENOUGH,
  );
  t.equal(alone.code, 0, alone.err);
  t.same(
    (printedJson('fleet', alone.out) as FleetAnswer).instances?.map(({ role }) => role),
    ['reader', 'taker', 'taker'],
  );
  const stranger = await run(
    '--alone',
    '--set',
    `fleet.url=${server.url}`,
    '--set',
    `fleet.key=${someKey()}`,
    ...ENOUGH,
  );
  t.match(stranger.out, /no instance is there/, 'with another key there is nobody to be seen');
  const nowhere = await run('--alone', ...ENOUGH);
  t.equal(nowhere.code, 1);
  t.match(nowhere.err, /fleet\.url is not set/);
  const none = await run('--url', 'http://127.0.0.1:1');
  t.equal(none.code, 1);
  t.match(none.err, /ECONNREFUSED/);
  await all[0]!.stop();
  await eventually(async () => (await run('--url', all[1]!.app.opsUrl!)).out.includes('wiki-2: '));
  await eventually(async () =>
    /2 instances, wiki-[23] reads for all/.test((await run('--url', all[1]!.app.opsUrl!)).out),
  );
  t.equal(reads.count, 1, 'handing over costs no read');
});

t.test('without a fleet nothing of it is reported', async (t) => {
  const { upstream } = await counting(t);
  const proxy = await startProxy(upstream, { ops: { http: '127.0.0.1:0' } });
  t.teardown(() => proxy.stop());
  t.equal((await fetch(`${proxy.app.opsUrl}/fleet`)).status, 404);
  t.notMatch(await (await fetch(`${proxy.app.opsUrl}/metrics`)).text(), /^jumpgate_fleet_[a-z]+ /m);
  t.notOk('fleet' in proxy.app.readiness());
});

t.test(
  'a whole process that is stopped while it reads for all: another one takes over, and it follows when it goes on',
  async (t) => {
    const { upstream } = await counting(t);
    const key = someKey();
    const product = (instance: string) => {
      const { url, ...rest } = fleetOf(key, instance);
      const set = [`fleet.url=${url}`, `fleet.key=${rest.key}`, `fleet.instance=${instance}`, 'directory.refresh=2s'];
      return startProduct({
        upstream: {
          ...upstream,
          url: upstream.url,
          caPem: upstream.caPem,
          orgId: upstream.orgId,
          reader: upstream.reader,
        },
        folder: t.testdir(),
        set,
      });
    };
    const first = await product('first');
    t.teardown(() => first.stop());
    const second = await product('second');
    t.teardown(() => second.stop());
    const part = async ({ opsUrl }: { opsUrl: string }) =>
      ((await (await fetch(`${opsUrl}/fleet`)).json()) as FleetAnswer).fleet.reading;
    t.equal((await part(first))?.role, 'reader');
    t.equal((await part(second))?.role, 'taker');
    process.kill(first.pid, 'SIGSTOP');
    // The lease ends 15 seconds after its last renewal.
    for (let tries = 0; tries < 3 && (await part(second))?.role !== 'reader'; tries++)
      await eventually(async () => (await part(second))?.role === 'reader').catch(() => {});
    t.equal((await part(second))?.role, 'reader');
    const { generation = 0 } = (await part(second))!;
    process.kill(first.pid, 'SIGCONT');
    await eventually(async () => (await part(first))?.role === 'taker');
    await eventually(async () => ((await part(first))?.generation ?? 0) > generation);
    t.equal((await part(second))?.role, 'reader');
    t.equal((await part(first))?.by, 'second');
  },
);

t.test('an instance that is reloaded with another key, store or none leaves its lease to the others', async (t) => {
  const { upstream, reads } = await counting(t);
  const other = await TestRedis.start(t);
  const changes = [
    { fleet: { url: server.url, key: someKey(), instance: 'first' } },
    { fleet: { url: other.url, key: someKey(), instance: 'first' } },
    {},
  ];
  for (const settings of changes) {
    const key = someKey();
    const start = async (name: string) => {
      const proxy = await startProxy(upstream, { fleet: fleetOf(key, name), ops: { http: '127.0.0.1:0' } });
      t.teardown(() => proxy.stop());
      return proxy;
    };
    const first = await start('first');
    const second = await start('second');
    const names = new FleetNames(Buffer.from(key), 'jumpgate');
    const lease = ask(server, 'KEYS', names.of('lease', '*'));
    const holder = ask(server, 'GET', lease);
    t.not(holder, '');
    const before = reads.count;
    const config = proxyConfig(upstream, { ...settings, ops: { http: '127.0.0.1:0' } });
    t.match(await first.app.reload(config), { kind: 'changed' });
    t.not(ask(server, 'GET', lease), holder, 'it is free, or the other one has it');
    t.equal(ask(server, 'HLEN', names.of('instances')), '1', 'one is left');
    await eventually(() => second.app.readiness().fleet?.reading?.role === 'reader');
    t.equal(reads.count, before, 'handing over costs no read');
    await first.stop();
    await second.stop();
  }
});

t.test('what lies in the store and what is logged names nobody', async (t) => {
  const { upstream } = await counting(t);
  const proxy = await startProxy(upstream, { fleet: fleetOf(someKey(), 'one') });
  t.teardown(() => proxy.stop());
  await eventually(() => (proxy.app.readiness().fleet?.reading?.generation ?? 0) > 0);
  const lines = proxy.log.filter((line) => line.includes('fleet'));
  t.equal(lines.filter((line) => line.includes('reads the directory for all')).length, 1);
  for (const key of ask(server, 'KEYS', '*').split('\n')) {
    const value = ask(server, ...(ask(server, 'TYPE', key) === 'hash' ? ['HGETALL', key] : ['GET', key]));
    t.notMatch(`${key} ${value}`, /\bada\b|wayk-users|grace|marker-password|reader-secret/);
  }
});
