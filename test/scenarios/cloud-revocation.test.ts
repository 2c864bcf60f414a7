// A change in JumpCloud's console takes effect within seconds: on cached passwords, on open sessions and on the members; on nobody else.
import t, { type Test } from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { BASE, eventually, type RunningProxy, startProxy, userDN } from '../support/proxy.js';

const UID = 'quillon.varrek';
const RIGHT = 'user-secret-5001';
const OTHER = 'mirelle.oskand';
const OTHERS = 'user-secret-5002';

/** Nothing is read automatically, and passwords are cached for long: every change comes from an event. */
async function site(t: Test, hasApi = true) {
  const upstream = await StandIn.start({ console: true });
  const { urls } = upstream.console;
  const api = { clientId: upstream.clientId, clientSecret: upstream.clientSecret, urls };
  const proxy = await startProxy(upstream, {
    upstream: hasApi ? { api } : {},
    ops: { http: '127.0.0.1:0' },
    directory: { refresh: '20m', maxStale: '24h', membershipAge: '1h' },
    binds: { cache: { ttl: '1h' }, failuresPerAccount: 1000, failuresPerAddress: 1000 },
  });
  t.teardown(async () => {
    await proxy.stop();
    await upstream.stop();
  });
  const isRead = () => upstream.console.calls.some(({ path }) => path.endsWith('/events'));
  if (hasApi) await eventually(isRead);
  return { upstream, proxy };
}

async function bound({ url }: RunningProxy, uid: string, password: string) {
  const client = await Client.open(url);
  const { code } = await client.bind(userDN(uid), password);
  return { client, code };
}

const tryOnce = async (proxy: RunningProxy, uid: string, password: string) => {
  const { client, code } = await bound(proxy, uid, password);
  client.destroy();
  return code;
};

const seen = async (client: Client) => {
  const { entries, result } = await client.search({ base: BASE, filter: '(objectClass=inetOrgPerson)' });
  return { entries: entries.length, code: result.code, text: result.text };
};

t.test(
  'suspended: the open session sees what nobody sees, the password is asked about again, others go on',
  async (t) => {
    const { upstream, proxy } = await site(t);
    const mine = await bound(proxy, UID, RIGHT);
    const other = await bound(proxy, OTHER, OTHERS);
    const nobody = await Client.open(proxy.url);
    t.teardown(() => {
      for (const client of [mine.client, other.client, nobody]) client.destroy();
    });
    t.equal((await seen(mine.client)).entries, 1);
    const others = await seen(other.client);
    upstream.setState(UID, { suspended: true });
    t.equal(await tryOnce(proxy, UID, RIGHT), 0, 'cached until the event is there');
    await eventually(async () => (await seen(mine.client)).entries === 0);
    t.same(await seen(mine.client), await seen(nobody), 'as for nobody');
    t.same(await seen(other.client), others, 'another is left alone');
    t.equal(await tryOnce(proxy, UID, RIGHT), 49);
    t.equal(await tryOnce(proxy, OTHER, OTHERS), 0);
    const ops = proxy.app.opsUrl ?? '';
    const metrics = await (await fetch(`${ops}/metrics`)).text();
    t.match(metrics, /jumpgate_cloud_events_total\{kind="suspended"\} 1/);
    t.match(metrics, /jumpgate_cloud_revoked_sessions_total [1-9]/);
    t.match(metrics, /jumpgate_cloud_poll_age_seconds \d/);
    t.ok(proxy.log.some((line) => line.includes(UID) && line.includes('"cloud.events":["suspended"]')));
  },
);

t.test('taken from the group: within seconds, though the list is read each twenty minutes only', async (t) => {
  const { upstream, proxy } = await site(t);
  const mine = await bound(proxy, UID, RIGHT);
  t.teardown(() => mine.client.destroy());
  upstream.removeFromGroup('wayk-users', UID);
  await eventually(async () => (await seen(mine.client)).entries === 0);
  t.equal(await tryOnce(proxy, UID, RIGHT), 49);
});

t.test('without the API nothing is different', async (t) => {
  const { upstream, proxy } = await site(t, false);
  const mine = await bound(proxy, UID, RIGHT);
  t.teardown(() => mine.client.destroy());
  upstream.setState(UID, { suspended: true });
  t.equal((await seen(mine.client)).entries, 1);
  t.equal(await tryOnce(proxy, UID, RIGHT), 0);
  t.equal(upstream.console.calls.length, 0);
});
