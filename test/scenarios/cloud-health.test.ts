// JumpCloud's API and the reader's own account, as state, metrics, page and log have them; logins and readiness do not depend on either.
import t, { type Test } from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import type { State } from '../../src/ops/state.js';
import { Client } from '../support/client.js';
import { eventually, proxyConfig, type RunningProxy, startProxy, userDN } from '../support/proxy.js';

const DAY = 86_400_000;
const READER = 'ldap-reader';

async function site(t: Test, change: (upstream: StandIn) => void = () => {}, more: object = {}) {
  const upstream = await StandIn.start({ console: true });
  t.teardown(() => upstream.stop());
  const api = { key: upstream.apiKey, urls: upstream.console!.urls };
  change(upstream);
  const settings = { upstream: { api }, ops: { http: '127.0.0.1:0' }, ...more };
  const proxy = await startProxy(upstream, settings);
  t.teardown(() => proxy.stop());
  return { upstream, proxy, settings };
}

async function at({ app }: RunningProxy, path: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${app.opsUrl}${path}`);
  return { status: answer.status, text: await answer.text() };
}

const lines = ({ log }: RunningProxy, text: string) => log.filter((line) => line.includes(text));

async function logsIn({ url }: RunningProxy): Promise<boolean> {
  const client = await Client.open(url);
  const { code } = await client.bind(userDN('quillon.varrek'), 'user-secret-5001');
  client.destroy();
  return code === 0;
}

t.test('no problems: the API is up, and nothing is said', async (t) => {
  const { proxy } = await site(t);
  await eventually(() => proxy.app.readiness().cloud?.reader !== undefined);
  t.match(proxy.app.readiness().cloud, { up: true, reader: { faults: [] }, trouble: undefined });
  t.match((await at(proxy, '/metrics')).text, /^jumpgate_cloud_up 1$/m);
  t.notOk(/JumpCloud API|trouble">/.test((await at(proxy, '/')).text));
  t.same(lines(proxy, 'reader.fault'), []);
});

t.test(
  'a password that ends soon is on the page, in a metric and in the log; a reload without the API forgets it',
  async (t) => {
    const ends = Date.now() + 10 * DAY;
    const { proxy, upstream, settings } = await site(t, (it) =>
      it.setState(READER, { passwordNeverExpires: false, passwordExpiresAt: ends }),
    );
    await eventually(() => proxy.app.readiness().cloud?.reader !== undefined);
    const [, seconds] =
      /^jumpgate_upstream_reader_password_expiry_seconds (\S+)$/m.exec((await at(proxy, '/metrics')).text) ?? [];
    t.ok(Math.abs(Number(seconds) - 10 * 86_400) < 120, `${seconds} s`);
    t.ok(
      /the password of ldap-reader expires in 9 days: then nobody can log in[\s\S]{0,200}Choose/.test(
        (await at(proxy, '/')).text,
      ),
    );
    t.match(lines(proxy, 'reader.fault'), [
      /"level":40.*"reader.fault":"password-expires","remedy":"Choose a new password.*expires in 9 days/,
    ]);
    t.ok(await logsIn(proxy));
    upstream.setState(READER, { passwordExpiresAt: Date.now() + 90 * DAY });
    const key = { upstream: { api: { key: upstream.apiKey, urls: upstream.console!.urls, orgId: upstream.orgId } } };
    await proxy.app.reload(proxyConfig(upstream, { ...settings, ...key }));
    await eventually(() => lines(proxy, 'can be used again').length === 1);
    t.same(proxy.app.readiness().cloud?.reader?.faults, []);
    await proxy.app.reload(proxyConfig(upstream, { ops: settings.ops }));
    t.equal(proxy.app.readiness().cloud, undefined, 'without the API nothing is known');
    t.notMatch((await at(proxy, '/metrics')).text, /^jumpgate_(cloud_up|upstream_reader_password_expiry_seconds) /m);
  },
);

const LOCKED = /"level":40.*"reader.fault":"locked","remedy":"Users › ldap-reader: unlock it\."/;

t.test('a reader locked while all is running is reported immediately, though its connection goes on', async (t) => {
  const { proxy, upstream } = await site(t);
  await eventually(() => proxy.app.readiness().cloud?.reader !== undefined);
  // The first poll begins at now: events before it belong to nobody.
  await eventually(() => upstream.console!.calls.some(({ path }) => path.endsWith('/events')));
  // More accounts in one poll than have a line in the log each.
  const others = Array.from({ length: 15 }, (_, i) => `somebody.${i}`);
  for (const name of others)
    upstream.console!.events.changed({ type: 'user_suspended', about: { kind: 'user', name } });
  upstream.setState(READER, { locked: true });
  await eventually(() => lines(proxy, 'reader.fault').length > 0);
  t.ok(LOCKED.test(lines(proxy, 'reader.fault').join('')));
  t.equal(lines(proxy, '"cloud.events"').length, 10);
  t.ok(/ldap-reader is locked[\s\S]{0,200}Users › ldap-reader: unlock it\./.test((await at(proxy, '/')).text));
  t.equal(proxy.app.readiness().ready, true);
  t.ok(await logsIn(proxy));
});

t.test('without Directory Insights it is asked about when the upstream refuses it', async (t) => {
  const { proxy, upstream } = await site(
    t,
    (it) => {
      it.console!.hasInsights = false;
    },
    { directory: { refresh: '1s' } },
  );
  await eventually(() => proxy.app.readiness().cloud?.reader !== undefined);
  upstream.setState(READER, { locked: true });
  upstream.dropConnections();
  await eventually(() => lines(proxy, 'reader.fault').length > 0);
  t.ok(LOCKED.test(lines(proxy, 'reader.fault').join('')));
  t.equal(proxy.app.readiness().ready, true);
});

t.test('the API refuses the key: it is said where and since when, with a remedy; nobody else notices', async (t) => {
  const { proxy } = await site(t, (it) => {
    it.console!.access.apiKey = 'jca_another-key';
  });
  await eventually(() => proxy.app.readiness().cloud?.up === false);
  const { cloud, ready } = JSON.parse((await at(proxy, '/readyz')).text) as State;
  t.equal(ready, true);
  t.match(cloud, { up: false, trouble: { fault: 'refused', message: /: 401/, remedy: /^Check upstream\.api/ } });
  t.ok(Date.parse(cloud?.trouble?.since ?? '') <= Date.now());
  t.equal((await at(proxy, '/readyz')).status, 200);
  t.ok(
    /JumpCloud API: refused for \d+ s \(since .* UTC\)[\s\S]{0,200}: 401: [\s\S]{0,300}Check upstream\.api/.test(
      (await at(proxy, '/')).text,
    ),
  );
  t.match((await at(proxy, '/metrics')).text, /^jumpgate_cloud_up 0$/m);
  t.ok(await logsIn(proxy));
});

t.test('an event that does not say whose it is may be about the reader', async (t) => {
  const { proxy, upstream } = await site(t);
  await eventually(() => proxy.app.readiness().cloud?.reader !== undefined);
  await eventually(() => upstream.console!.calls.some(({ path }) => path.endsWith('/events')));
  upstream.console!.reword = (path, body) =>
    path.endsWith('/events') && Array.isArray(body) ? body.map((one) => ({ ...one, resource: undefined })) : body;
  upstream.setState(READER, { locked: true });
  await eventually(() => lines(proxy, 'reader.fault').length > 0);
  t.ok(LOCKED.test(lines(proxy, 'reader.fault').join('')));
  t.match(lines(proxy, 'all cached passwords are dropped'), [/"cloud.events":\["locked"\],"events":1/]);
});
