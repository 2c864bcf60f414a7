// Who is counted as whom: the whole product behind PROXY headers, with clients of many spellings, and connections that were reset at the door.
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { readFilter } from '../../src/ops/telemetry/operation-filter.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Client, simpleBind } from '../support/client.js';
import { eventually, type RunningProxy, withProxy as startedProxy, userDN } from '../support/proxy.js';

const PASSWORD = 'user-secret-5001';
const MEMBER = userDN('quillon.varrek');

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

const withProxy = (settings: Record<string, unknown>, use: (proxy: RunningProxy) => Promise<void>) =>
  startedProxy(upstream, settings, use);

const behind = { proxyProtocol: ['127.0.0.1'] };

/** A client that comes through the balancer and says it is at `address`. */
async function clientAt(proxy: RunningProxy, address: string): Promise<Client> {
  const client = await Client.open(proxy.url);
  const [family, own] = address.includes(':') ? ['TCP6', '::1'] : ['TCP4', '127.0.0.1'];
  client.write(Buffer.from(`PROXY ${family} ${address} ${own} 4711 389\r\n`));
  return client;
}

async function isTurnedAway(proxy: RunningProxy, address: string): Promise<boolean> {
  const client = await clientAt(proxy, address);
  const served = client.bind(MEMBER, PASSWORD).then(
    ({ code }) => code !== 0,
    () => true,
  );
  const isAway = await Promise.race([served, client.closed().then(() => true)]);
  client.destroy();
  return isAway;
}

type Spellings = readonly [string, string, string, string, ...string[]];
const IPV4: Spellings = ['198.51.100.9', '::ffff:198.51.100.9', '::FFFF:C633:6409', '0:0:0:0:0:ffff:c633:6409'];
const IPV6: Spellings = [
  '2001:db8::7',
  '2001:DB8:0:0::7',
  '2001:db8:0:0:0:0:0:7',
  '2001:db8::ffff:7',
  '2001:db8::1:2:3:4',
];

t.test('every spelling of an address, and every address of one /64, shares its connections (R67, R97)', async (t) => {
  for (const [spellings, other] of [
    [IPV4, '198.51.100.10'],
    [IPV6, '2001:db8:0:1::7'],
  ] as const) {
    await withProxy({ listen: { ...behind, limits: { connectionsPerAddress: 2 } } }, async (proxy) => {
      const held = [await clientAt(proxy, spellings[0]), await clientAt(proxy, spellings[1])];
      for (const client of held) t.equal((await client.bind(MEMBER, PASSWORD)).code, 0);
      for (const spelling of spellings) t.ok(await isTurnedAway(proxy, spelling), spelling);
      t.notOk(await isTurnedAway(proxy, other), 'a neighbour is not counted with them');
      for (const client of held) client.destroy();
      await eventually(async () => !(await isTurnedAway(proxy, spellings[2])));
    });
  }
});

t.test('the log has the address of the client itself, and its one spelling (R100)', async (t) => {
  await withProxy({ listen: behind }, async (proxy) => {
    for (const address of [IPV4[2], IPV6[1], '2001:db8::1:2:3:4']) {
      const client = await clientAt(proxy, address);
      await client.bind(MEMBER, PASSWORD);
      client.destroy();
    }
    const logged = () =>
      proxy.log
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => msg === 'bind')
        .map((fields) => fields['client.address']);
    await eventually(() => logged().length === 3);
    t.same(logged(), ['198.51.100.9', '2001:db8::7', '2001:db8::1:2:3:4']);
  });
});

t.test('an IPv4 client of a listener on [::] is an IPv4 client, and is found as one (R97, R100)', async (t) => {
  await withProxy({ listen: { ldap: '[::]:0', proxyProtocol: ['::ffff:127.0.0.3'] } }, async (proxy) => {
    const port = new URL(proxy.url).port;
    const plain = await Client.open(`ldap://127.0.0.1:${port}`);
    t.equal((await plain.bind(MEMBER, PASSWORD)).code, 0);
    plain.destroy();
    await eventually(() => proxy.log.some((line) => line.includes('"client.address":"127.0.0.1"')));
    t.notOk(proxy.log.some((line) => line.includes('::ffff')));
  });
});

t.test('a filter by address finds it however it is spelled', async (t) => {
  for (const spelling of [...IPV4, ' 198.51.100.9 '])
    t.same(readFilter(new URLSearchParams({ address: spelling })), { address: '198.51.100.9' }, spelling);
  t.same(readFilter(new URLSearchParams({ address: '' })), {});
});

/** Connects, sends, resets; this process is blocked meanwhile, so that it accepts a connection which is gone already. */
function resetBeforeAccept(port: number, octets: Buffer): void {
  const script = `
    const socket = require('node:net').connect(${port}, '127.0.0.1', () =>
      socket.write(Buffer.from('${octets.toString('hex')}', 'hex'), () => socket.resetAndDestroy()));`;
  const { status } = spawnSync(process.execPath, ['-e', script]);
  if (status !== 0) throw new Error(`the client ended with ${status}`);
}

t.test('a connection that was reset before it was accepted costs nobody an attempt (R97, R100)', async (t) => {
  for (const [what, settings, header] of [
    ['directly', {}, ''],
    ['by a balancer', behind, 'PROXY TCP4 198.51.100.9 127.0.0.1 4711 389\r\n'],
  ] as const) {
    await withProxy({ listen: settings }, async (proxy) => {
      const { binds } = upstream.counters;
      const before = proxy.app.readiness().connectionsAccepted;
      const bind = Buffer.concat([
        Buffer.from(header),
        encodeMessage({ messageID: 1, op: simpleBind(MEMBER, 'wrong') }),
      ]);
      for (let i = 0; i < 5; i++) resetBeforeAccept(Number(new URL(proxy.url).port), bind);
      await eventually(() => proxy.log.filter((line) => line.includes('reset before it was accepted')).length === 5);
      // A client that comes behind them is served, so whatever they had sent would have been read by now.
      const client = header === '' ? await Client.open(proxy.url) : await clientAt(proxy, '198.51.100.9');
      t.equal((await client.bind(MEMBER, PASSWORD)).code, 0);
      client.destroy();
      t.equal(upstream.counters.binds - binds, 1, `${what}: nothing of theirs went upstream`);
      t.equal(proxy.app.readiness().connectionsAccepted - before, 1, what);
      t.notOk(
        proxy.log.some((line) => line.includes('malformed') || line.includes('wrong-password')),
        what,
      );
    });
  }
});
