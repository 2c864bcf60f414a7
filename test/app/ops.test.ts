// The operator's view of the real product: what clients do at the LDAP port is what the HTTP port tells.
import { connect } from 'node:net';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import type { State } from '../../src/ops/state.js';
import type { OperationRecord } from '../../src/ops/telemetry/recent-operations.js';
import { ownCertificate } from '../support/certificate.js';
import { Client } from '../support/client.js';
import { BASE, eventually, proxyConfig, startProxy, userDN } from '../support/proxy.js';

const MEMBER = { dn: userDN('quillon.varrek'), password: 'user-secret-5001' };
const SECRET = 'a-password-that-nobody-has';

const authority = await makeAuthority();
const folder = t.testdir({});
const tls = await ownCertificate(authority, folder);

const upstream = await StandIn.start({ latency: 30 });
const settings = { listen: { tls, ldaps: '127.0.0.1:0' }, ops: { http: '127.0.0.1:0' } };
const proxy = await startProxy(upstream, settings);
t.teardown(async () => {
  await proxy.stop();
  await upstream.stop();
});

const get = async (path: string) => (await fetch(`${proxy.app.opsUrl}${path}`)).text();
const operations = async (query = '') =>
  (JSON.parse(await get(`/operations${query}`)) as { operations: OperationRecord[] }).operations;

t.test(
  'binds and searches are reported with reason, steps and times, and without password or value (R98, R100)',
  async (t) => {
    const client = await Client.open(proxy.url);
    await client.bind(MEMBER.dn, SECRET);
    await client.bind(userDN('corvane.thessly'), 'user-secret-5005');
    await client.bind(MEMBER.dn, MEMBER.password);
    await client.bind(MEMBER.dn, MEMBER.password);
    await client.search({
      base: BASE,
      filter: '(&(uid=quillon.varrek)(sAMAccountName=a-value-of-mine))',
      attributes: ['mail'],
    });
    await client.search({ base: `ou=People,${BASE}`, filter: '(uid=quillon.varrek)' });
    await client.search({ filter: '(objectClass=*)', scope: 0, attributes: ['namingContexts'] });
    client.destroy();
    const told = (await operations()).reverse();
    t.match(told, [
      { operation: 'bind', code: 49, reason: 'wrong-password', account: 'quillon.varrek' },
      { operation: 'bind', code: 49, reason: 'not-a-member', steps: [{ name: 'resolveName' }, { name: 'admit' }] },
      { operation: 'bind', code: 0, reason: 'ok', target: MEMBER.dn, channel: 'clear', address: '127.0.0.1' },
      { operation: 'bind', code: 0, reason: 'ok', upstreamMs: 0 },
      {
        operation: 'search',
        account: 'quillon.varrek',
        search: {
          base: BASE,
          filter: '(&(uid=…)(sAMAccountName=…))',
          attributes: ['mail'],
          missing: ['sAMAccountName'],
        },
      },
      { operation: 'search', code: 32, reason: 'not-found' },
      { operation: 'search', code: 0, entries: 1, search: { missing: [] } },
    ]);
    t.ok(
      (told[0]?.upstreamMs ?? 0) > 0 && (told[0]?.upstreamMs ?? 0) <= (told[0]?.ms ?? 0),
      'of its time some was upstream',
    );
    t.ok((told[1]?.upstreamMs ?? 0) > 0, 'a look-up is upstream, too');
    t.match(await operations('?user=quillon&reason=wrong-password'), [{ code: 49 }]);
    const page = await get('/');
    const everything = [JSON.stringify(told), page, await get('/metrics'), await get('/readyz')].join();
    for (const secret of [SECRET, MEMBER.password, 'a-value-of-mine', 'user-secret-5005'])
      t.notOk(everything.includes(secret), secret);
    t.match(page, /not-a-member/);
  },
);

t.test('the metrics count what has happened', async (t) => {
  const text = await get('/metrics');
  for (const line of [
    'jumpgate_operations_total{type="bind",code="49",reason="wrong-password"} 1',
    'jumpgate_operations_total{type="bind",code="0",reason="ok"} 2',
    'jumpgate_operations_total{type="search",code="32",reason="not-found"} 1',
    'jumpgate_verdict_recalls_total{result="hit"} 1',
    'jumpgate_verdict_recalls_total{result="miss"} 2',
    'jumpgate_bind_upstream_duration_seconds_count 3',
    'jumpgate_snapshot_members 9',
    'jumpgate_ready 1',
  ])
    t.ok(text.includes(`${line}\n`), line);
});

t.test('readyz tells every part, the certificates of both sides included', async (t) => {
  const state = JSON.parse(await get('/readyz')) as State;
  t.match(state.instance, /./);
  t.match(state.apps[0], { groups: [/./], baseDN: /=/ }, 'and which instance it is, for whom');
  t.match(state, {
    ready: true,
    listener: { ldap: proxy.app.ldapUrl, ldaps: proxy.app.ldapsUrl, startTLS: true, certificate: { daysLeft: 29 } },
    snapshot: { present: true, members: 9 },
    upstream: { reachable: true, addresses: [{ healthy: true, failures: 0, certificate: { daysLeft: 29 } }] },
    binds: { waiting: 0, size: 32 },
  });
});

t.test('a connection that is ended is counted by why', async (t) => {
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.write('GET / HTTP/1.0\r\n\r\n');
  await eventually(async () =>
    (await get('/metrics')).includes('jumpgate_connection_faults_total{fault="malformed message"} 1\n'),
  );
});

t.test('an unavailable upstream is reported, by address', async (t) => {
  await upstream.stop();
  const client = await Client.open(proxy.url);
  t.not((await client.bind(userDN('svenja.ulmarik'), 'x')).code, 49);
  client.destroy();
  await eventually(async () => {
    const { upstream: side } = JSON.parse(await get('/readyz')) as State;
    return side.addresses[0]?.healthy === false;
  });
  t.match(await get('/metrics'), /jumpgate_upstream_up\{address="127\.0\.0\.1:\d+"\} 0/);
  t.match((await operations('?user=svenja'))[0]?.reason, /^upstream-/);
});

t.test('a token that a reload brings counts immediately', async (t) => {
  const token = 'a-token-of-thirty-two-characters';
  const config = proxyConfig(upstream, { ...settings, ops: { ...settings.ops, token } });
  t.match(await proxy.app.reload(config), { kind: 'changed' });
  t.equal((await fetch(`${proxy.app.opsUrl}/operations`)).status, 401);
  const headers = { authorization: `Bearer ${token}` };
  t.equal((await fetch(`${proxy.app.opsUrl}/operations`, { headers })).status, 200);
  t.notOk(proxy.log.join().includes(token));
});
