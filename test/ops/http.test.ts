// The operator's HTTP port: who may ask what, and what is answered.
import t from 'tap';
import { OpsPort, READY } from '../support/ops.js';

const TOKEN = 'a-token-of-thirty-two-characters';

t.test('alive is always said, ready only with a fresh snapshot', async (t) => {
  const ops = await OpsPort.start(t);
  t.equal((await ops.ask('/healthz')).status, 200);
  const ready = await ops.ask('/readyz?verbose');
  t.equal(ready.status, 200);
  t.same(JSON.parse(ready.body), READY);
  t.equal(ready.headers['cache-control'], 'no-store');
  ops.state = { ...READY, ready: false, upstream: { reachable: false, lastError: 'no route', addresses: [] } };
  const stale = await ops.ask('/readyz');
  t.equal(stale.status, 503);
  t.match(stale.body, /no route/, 'and why not');
  t.equal((await ops.ask('/healthz')).status, 200);
  const head = await ops.ask('/readyz', 'HEAD');
  t.same([head.status, head.body], [503, '']);
  const nowhere = await ops.ask('/nowhere');
  t.equal(nowhere.status, 404);
  t.match(nowhere.body, /GET \/metrics/, 'what there is instead');
  t.equal((await ops.ask('/readyz', 'POST', OWN)).status, 405);
  await t.rejects(ops.server.start('127.0.0.1', ops.port), { code: 'ERR_SERVER_ALREADY_LISTEN' });
  await t.rejects((await OpsPort.start(t)).server.start('127.0.0.1', ops.port));
});

const OWN = { authorization: 'Bearer own-token' };

t.test('an account is forgotten by POST with the instance’s own token, and by no page in a browser', async (t) => {
  const ops = await OpsPort.start(t);
  t.equal((await ops.ask('/purge?user=a')).status, 405);
  t.equal((await ops.ask('/purge', 'POST', OWN)).status, 400);
  t.same(JSON.parse((await ops.ask('/purge?user=a%20b', 'POST', OWN)).body), { user: 'a b', remembered: true });
  t.same(JSON.parse((await ops.ask('/purge?user=a%20b', 'POST', OWN)).body), { user: 'a b', remembered: false });
  for (const headers of [
    { origin: 'https://example.org' },
    { origin: ops.url },
    { host: 'example.org' },
    { 'sec-fetch-site': 'same-origin' },
  ])
    t.equal((await ops.ask('/purge?user=c', 'POST', { ...headers, ...OWN })).status, 403, JSON.stringify(headers));
  t.same(ops.purged, ['a b', 'a b']);
});

t.test('without the instance’s own token this machine may look and not act (R95, R119)', async (t) => {
  const ops = await OpsPort.start(t);
  for (const path of ['/purge?user=a', '/explain', '/nowhere', '/']) {
    for (const authorization of [
      '',
      'Bearer ',
      'Bearer own-toke',
      'Bearer own-token1',
      'Basic own-token',
      'own-token',
    ]) {
      const answer = await ops.ask(path, 'POST', { authorization });
      t.equal(answer.status, 401, `${path} ${authorization}`);
      t.match(JSON.parse(answer.body), { error: /Bearer/, tokenFile: '/nowhere/own.token' });
    }
    t.equal((await ops.ask(path, 'POST', { cookie: 'jumpgate=own-token' })).status, 401);
  }
  t.equal((await ops.ask('/?token=own-token')).status, 200, 'it is for no browser');
  for (const path of ['/', '/operations', '/metrics', '/readyz']) t.equal((await ops.ask(path)).status, 200, path);
  ops.ownToken = undefined;
  const answer = await ops.ask('/purge?user=a', 'POST', OWN);
  t.equal(answer.status, 401, 'where there is none nobody has it');
  t.match(answer.body, /ops\.tokenFile/);
  ops.token = TOKEN;
  t.equal((await ops.ask('/purge?user=a', 'POST', OWN)).status, 401, 'a configured one is the only one');
  t.same(ops.purged, []);
});

t.test('without a token other pages in this machine’s browser learn nothing', async (t) => {
  const ops = await OpsPort.start(t);
  for (const path of ['/', '/events', '/operations', '/metrics']) {
    for (const headers of [
      { host: `rebound.example:${ops.port}` },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
    ])
      t.equal((await ops.ask(path, 'GET', headers)).status, 403, `${path} ${JSON.stringify(headers)}`);
  }
  for (const host of ['localhost', 'LOCALHOST:9389', '127.0.0.1', '127.3.2.1:80', '[::1]:9389'])
    t.equal((await ops.ask('/operations', 'GET', { host })).status, 200, host);
  t.equal(
    (await ops.ask('/operations', 'GET', { origin: `http://127.0.0.1:${ops.port}` })).status,
    200,
    'our own page',
  );
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  t.equal((await ops.ask('/', 'GET', link)).status, 200, 'a link to it may be followed');
  const { headers } = await ops.ask('/');
  t.match(headers, { 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' });
});

t.test('without a token a port that others can reach answers nobody', async (t) => {
  const ops = await OpsPort.start(t, '0.0.0.0');
  t.equal((await ops.ask('/operations')).status, 403);
  t.same(JSON.parse((await ops.ask('/readyz')).body), { ready: true }, 'except for orchestrators’ probes');
  t.equal((await ops.ask('/healthz')).status, 200);
});

t.test('with the right token a client may ask, by whatever name, and nobody else', async (t) => {
  const ops = await OpsPort.start(t, '0.0.0.0');
  ops.token = TOKEN;
  const host = 'jumpgate.example:9389';
  for (const path of ['/', '/events', '/operations', '/metrics', '/nowhere']) {
    for (const authorization of ['', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`, 'Bearer ']) {
      const answer = await ops.ask(path, 'GET', { host, authorization });
      t.equal(answer.status, 401, `${path} ${authorization}`);
      t.match(answer.headers['www-authenticate'], /Bearer/);
    }
  }
  const authorization = `Bearer ${TOKEN}`;
  t.equal((await ops.ask('/operations', 'GET', { host, authorization })).status, 200);
  t.equal((await ops.ask('/purge?user=a', 'POST', { host, authorization })).status, 200);
  t.equal((await ops.ask('/purge?user=a', 'POST', { host })).status, 401);
  t.equal((await ops.ask('/healthz', 'GET', { host })).status, 200, 'alive is for everybody');
  t.same(JSON.parse((await ops.ask('/readyz', 'GET', { host })).body), { ready: true }, 'ready too, without the parts');
  t.match(JSON.parse((await ops.ask('/readyz', 'GET', { host, authorization })).body), { snapshot: { members: 9 } });
  ops.token = 'another-token-since-the-reload';
  t.equal(
    (await ops.ask('/operations', 'GET', { host, authorization })).status,
    401,
    'a changed token counts immediately',
  );
});

t.test('a browser shows the token once, and then has a cookie with which it may look and not act', async (t) => {
  const ops = await OpsPort.start(t);
  ops.token = TOKEN;
  t.equal((await ops.ask('/?token=wrong')).status, 401);
  const login = await ops.ask(`/?token=${TOKEN}`);
  t.equal(login.status, 303);
  t.equal(login.headers.location, '/', 'the token leaves the address line');
  const [set = ''] = login.headers['set-cookie'] ?? [];
  t.match(set, /; HttpOnly; SameSite=Strict; Path=\/$/);
  t.notMatch(set, TOKEN);
  const cookie = set.split(';')[0] ?? '';
  t.equal((await ops.ask('/operations', 'GET', { cookie: `other=1; ${cookie}` })).status, 200);
  t.equal((await ops.ask('/operations', 'GET', { cookie: `${cookie}x` })).status, 401);
  t.equal((await ops.ask('/purge?user=a', 'POST', { cookie })).status, 401);
  ops.token = 'another-token-since-the-reload';
  t.equal((await ops.ask('/operations', 'GET', { cookie })).status, 401, 'it goes with the token');
  const other = await OpsPort.start(t);
  t.equal((await other.ask(`/?token=${TOKEN}`)).status, 200, 'where no token is set none is looked at');
});

t.test(
  'the last 200 operations are listed, newest first, and may be asked for by user, address, result and reason',
  async (t) => {
    const ops = await OpsPort.start(t);
    for (let i = 0; i < 250; i++) ops.operation(`uid=u${i},dc=x`, { account: `u${i}` });
    ops.operation('uid=ada,dc=x', { account: 'ada', code: 49, reason: 'wrong-password', address: '192.0.2.9' });
    ops.operation('dc=x', { operation: 'search', code: 32, reason: 'not-found' });
    const ask = async (query: string) => {
      const { status, body } = await ops.ask(`/operations?${query}`);
      t.equal(status, 200, query);
      return (JSON.parse(body) as { operations: { target: string; serial: number }[] }).operations;
    };
    const all = await ask('');
    t.equal(all.length, 200);
    t.match(all[0], { serial: 252, operation: 'search', target: 'dc=x', code: 32, result: 'noSuchObject' });
    t.match(all.at(-1), { serial: 53, target: 'uid=u52,dc=x' });
    t.match(await ask('user=ADA'), [
      {
        account: 'ada',
        ms: 12.5,
        address: '192.0.2.9',
        time: '2026-03-01T12:00:00.000Z',
        steps: [{ name: 'resolveName', decision: 'uid uid=ada,dc=x', ms: 0 }],
      },
    ]);
    for (const query of ['address=192.0.2.9', 'result=49', 'result=InvalidCredentials', 'reason=wrong-password'])
      t.match(await ask(query), [{ account: 'ada' }], query);
    t.same(await ask('user=ada&result=0'), []);
    t.equal((await ops.ask('/operations?result=much')).status, 400);
  },
);
