// The health port and the log.
import { request } from 'node:http';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { Trace } from '../../src/gate/trace.js';
import { HealthServer, type Readiness } from '../../src/ops/health.js';
import { createLog, logFault, logMirror, logOperation } from '../../src/ops/log.js';
import { printable } from '../../src/ops/printable.js';

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
  const explain = () => Promise.reject(new Error('nobody asked'));
  const server = new HealthServer({ readiness: () => state, purge, explain });
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
  await t.rejects(new HealthServer({ readiness: () => READY, purge, explain }).start('127.0.0.1', port), {
    code: 'EADDRINUSE',
  });
});

const SOURCE = { connection: 7, address: '192.0.2.1', port: 4711, channel: 'tls' as const };

async function logged(format: 'json' | 'pretty', write: (log: Awaited<ReturnType<typeof createLog>>) => void) {
  const stream = new PassThrough();
  const log = await createLog({ level: 'debug', format }, stream);
  write(log);
  await new Promise((resolve) => setImmediate(resolve));
  return String(stream.read() ?? '');
}

function refusedBind(name: string): Trace {
  const trace = new Trace('bind', () => 0);
  trace.name = name;
  trace.account = 'ada';
  trace.step('resolveName', `uid ${name}`);
  return trace.end(49, 'wrong-password');
}

t.test('a bind is one line with source, name, result, reason and time (R100)', async (t) => {
  const text = await logged('json', (log) => logOperation(log, refusedBind('uid=ada,ou=Users'), SOURCE));
  t.equal(text.trim().split('\n').length, 1);
  t.match(JSON.parse(text), {
    time: /^[0-9]{4}-.*Z$/,
    source: '192.0.2.1:4711',
    channel: 'tls',
    target: 'uid=ada,ou=Users',
    account: 'ada',
    code: 49,
    result: 'invalidCredentials',
    reason: 'wrong-password',
    ms: 0,
    steps: ['resolveName: uid uid=ada,ou=Users'],
    msg: 'bind',
  });
  const pretty = await logged('pretty', (log) => logOperation(log, refusedBind('uid=ada,ou=Users'), SOURCE));
  t.match(
    pretty,
    /bind uid=ada,ou=Users {2}→ 49 invalidCredentials: wrong-password {2}0 ms {2}from 192\.0\.2\.1:4711 by TLS/,
  );
});

t.test('client text and an upstream’s words stay one harmless field, whatever is in them (R99)', async (t) => {
  const evil = '\r\n{"level":60}\u001b[31m\u2028\u202e\u0000"';
  for (const format of ['json', 'pretty'] as const) {
    const text = await logged(format, (log) => {
      logOperation(log, refusedBind(evil), SOURCE);
      logFault(log, 'malformed message', evil, SOURCE);
      logMirror(log, { kind: 'failed', cause: 'failed', error: evil, keepsSnapshot: true });
    });
    t.notMatch(text, /[\u001b\u2028\u202e\u0000\r]/, format);
    t.equal(text.trim().split('\n').length, format === 'json' ? 3 : 4, 'no line of its own');
  }
  t.ok(printable('x'.repeat(100_000)).length < 300, 'and is cut');
  t.match(printable('x'.repeat(1000)), /1000 characters/);
});
