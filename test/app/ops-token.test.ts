// The instance's own token, over real ports: the command line finds it automatically; others on this machine reset no limit and see no member.
import { existsSync, readdirSync, statSync } from 'node:fs';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { run } from '../support/command.js';
import { eventually, operatorHeaders, proxyConfig, type RunningProxy, startProxy, userDN } from '../support/proxy.js';

const MEMBER = userDN('quillon.varrek');
const settings = { ops: { http: '127.0.0.1:0' }, binds: { failuresPerAccount: 3 } };

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

const post = (proxy: RunningProxy, path: string, headers: Record<string, string> = {}, body = '') =>
  fetch(`${proxy.app.opsUrl}${path}`, { method: 'POST', headers, body });

t.test('who has no token resets no attempts and learns no member (R95)', async (t) => {
  const proxy = await startProxy(upstream, settings);
  t.teardown(() => proxy.stop());
  const client = await Client.open(proxy.url);
  const before = upstream.counters.binds;
  for (let i = 0; i < 20; i++) {
    t.equal((await client.bind(MEMBER, `wrong ${i}`)).code, 49);
    t.equal((await post(proxy, '/purge?user=quillon.varrek')).status, 401);
  }
  t.equal(upstream.counters.binds - before, 3, 'the limit holds');
  for (const name of ['quillon.varrek', 'corvane.thessly', 'no.such.person']) {
    const answer = await post(proxy, '/explain', {}, JSON.stringify({ kind: 'bind', name }));
    t.equal(answer.status, 401);
    t.notMatch(await answer.text(), /member|unknown|varrek/, name);
  }
  const filter = JSON.stringify({ kind: 'search', filter: '(uid=q*)' });
  t.notMatch(await (await post(proxy, '/explain', {}, filter)).text(), /quillon/);
  client.destroy();
});

t.test('the command line finds the token of the instance automatically', async (t) => {
  const proxy = await startProxy(upstream, settings);
  t.teardown(() => proxy.stop());
  const url = proxy.app.opsUrl ?? '';
  const env = { JUMPGATE_OPS_HTTP: new URL(url).host };
  const client = await Client.open(proxy.url);
  for (let i = 0; i < 4; i++) await client.bind(MEMBER, `wrong ${i}`);
  t.match(await run(['purge', 'quillon.varrek', '--url', url]), { code: 0, out: /^quillon\.varrek: / });
  t.match(await run(['purge', 'quillon.varrek'], { env }), { code: 0 }, 'by the configuration as well');
  const before = upstream.counters.binds;
  await client.bind(MEMBER, 'wrong again');
  t.equal(upstream.counters.binds - before, 1, 'upstream is asked again');
  t.match(await run(['explain', 'quillon.varrek', '--url', url]), {
    code: 0,
    err: '',
    out: /a member according to the snapshot/,
  });
  client.destroy();
});

t.test('the token lives as long as the instance, and only while none is configured', async (t) => {
  const folder = t.testdir({});
  const proxy = await startProxy(upstream, settings, true, { tokenFolders: [folder] });
  const file = proxy.app.opsTokenFile ?? '';
  t.equal(statSync(file).mode & 0o777, 0o600);
  const own = operatorHeaders(proxy.app);
  t.equal((await post(proxy, '/purge?user=a', own)).status, 200);
  const token = 'a-token-of-thirty-two-characters';
  const reload = (ops: Record<string, unknown>) =>
    proxy.app.reload(proxyConfig(upstream, { ...settings, ops: { ...settings.ops, ...ops } }));
  await reload({ token });
  t.notOk(existsSync(file));
  t.equal((await post(proxy, '/purge?user=a', own)).status, 401);
  await reload({});
  t.not(proxy.app.opsTokenFile, file);
  t.equal((await post(proxy, '/purge?user=a', own)).status, 401, 'a new one each time');
  t.equal((await post(proxy, '/purge?user=a', operatorHeaders(proxy.app))).status, 200);
  await proxy.stop();
  t.same(readdirSync(folder), []);
});

t.test('an event stream ends with the token that it was opened by', async (t) => {
  const proxy = await startProxy(upstream, settings);
  t.teardown(() => proxy.stop());
  const reload = (ops: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    proxy.app.reload(proxyConfig(upstream, { ...settings, ...more, ops: { ...settings.ops, ...ops } }));
  const open = async (token?: string) => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { status, body } = await fetch(`${proxy.app.opsUrl}/events`, { headers });
    t.equal(status, 200);
    const stream = { isOver: false };
    const read = async () => {
      for await (const _chunk of body ?? []);
      stream.isOver = true;
    };
    void read();
    return stream;
  };
  const [first, second] = ['a-token-of-thirty-two-characters', 'another-token-with-32-characters'];
  const without = await open();
  await reload({ token: first });
  await eventually(() => without.isOver);
  const old = await open(first);
  await reload({ token: first }, { binds: { failuresPerAccount: 4 } });
  const kept = await open(first);
  t.equal(old.isOver, false, 'another change ends none');
  await reload({ token: second });
  await eventually(() => old.isOver && kept.isOver);
  const last = await open(second);
  await reload({});
  await eventually(() => last.isOver);
});

t.test('where no folder takes a token it says so, works, and lets nobody act (R101)', async (t) => {
  const proxy = await startProxy(upstream, settings, true, { tokenFolders: [`${t.testdir({})}/nowhere`] });
  t.teardown(() => proxy.stop());
  t.ok(proxy.log.some((line) => line.includes('set ops.tokenFile')));
  t.equal((await post(proxy, '/purge?user=a')).status, 401);
  t.equal((await fetch(`${proxy.app.opsUrl}/healthz`)).status, 200);
  t.match(await run(['purge', 'a', '--url', proxy.app.opsUrl ?? '']), { code: 1, err: /401.*set ops\.tokenFile/ });
});
