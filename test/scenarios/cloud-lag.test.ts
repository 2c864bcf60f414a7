// JumpCloud has not finished: a member that the console has and LDAP has not, or the other way round, is named until both agree. Nothing else waits.
import t, { type Test } from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import type { State } from '../../src/ops/state.js';
import { Client } from '../support/client.js';
import { validateRequest, validateResponse } from '../support/jumpcloud-api.js';
import { eventually, type RunningProxy, startProxy, userDN } from '../support/proxy.js';

const UID = 'quillon.varrek';
const RIGHT = 'user-secret-5001';
const NEWCOMER = 'corvane.thessly';
const GROUP = 'wayk-users';
const lagPace = { every: 200, jitter: 0, between: 100, settle: 10, read: 0 };

async function site(t: Test, settings: Readonly<Record<string, unknown>> = {}) {
  const upstream = await StandIn.start({ console: true });
  const faults: string[] = [];
  upstream.console.onCall = ({ method, path, query, body, status, answer }) => {
    if (path === '/oauth2/token') return;
    faults.push(...validateRequest(method, path, query, method === 'GET' ? undefined : JSON.parse(body)));
    if (status === 200) faults.push(...validateResponse(method, path, answer));
  };
  const { urls } = upstream.console;
  const api = { clientId: upstream.clientId, clientSecret: upstream.clientSecret, urls };
  const proxy = await startProxy(
    upstream,
    {
      upstream: { api },
      ops: { http: '127.0.0.1:0' },
      directory: { refresh: '20m', maxStale: '24h', membershipAge: '1h' },
      binds: { failuresPerAccount: 1000, failuresPerAddress: 1000 },
      ...settings,
    },
    true,
    { lagPace },
  );
  t.teardown(async () => {
    await proxy.stop();
    await upstream.stop();
  });
  const lag = () => proxy.app.readiness().upstream.lag;
  return { upstream, proxy, faults, lag };
}

const page = async ({ app }: RunningProxy) => (await fetch(`${app.opsUrl}/`)).text();
const metrics = async ({ app }: RunningProxy) => (await fetch(`${app.opsUrl}/metrics`)).text();

t.test('a member whom the console has and LDAP has not is named, with since when, until LDAP has it', async (t) => {
  const { upstream, proxy, faults, lag } = await site(t, { directory: { refresh: '1s' } });
  await eventually(() => lag()?.known === true);
  t.match(lag(), { missing: { count: 0 }, left: { count: 0 }, oldestSeconds: 0, groups: 1, notCompared: [] });
  t.notMatch(await page(proxy), /still processing/);
  t.match(await metrics(proxy), /jumpgate_upstream_lag_members\{direction="missing"\} 0/);
  upstream.holdBack(true);
  upstream.addToGroup(GROUP, NEWCOMER);
  upstream.removeFromGroup(GROUP, UID);
  await eventually(() => lag()?.missing?.count === 1 && lag()?.left?.count === 1);
  t.match(lag(), { missing: { members: [{ name: NEWCOMER, group: GROUP }] }, left: { members: [{ name: UID }] } });
  t.match(
    await page(proxy),
    new RegExp(`JumpCloud is still processing 2 members: ${NEWCOMER}, ${UID} \\(to leave\\), since 2\\d{3}-`),
  );
  const told = await metrics(proxy);
  t.match(told, /jumpgate_upstream_lag_members\{direction="missing"\} 1/);
  t.match(told, /jumpgate_upstream_lag_members\{direction="left"\} 1/);
  t.match(told, /jumpgate_upstream_lag_seconds \d/);
  t.equal((await fetch(`${proxy.app.opsUrl}/readyz`)).status, 200, 'and everything is ready');
  const line = proxy.log.find((each) => each.includes('still processing'));
  t.match(line, new RegExp(`"lag.missingNames":\\["${NEWCOMER}"\\]`));

  const calls = upstream.console.calls.length;
  const client = await Client.open(proxy.url);
  t.equal((await client.bind(userDN(NEWCOMER), 'user-secret-5005')).code, 49);
  client.destroy();
  await eventually(() => proxy.log.some((each) => each.includes('"cloud.reason":"still-processing"')));
  const asked = upstream.console.calls.slice(calls).map(({ path }) => path);
  t.notOk(
    asked.some((path) => path.endsWith('/memberof')),
    'what was compared is not asked again',
  );

  upstream.holdBack(false);
  await eventually(() => lag()?.missing?.count === 0 && lag()?.left?.count === 0);
  t.notMatch(await page(proxy), /still processing/);
  await eventually(() => proxy.log.some((each) => each.includes('LDAP has all members that the console has')));
  t.same(faults, []);
});

t.test('vanishing from LDAP for a reason does not count as lag: staged, locked, expired, not bound', async (t) => {
  const { upstream, proxy, lag } = await site(t, { directory: { refresh: '1s' } });
  const members = () => proxy.app.readiness().snapshot.members ?? 0;
  const all = members();
  upstream.setTenant({ ldap: { name: 'jumpcloud', onLockout: 'remove', onExpiry: 'remove' } });
  // One is locked and one has expired from the start.
  await eventually(() => lag()?.known === true && members() === all - 2);
  const before = members();
  for (const state of ['staged', 'locked', 'passwordExpired', 'inDirectory'] as const) {
    const isOut = state !== 'inDirectory';
    upstream.setState(UID, { [state]: isOut });
    await eventually(() => members() === before - 1);
    for (let n = 0; n < 3; n++) {
      const last = lag()?.comparedAt ?? '';
      await eventually(() => lag()?.known === true && (lag()?.comparedAt ?? '') > last);
      t.match(lag(), { missing: { count: 0 }, left: { count: 0 } }, state);
    }
    upstream.setState(UID, { [state]: !isOut });
    await eventually(() => members() === before);
  }
});

t.test(
  'an API that is away, refuses or answers nonsense: unknown, no sample, and binds and searches as before',
  async (t) => {
    for (const [name, break_] of [
      ['refused', (upstream: StandIn) => upstream.console.access.denied.add('groups')],
      ['garbled', (upstream: StandIn) => upstream.console.fail({ on: /membership/, answer: 'garbage' })],
      ['away', (upstream: StandIn) => upstream.console.fail({ on: /membership/, answer: { status: 503 } })],
    ] as const) {
      const { upstream, proxy, lag } = await site(t);
      await eventually(() => lag()?.known === true);
      break_(upstream);
      await eventually(() => lag()?.known === false);
      t.match((lag() as State['upstream']['lag'])?.why, name);
      const told = await metrics(proxy);
      t.notMatch(told, /^jumpgate_upstream_lag_/m, 'no sample');
      const client = await Client.open(proxy.url);
      t.equal((await client.bind(userDN(UID), RIGHT)).code, 0);
      client.destroy();
      t.equal((await fetch(`${proxy.app.opsUrl}/readyz`)).status, 200);
    }
  },
);

t.test('without the API nothing is compared and nothing is said', async (t) => {
  const { upstream, proxy, lag } = await site(t, { upstream: {} });
  t.equal(lag(), undefined);
  t.notMatch(await metrics(proxy), /^jumpgate_upstream_lag_/m);
  t.equal(upstream.console.calls.length, 0);
});
