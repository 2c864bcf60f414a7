// Hashed service accounts under guesses: real scrypt, counted as it is begun. Nothing here is judged by time.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { connect } from 'node:net';
import t from 'tap';
import { hashPassword } from '../../src/config/password-hash.js';
import { HASH_LIMITS } from '../../src/gate/bind/hash-queue.js';
import { Client, simpleBind } from '../support/client.js';
import {
  BASE,
  eventually,
  operatorHeaders,
  proxyConfig,
  type RunningProxy,
  startProxy,
  userDN,
} from '../support/proxy.js';
import { SmallUpstream } from '../support/small-upstream.js';

const APP = `cn=app,${BASE}`;
const OTHER = `cn=other,${BASE}`;
const CLEAR = `cn=clear,${BASE}`;
const password = 'the right one';
const passwordHash = await hashPassword(Buffer.from(password));
const otherHash = await hashPassword(Buffer.from('another right one'));
const serviceAccounts = [
  { dn: APP, passwordHash },
  { dn: OTHER, passwordHash: otherHash },
  { dn: CLEAR, password: 'in plain sight' },
];
const GUESSES = 600;

let hashes = 0;
const { scrypt } = crypto;
crypto.scrypt = ((...args: Parameters<typeof scrypt>) => {
  hashes++;
  scrypt(...args);
}) as typeof scrypt;
syncBuiltinESMExports();

const upstream = await SmallUpstream.start([{ uid: 'alice', password: 'alice-secret' }]);
t.teardown(() => upstream.stop());

type Settings = Record<string, unknown>;
const settings = (more: Settings = {}): Settings => ({
  directory: { refresh: '10m', membershipAge: '10m' },
  local: { serviceAccounts },
  // Here the queue must hold on its own: nothing else limits guesses.
  binds: { failuresPerAccount: 100_000, failuresPerAddress: 100_000 },
  ...more,
});

async function started(more: Settings = {}): Promise<RunningProxy> {
  const proxy = await startProxy(upstream, settings(more));
  t.teardown(() => proxy.stop());
  return proxy;
}

async function opened(proxy: RunningProxy): Promise<Client> {
  const client = await Client.open(proxy.url);
  t.teardown(() => client.destroy());
  return client;
}

/** A client at another address of this machine. */
async function elsewhere(proxy: RunningProxy): Promise<Client> {
  const socket = connect({ port: Number(new URL(proxy.url).port), host: '127.0.0.1', localAddress: '127.0.0.2' });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const client = await Client.open(socket);
  t.teardown(() => client.destroy());
  return client;
}

/** Hashes that were begun while this ran. */
async function hashesOf(work: () => Promise<unknown>): Promise<number> {
  const before = hashes;
  await work();
  return hashes - before;
}

/** Connections that bind each with another wrong password, and then leave, or stay. */
async function guess(proxy: RunningProxy, count: number, nameOf: (i: number) => string): Promise<Client[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const client = await Client.open(proxy.url);
      client.send(simpleBind(nameOf(i), `wrong ${i}`));
      return client;
    }),
  );
}

const codeOf = ({ received }: Client): number | undefined => {
  const op = received[0]?.op;
  return op?.kind === 'bindResponse' ? op.result.code : undefined;
};
const answered = (clients: readonly Client[]) => clients.filter((client) => codeOf(client) !== undefined).length;
const refused = ({ log }: RunningProxy) => log.filter((line) => line.includes('"busy-here"')).length;

t.test('nothing is hashed for clients that are gone but what runs already (R86)', async (t) => {
  const proxy = await started();
  const calm = proxy.app.readiness().connections;
  // Few may wait for one account: unknown names take as many turns as there are of them.
  const clients = await guess(proxy, GUESSES, (i) => (i % 4 === 0 ? APP : `cn=guess-${i},${BASE}`));
  // All have been read: a reset that overtakes the bytes before it looks like an orderly end.
  await eventually(() => answered(clients) >= GUESSES - HASH_LIMITS.placesPerAddress - HASH_LIMITS.concurrency);
  for (const client of clients) client.destroy('reset');
  await eventually(() => proxy.app.readiness().connections === calm);
  const begun = hashes;
  const client = await opened(proxy);
  t.equal((await client.bind(APP, password)).code, 0);
  t.equal(hashes - begun, 1, 'its own hash');
  t.equal(await hashesOf(() => client.bind(APP, password)), 0, 'and none the next time');
});

t.test('the right password comes behind at most four wrong ones of clients that sent theirs and closed', async (t) => {
  const proxy = await started();
  const clients = await guess(proxy, GUESSES, () => APP);
  // In order: such a client may still read, and is answered (R60).
  for (const client of clients) client.destroy();
  await eventually(() => (proxy.app.readiness().connectionsAccepted ?? 0) >= GUESSES);
  await eventually(() => refused(proxy) > GUESSES - 20);
  const client = await opened(proxy);
  const begun = hashes;
  let code = 51;
  while (code === 51) code = (await client.bind(APP, password)).code;
  t.equal(code, 0);
  t.ok(hashes - begun <= 5, `${hashes - begun} hashes, its own among them`);
});

t.test('guessers that stay get busy, and do not keep out a password that was right before', async (t) => {
  const proxy = await started();
  const app = await opened(proxy);
  t.equal((await app.bind(APP, password)).code, 0);
  const clients = await guess(proxy, GUESSES, () => APP);
  t.teardown(() => {
    for (const client of clients) client.destroy();
  });
  // One runs and four wait: all others have their answer when these are begun.
  const codes = () => clients.map(codeOf);
  await eventually(() => codes().filter((code) => code === 51).length > GUESSES / 2);
  t.equal((await (await opened(proxy)).bind(APP, password)).code, 0);
  t.equal((await app.bind(CLEAR, 'in plain sight')).code, 0, 'a cleartext password does not wait either');
  t.equal((await app.bind(userDN('alice'), 'alice-secret')).code, 0, 'nor does a user');
  t.equal((await app.bind(OTHER, 'another right one')).code, 0, 'another account has its turn');
  await eventually(() => codes().every((code) => code !== undefined));
  t.same([...new Set(codes())].sort(), [49, 51], 'nobody got in, and busy does not mean a wrong password');
  t.equal(refused(proxy), codes().filter((code) => code === 51).length);
});

t.test(
  'with limits as they are by default a guesser is hashed for three times, and stops nobody elsewhere (R113)',
  async (t) => {
    const proxy = await started({ binds: {} });
    const app = await elsewhere(proxy);
    t.equal((await app.bind(APP, password)).code, 0);
    const cost = await hashesOf(async () => {
      const clients = await guess(proxy, GUESSES, () => APP);
      await eventually(() => answered(clients) === GUESSES);
      t.same([...new Set(clients.map(codeOf))], [49]);
      for (const client of clients) client.destroy();
    });
    t.equal(cost, 3);
    t.equal(
      (await (await opened(proxy)).bind(APP, password)).code,
      49,
      'where the guesses come from, the right one too',
    );
    t.equal((await (await elsewhere(proxy)).bind(APP, password)).code, 0, 'where it logs in, it goes on (R115)');
    t.equal(proxy.app.readiness().attempts.refusedByAccount, GUESSES - 3 + 1, 'and it is counted');
  },
);

t.test('a wrong password that is repeated is not hashed again', async (t) => {
  const proxy = await started();
  const client = await opened(proxy);
  const repeat = async (name: string) => {
    for (let i = 0; i < 5; i++) t.equal((await client.bind(name, 'stale')).code, 49);
  };
  t.equal(await hashesOf(() => repeat(APP)), 1);
  t.equal(await hashesOf(() => repeat(`cn=nobody,${BASE}`)), 1, 'nor for an unknown name: it must not differ');
  t.equal(await hashesOf(() => repeat(`CN=Nobody, ${BASE}`)), 0, 'in whatever spelling');
  t.equal((await client.bind(APP, password)).code, 0);
});

t.test('a hashed account, a cleartext one and an unknown name cost and reveal the same (R3)', async (t) => {
  const proxy = await started();
  const octets = new Set<string>();
  for (const name of [APP, OTHER, CLEAR, upstream.reader.dn, `cn=nobody,${BASE}`, `ou=no,cn=where,dc=org`]) {
    const client = await Client.open(proxy.url);
    const cost = await hashesOf(async () => {
      t.equal((await client.bind(name, 'wrong')).code, 49, name);
    });
    t.equal(cost, 1, name);
    octets.add(Buffer.concat(client.raw).toString('hex'));
    client.destroy();
  }
  t.equal(octets.size, 1);
  for (const name of [`cn=nobody,${BASE}`, CLEAR])
    t.equal(
      (await (await opened(proxy)).bind(name, password)).code,
      49,
      'another account’s password is none of theirs',
    );
});

t.test('without a hashed account nothing is hashed', async (t) => {
  const proxy = await started({ local: { serviceAccounts: [{ dn: CLEAR, password: 'in plain sight' }] } });
  const client = await opened(proxy);
  const cost = await hashesOf(async () => {
    for (const name of [CLEAR, `cn=nobody,${BASE}`]) t.equal((await client.bind(name, 'wrong')).code, 49);
    t.equal((await client.bind(CLEAR, 'in plain sight')).code, 0);
  });
  t.equal(cost, 0);
});

t.test('a reload keeps what is known of a hash that stays, and nothing of one that changes', async (t) => {
  const proxy = await started();
  const client = await opened(proxy);
  t.equal((await client.bind(APP, password)).code, 0);
  t.equal((await client.bind(APP, 'another right one')).code, 49);
  const reloaded = (more: Settings) => proxy.app.reload(proxyConfig(upstream, settings(more)));
  t.match(await reloaded({ binds: { failuresPerAccount: 99_999, failuresPerAddress: 100_000 } }), { kind: 'changed' });
  t.equal(await hashesOf(async () => t.equal((await client.bind(APP, password)).code, 0)), 0);
  t.match(await reloaded({ local: { serviceAccounts: [{ dn: APP, passwordHash: otherHash }] } }), { kind: 'changed' });
  t.equal((await client.bind(APP, password)).code, 49, 'the old one is right no longer');
  t.equal((await client.bind(APP, 'another right one')).code, 0, 'the new one was wrong before, and is not now');
});

t.test('an explanation without a password leaves what is known as it is', async (t) => {
  const proxy = await started({ ops: { http: '127.0.0.1:0' } });
  const client = await opened(proxy);
  t.equal((await client.bind(APP, password)).code, 0);
  const headers = operatorHeaders(proxy.app);
  const question = { method: 'POST', headers, body: JSON.stringify({ kind: 'bind', name: APP }) };
  const answer = await fetch(`${proxy.app.opsUrl}/explain`, question);
  t.match(await answer.json(), { next: /would be compared/ });
  t.equal(await hashesOf(async () => t.equal((await client.bind(APP, password)).code, 0)), 0);
});
