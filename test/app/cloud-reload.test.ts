// JumpCloud's API is added, changed and removed by a reload: connections, the mirror and logins do not notice.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { eventually, proxyConfig, startProxy, userDN } from '../support/proxy.js';

t.test('a reload brings the API, another credential, and takes it away', async (t) => {
  const upstream = await StandIn.start({ console: true });
  t.teardown(() => upstream.stop());
  const binds = { failuresPerAccount: 1000, failuresPerAddress: 1000, refusedTtl: '0s' };
  const proxy = await startProxy(upstream, { binds });
  t.teardown(() => proxy.stop());
  const { urls } = upstream.console!;
  const client = await Client.open(proxy.url);
  const findings = () => proxy.log.filter((line) => line.includes('"cloud.reason"'));
  const searches = upstream.counters.searches;
  const refused = async (uid: string) => t.equal((await client.bind(userDN(uid), 'some-other-5099')).code, 49);
  const use = (api: object) => proxy.app.reload(proxyConfig(upstream, { binds, upstream: { api } }));

  await refused('quillon.varrek');
  t.equal(upstream.console!.calls.length, 0, 'nobody is asked');
  t.match(await use({ key: upstream.apiKey, urls }), { kind: 'changed' });
  await refused('mirelle.oskand');
  await eventually(() => findings().length === 1);
  t.match(findings()[0], '"cloud.reason":"password-wrong"');
  await use({ key: 'jca_another', urls });
  await refused('svenja.ulmarik');
  await eventually(() => findings().length === 2);
  t.match(findings()[1], '"cloud.reason":"not-known"');
  await use({});
  const calls = upstream.console!.calls.length;
  await refused('tavian.bruskel');
  t.equal((await client.bind(userDN('quillon.varrek'), 'user-secret-5001')).code, 0, 'on the same connection');
  t.equal(upstream.console!.calls.length, calls, 'nobody is asked any more');
  t.equal(findings().length, 2);
  t.ok(upstream.counters.searches - searches < 12, 'no reload has read the directory from scratch');
  client.destroy();
});
