// The health port.
import { request } from 'node:http';
import t from 'tap';
import { HealthServer, type Readiness } from '../../src/ops/health.js';

const READY: Readiness = {
  ready: true,
  snapshot: { present: true, ageSeconds: 3, members: 9, maxStaleSeconds: 3600 },
  upstream: { reachable: true },
  binds: { idle: 2, open: 2, connecting: 0, waiting: 0 },
  connections: 0,
};

t.test('alive is always said, ready only with a fresh snapshot', async (t) => {
  let state = READY;
  const purged: string[] = [];
  const purge = (uid: string) => Promise.resolve(purged.push(uid) === 1);
  const server = new HealthServer({ readiness: () => state, purge });
  const { port } = await server.start('127.0.0.1', 0);
  t.teardown(() => server.stop());
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
  t.equal((await ask('/healthz')).status, 200);
  const ready = await ask('/readyz?verbose');
  t.equal(ready.status, 200);
  t.same(JSON.parse(ready.body), READY);
  t.equal(ready.headers.get('cache-control'), 'no-store');
  state = { ...READY, ready: false, upstream: { reachable: false, lastError: 'no route' } };
  const stale = await ask('/readyz');
  t.equal(stale.status, 503);
  t.match(stale.body, /no route/, 'and why not');
  t.equal((await ask('/healthz')).status, 200);
  t.equal((await ask('/')).status, 404);
  t.equal((await ask('/readyz', 'POST')).status, 405);
  t.equal((await ask('/purge?user=a')).status, 405);
  t.equal((await ask('/purge', 'POST')).status, 400);
  t.same(JSON.parse((await ask('/purge?user=a%20b', 'POST')).body), { user: 'a b', remembered: true });
  t.same(JSON.parse((await ask('/purge?user=a%20b', 'POST')).body), { user: 'a b', remembered: false });
  for (const headers of [{ origin: 'https://example.org' }, { host: 'example.org' }]) {
    const status = await new Promise((resolve, reject) => {
      const options = { port, method: 'POST', path: '/purge?user=c', headers };
      request(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    t.equal(status, 403, 'a page in a browser may not');
  }
  t.same(purged, ['a b', 'a b']);
  const head = await ask('/readyz', 'HEAD');
  t.same([head.status, head.body], [503, '']);
  await t.rejects(new HealthServer({ readiness: () => READY, purge }).start('127.0.0.1', port), { code: 'EADDRINUSE' });
});
