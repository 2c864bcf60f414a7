// deploy/haproxy.cfg as it is, in a real HAProxy in front of two instances: who the clients are, and that one instance ends without losing a login.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { askSocket } from '../support/ask-socket.js';
import { Client, shakeHands } from '../support/client.js';
import { startDaemon } from '../support/daemon.js';
import { freePort } from '../support/ports.js';
import { type Product, startProduct } from '../support/product.js';
import { eventually, userDN } from '../support/proxy.js';
import { without } from '../support/site.js';

const HAPROXY = '/usr/sbin/haproxy';
const CONFIG = 'deploy/haproxy.cfg';
const MEMBER = [userDN('quillon.varrek'), 'user-secret-5001'] as const;
/** Logins before an instance ends, and after. */
const SOME = 100;
const APPLICATIONS = 4;

interface Balanced {
  readonly one: Product;
  readonly two: Product;
  readonly caPem: string;
  readonly ldap: number;
  readonly ldaps: number;
  /** Says something to HAProxy's own socket. */
  readonly tell: (command: string) => Promise<string>;
}

/** Two instances that trust HAProxy, or that trust another address alone. */
async function start(t: Test, trusted = '127.0.0.1'): Promise<Balanced> {
  // The path of a socket has a hundred characters at most.
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-lb-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const upstream = await StandIn.start({});
  t.teardown(() => upstream.stop());
  const authority = await makeAuthority();
  const tls = await authority.issue(['localhost', '127.0.0.1']);
  const instance = async (name: string) => {
    mkdirSync(join(folder, name));
    // At debug no line is summed up with others.
    const set = [`listen.proxyProtocol=${trusted}`, 'log.level=debug', 'binds.failuresPerAddress=100000'];
    const product = await startProduct({ upstream, folder: join(folder, name), tls, set });
    t.teardown(() => product.stop());
    return product;
  };
  const [one, two] = [await instance('one'), await instance('two')];
  const [ldap, ldaps, stats] = [await freePort(), await freePort(), join(folder, 'stats')];
  const env = {
    JUMPGATE_LDAP: `127.0.0.1:${ldap}`,
    JUMPGATE_LDAPS: `127.0.0.1:${ldaps}`,
    JUMPGATE_STATS: stats,
    JUMPGATE_ONE: new URL(one.url).host,
    JUMPGATE_TWO: new URL(two.url).host,
    JUMPGATE_ONE_TLS: new URL(one.ldapsUrl).host,
    JUMPGATE_TWO_TLS: new URL(two.ldapsUrl).host,
  };
  const tell = (command: string) => askSocket(stats, command);
  const haproxy = startDaemon(t, HAPROXY, ['-db', '-f', CONFIG], { env });
  await haproxy.until(async () => (await states(tell)).length === 4);
  return { one, two, caPem: authority.caPem, ldap, ldaps, tell };
}

interface Server {
  readonly backend: string;
  readonly name: string;
  readonly state: string;
  readonly check: string;
}

/** What HAProxy says of each server; none before it has answered. */
async function states(tell: Balanced['tell']): Promise<Server[]> {
  const rows = (await tell('show stat').catch(() => '')).split('\n').map((line) => line.split(','));
  return rows
    .filter(([, name]) => name === 'one' || name === 'two')
    .map((row) => ({ backend: row[0]!, name: row[1]!, state: row[17]!, check: row[36] ?? '' }));
}

/** From one of this machine's addresses, for a client has one of its own. */
function from(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress: address }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** As an application with a connection for each login: connect, bind, leave. The code, or 'lost' where none came. */
async function logIn({ ldap }: Pick<Balanced, 'ldap'>, address = '127.0.0.1'): Promise<number | 'lost'> {
  const client = await Client.open(await from(address, ldap));
  const result = await client.bind(...MEMBER).catch(() => undefined);
  client.destroy();
  // 52 of message 0 is the notice that the connection ends; what it answers is a bind.
  return result?.code ?? 'lost';
}

/**
 * Applications log in, each one time after the other, while instance `one` has some logins and ends by `end`, and some times more after that.
 * The number of logins for each result.
 */
async function logInsWhile(balanced: Balanced, end: () => Promise<void>): Promise<Map<number | 'lost', number>> {
  const ends = new Map<number | 'lost', number>();
  let left = Number.POSITIVE_INFINITY;
  const application = async () => {
    while (left > 0) {
      const result = await logIn(balanced);
      ends.set(result, (ends.get(result) ?? 0) + 1);
      left -= 1;
    }
  };
  const ending = async () => {
    await eventually(() => binds(balanced.one, '127.0.0.1') > SOME / 4);
    await end();
  };
  await Promise.all([
    ...Array.from({ length: APPLICATIONS }, application),
    ending().finally(() => {
      left = SOME;
    }),
  ]);
  return ends;
}

/** Logins from an address, by an instance's own log. */
const binds = (product: Product, address: string) =>
  product.log.filter((line) => line.includes(`"${address}"`) && line.includes('quillon.varrek')).length;

t.test('the defaults of deploy/haproxy.cfg make a configuration', { skip: without(HAPROXY) }, async (t) => {
  const { status, stderr } = spawnSync(HAPROXY, ['-c', '-f', CONFIG], { env: {}, encoding: 'utf8' });
  t.equal(status, 0, stderr);
  t.notMatch(stderr, /WARNING/, 'and it says nothing against it');
});

t.test(
  'the addresses of clients arrive at two instances, in cleartext and over TLS',
  { skip: without(HAPROXY) },
  async (t) => {
    const balanced = await start(t);
    const { one, two, ldaps, caPem, tell } = balanced;
    await eventually(async () => {
      const known = await states(tell);
      const checked = known.filter(({ backend }) => backend === 'jumpgate');
      return known.every(({ state }) => /^UP/.test(state)) && checked.every(({ check }) => check.endsWith('OK'));
    });
    for (let i = 0; i < 8; i++) t.equal(await logIn(balanced, '127.0.0.42'), 0);
    for (const instance of [one, two])
      await eventually(() => binds(instance, '127.0.0.42') >= 1).catch(() => t.fail('an instance has seen nobody'));
    const tls = await Client.open(await shakeHands(ldaps, caPem, { socket: await from('127.0.0.43', ldaps) }));
    t.equal((await tls.bind(...MEMBER)).code, 0, 'TLS ends at Jumpgate');
    tls.destroy();
    await eventually(() => binds(one, '127.0.0.43') + binds(two, '127.0.0.43') === 1);
    t.equal(binds(one, '127.0.0.1') + binds(two, '127.0.0.1'), 0, 'and none is HAProxy');
  },
);

t.test('an instance that does not trust HAProxy is not used', { skip: without(HAPROXY) }, async (t) => {
  const balanced = await start(t, '127.0.0.9');
  await eventually(async () => (await states(balanced.tell)).every(({ state }) => /^DOWN/.test(state)));
  t.equal(await logIn(balanced), 'lost');
});

t.test('an instance that is drained before it ends costs no login', { skip: without(HAPROXY) }, async (t) => {
  const balanced = await start(t);
  const { one, two, tell } = balanced;
  const ends = await logInsWhile(balanced, async () => {
    await tell('set server jumpgate/one state drain; set server jumpgate-tls/one state drain');
    const drained = (await states(tell)).filter(({ state }) => state.startsWith('DRAIN'));
    t.same(drained.map(({ backend, name }) => `${backend}/${name}`).sort(), ['jumpgate-tls/one', 'jumpgate/one']);
    await eventually(async () => (await one.connections()) === 0);
    const others = async () => {
      const until = binds(two, '127.0.0.1') + SOME;
      await eventually(() => binds(two, '127.0.0.1') > until);
    };
    // The last lines of its log are on their way meanwhile.
    await others();
    const had = binds(one, '127.0.0.1');
    await others();
    t.equal(binds(one, '127.0.0.1'), had, 'the drained one gets no login');
    await one.stop();
  });
  t.same([...ends.keys()], [0], JSON.stringify([...ends]));
});

t.test(
  'an instance that ends costs an application the connection it had, at most',
  { skip: without(HAPROXY) },
  async (t) => {
    const balanced = await start(t);
    const ends = await logInsWhile(balanced, () => balanced.one.stop());
    t.notOk(balanced.one.isAlive());
    const refusals = [...ends.keys()].filter((end) => end !== 0 && end !== 'lost');
    t.same(refusals, [], 'no refusal');
    t.ok((ends.get('lost') ?? 0) <= APPLICATIONS, JSON.stringify([...ends]));
  },
);
