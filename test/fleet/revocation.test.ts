// JumpCloud's events in a fleet: one instance receives them, and the others immediately revoke what they revoke, sessions included.
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { eventually, type RunningProxy, startProxy, userDN } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';

const ADA = { uid: 'quillon.varrek', password: 'user-secret-5001' };
const BEN = { uid: 'mirelle.oskand', password: 'user-secret-5002' };

t.test('an event at one instance revokes at another one, which asks JumpCloud nothing itself', async (t) => {
  const upstream = await StandIn.start({ console: true });
  t.teardown(() => upstream.stop());
  const redis = await TestRedis.start(t);
  const fleet = { url: redis.url, key: randomBytes(32).toString('hex'), decisionTime: '5s' };
  const start = async (instance: string, more: object) => {
    const settings = { fleet: { ...fleet, instance }, binds: { cache: { ttl: '10m' }, refusedTtl: '10m' }, ...more };
    const proxy = await startProxy(upstream, settings);
    t.teardown(() => proxy.stop());
    return proxy;
  };
  const { clientId, clientSecret } = upstream;
  const hearing = await start('hears', { upstream: { api: { clientId, clientSecret, urls: upstream.console.urls } } });
  const other = await start('other', {});
  await eventually(() => [hearing, other].every(({ app }) => app.readiness().fleet?.together === true));
  // The first poll begins at now: earlier events reach nobody.
  await eventually(() => upstream.console.calls.some(({ path }) => path.endsWith('/events')));

  const session = async ({ uid, password }: typeof ADA) => {
    const client = await Client.open(other.url);
    t.teardown(() => client.destroy());
    t.equal((await client.bind(userDN(uid), password)).code, 0);
    return async () => {
      const { entries } = await client.search({ base: userDN(uid), scope: 0 });
      return entries.length === 1;
    };
  };
  const [adaIsThere, benIsThere] = [await session(ADA), await session(BEN)];
  t.ok((await adaIsThere()) && (await benIsThere()));
  t.equal(await asked(upstream, other, ADA), 0, 'remembered');
  t.equal(await asked(upstream, other, BEN), 0, 'remembered');
  const old = { ...ADA, password: 'an old one' };
  t.equal(await asked(upstream, other, old), 1);
  t.equal(await asked(upstream, other, old), 0, 'refused from the cache');

  const happens = (type: string, name: string) =>
    upstream.console.events.changed({ type, about: { kind: 'user', name } });
  happens('user_password_change', ADA.uid);
  happens('user_mfa_exclusion_expired', BEN.uid);
  await heard(async () => !(await adaIsThere()));
  t.equal(await asked(upstream, other, ADA), 1, 'what was accepted is forgotten');
  t.equal(await asked(upstream, other, old), 1, 'what was refused is asked about again');
  await heard(async () => (await asked(upstream, other, BEN)) === 1);
  t.ok(await benIsThere(), 'a second factor ends no session');
  t.equal(await asked(upstream, other, BEN), 0, 'cached again');

  happens('authnpolicy_update', 'all');
  await heard(async () => (await asked(upstream, other, BEN)) === 1);
  t.ok(await benIsThere());
});

/** How many binds reach the upstream for one login. */
async function asked(upstream: StandIn, { url }: RunningProxy, { uid, password }: typeof ADA): Promise<number> {
  const client = await Client.open(url);
  const reached = () => upstream.bindNames.filter((name) => name.startsWith(`uid=${uid},`)).length;
  const before = reached();
  await client.bind(userDN(uid), password);
  client.destroy();
  return reached() - before;
}

/** An instance asks for events each 12 s. */
async function heard(condition: () => Promise<boolean>): Promise<void> {
  await eventually(condition).catch(() => eventually(condition));
}
