// The log.
import { PassThrough } from 'node:stream';
import t from 'tap';
import { Trace } from '../../src/gate/trace.js';
import { createLog, logFault, logMirror, logOperation } from '../../src/ops/log.js';
import { printable } from '../../src/ops/printable.js';

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
