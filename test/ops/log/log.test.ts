// The log and the audit stream: what they say, and that client text in them does no harm.
import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { Trace } from '../../../src/gate/trace.js';
import { openAudit } from '../../../src/ops/log/audit.js';
import { ClientLines } from '../../../src/ops/log/client-lines.js';
import { createLog, type Logger, logFault, logOperation } from '../../../src/ops/log/log.js';
import { logMirror } from '../../../src/ops/log/mirror-log.js';
import { printable } from '../../../src/ops/log/printable.js';

const SOURCE = { connection: 7, address: '192.0.2.1', port: 4711, channel: 'tls' as const };

async function logged(format: 'json' | 'pretty' | 'logfmt', write: (log: Logger) => void, level = 'debug') {
  const stream = new PassThrough();
  const { log, drain } = await createLog({ level, format }, stream);
  write(log);
  t.ok(await drain(10_000));
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
    level: 'info',
    'client.address': '192.0.2.1',
    'client.port': 4711,
    'ldap.channel': 'tls',
    'ldap.target': 'uid=ada,ou=Users',
    'user.name': 'ada',
    'ldap.code': 49,
    'ldap.result': 'invalidCredentials',
    reason: 'wrong-password',
    duration_ms: 0,
    steps: ['resolveName: uid uid=ada,ou=Users'],
    msg: 'bind',
  });
  const pretty = await logged('pretty', (log) => logOperation(log, refusedBind('uid=ada,ou=Users'), SOURCE));
  t.match(
    pretty,
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: bind uid=ada,ou=Users {2}→ 49 invalidCredentials: wrong-password {2}0 ms {2}from 192\.0\.2\.1:4711 by TLS/,
  );
  for (const level of ['warn', 'error'] as const)
    t.match(await logged('pretty', (log) => log[level]('it said')), `] ${level.toUpperCase()}: it said`);
});

t.test('logfmt: pairs on one line, quoted where that is needed', async (t) => {
  const text = await logged('logfmt', (log) => logOperation(log, refusedBind('uid=ada, ou=Users'), SOURCE));
  t.match(
    text,
    /^time=\S+Z level=info msg=bind client\.address=192\.0\.2\.1 client\.port=4711 .*ldap\.target="uid=ada, ou=Users" user\.name=ada ldap\.code=49 .*reason=wrong-password .*steps="resolveName: uid uid=ada, ou=Users"\n$/,
  );
});

t.test(
  'the audit stream has each decision about a bind, for its owner only, and goes on in a new file after rotation',
  async (t) => {
    const file = join(t.testdir({}), 'audit.jsonl');
    const audit = openAudit(file, (_what, error) => t.fail(error.message));
    const search = new Trace('search', () => 0).end(0, 'ok');
    audit.operation(search, SOURCE);
    audit.operation(refusedBind('uid=ada,ou=Users\r\n'), SOURCE);
    const linesOf = (name: string) => readFileSync(name, 'utf8').trim().split('\n');
    t.equal(linesOf(file).length, 1, 'written immediately');
    t.match(JSON.parse(linesOf(file)[0] ?? ''), {
      time: /Z$/,
      'user.name': 'ada',
      'ldap.code': 49,
      reason: 'wrong-password',
    });
    t.equal(statSync(file).mode & 0o777, 0o600);
    renameSync(file, `${file}.1`);
    audit.reopen();
    audit.operation(refusedBind('uid=bob,ou=Users'), SOURCE);
    t.match(linesOf(file)[0], /uid=bob/);
    t.equal(linesOf(`${file}.1`).length, 1);
    audit.close();
    t.throws(() => openAudit(join(file, 'below-a-file'), () => {}), { code: 'ENOTDIR' });
  },
);

t.test('client text and an upstream’s words stay one harmless field, whatever is in them (R99)', async (t) => {
  const evil = '\r\n{"level":60}\u001b[31m\u2028\u202e\u0000"';
  const mirrored = { gates: [evil], everyone: false, reader: evil };
  for (const format of ['json', 'pretty', 'logfmt'] as const) {
    const text = await logged(format, (log) => {
      logOperation(log, refusedBind(evil), SOURCE);
      logFault(log, 'malformed message', evil, SOURCE);
      logMirror(log, { kind: 'failed', cause: 'failed', error: evil, keepsSnapshot: true }, mirrored);
      logMirror(log, { kind: 'twins', count: 1, names: [evil] }, mirrored);
      logMirror(log, { kind: 'missing', groups: [{ name: evil, cause: 'no-group' }] }, mirrored);
      logMirror(log, { kind: 'read', members: 1, entries: 1, ms: 1, isFirst: true }, mirrored);
      logMirror(log, { kind: 'recovered', members: 1, failures: 1, after: 1 }, mirrored);
    });
    t.notMatch(text, /[\u001b\u2028\u202e\u0000\r]/, format);
    t.equal(text.trim().split('\n').length, format === 'pretty' ? 9 : 8, 'no line of its own');
  }
  t.ok(printable('x'.repeat(100_000)).length < 300, 'and is cut');
  t.match(printable('x'.repeat(1000)), /1000 characters/);
});

t.test('the log counts the members of several groups together, and names those that are missing', async (t) => {
  const several = { gates: ['crew', 'deck'], everyone: false, reader: 'ada' };
  const lines = async (...events: Parameters<typeof logMirror>[1][]) => {
    const text = await logged('json', (log) => {
      for (const event of events) logMirror(log, event, several);
    });
    return text
      .trim()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
  };
  const [ready, , missing, two, back, gone] = await lines(
    { kind: 'read', members: 7, entries: 9, ms: 5, isFirst: true },
    { kind: 'missing', groups: [{ name: 'deck', cause: 'no-group' }] },
    { kind: 'missing', groups: ['crew', 'deck'].map((name) => ({ name, cause: 'empty-group' as const })) },
    { kind: 'missing', groups: [] },
    { kind: 'gave-up', cause: 'no-group' },
  );
  t.match(ready, { msg: 'ready: 2 groups have 7 members, read in 5 ms' });
  t.match(missing, { msg: /one group lets nobody in/, groups: ['deck (no-group)'], remedy: /User Groups › deck/ });
  t.match(two, { msg: /2 groups let nobody in/, groups: ['crew (empty-group)', 'deck (empty-group)'] });
  t.match(back, { msg: /all groups exist again/ });
  t.match(gone, { msg: /all groups have been gone/ });
});

t.test('what repeats is one line in each form; at debug every line is whole (R120)', async (t) => {
  const repeat = (log: Logger) => {
    const lines = new ClientLines(
      log,
      (error) => t.fail(String(error)),
      () => 0,
    );
    for (let i = 0; i < 10; i++) lines.operation(refusedBind('uid=ada,ou=Users\n'), SOURCE);
    for (let i = 0; i < 10; i++) lines.fault('malformed message', 'not LDAP', SOURCE);
    for (let i = 0; i < 10; i++) lines.defect(new Error('planted'), SOURCE);
    for (let i = 0; i < 10; i++) lines.fault('TLS handshake too slow', '', { ...SOURCE, isSilent: true });
    lines.operation(new Trace('bind', () => 0).end(0, 'ok'), SOURCE);
    lines.close();
  };
  const json = (await logged('json', repeat, 'info')).trim().split('\n');
  t.equal(json.length, 3 * 3 + 3);
  t.match(JSON.parse(json.at(-3) ?? ''), {
    level: 'info',
    'client.address': '192.0.2.1',
    'user.name': 'ada',
    'ldap.target': 'uid=ada,ou=Users\\u000a',
    'ldap.code': 49,
    reason: 'wrong-password',
    repeated: 7,
    seconds: 0,
    msg: 'bind: and 7 more in 0 s',
  });
  t.match(JSON.parse(json.at(-1) ?? ''), {
    level: 'error',
    'error.message': /^Error at .*log\.test\.ts/,
    repeated: 7,
    msg: 'defect: and 7 more in 0 s',
  });
  t.match(
    await logged('pretty', repeat, 'info'),
    /bind: and 7 more in 0 s {2}client\.address=192\.0\.2\.1 .*user\.name=ada/,
  );
  t.match(
    await logged('logfmt', repeat, 'info'),
    /msg="connection: malformed message: and 7 more in 0 s" .*repeated=7/,
  );
  t.equal((await logged('json', repeat, 'debug')).trim().split('\n').length, 41);
  t.equal(await logged('json', repeat, 'fatal'), '');
});

t.test(
  'where apps have names, each line and each sum has its own; where they have none, nothing is said',
  async (t) => {
    const from = (app?: string) => ({ ...SOURCE, app });
    const repeat = (apps: readonly (string | undefined)[]) => (log: Logger) => {
      const lines = new ClientLines(
        log,
        (error) => t.fail(String(error)),
        () => 0,
      );
      for (const app of apps) {
        for (let i = 0; i < 5; i++) lines.operation(refusedBind('uid=ada'), from(app));
        for (let i = 0; i < 5; i++) lines.fault('malformed message', 'not LDAP', from(app));
        lines.defect(new Error(`planted in ${app}`), from(app));
      }
      lines.close();
    };
    const said = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const named = said(await logged('json', repeat(['wiki', 'chat']), 'info'));
    const sums = named.filter(({ repeated }) => repeated !== undefined);
    t.same(
      sums.map(({ app, repeated, msg }) => [app, repeated, String(msg).split(':')[0]]),
      ['wiki', 'chat'].flatMap((app) => [
        [app, 2, 'bind'],
        [app, 2, 'connection'],
      ]),
    );
    for (const app of ['wiki', 'chat']) t.equal(named.filter((line) => line.app === app).length, 3 + 3 + 1 + 2, app);
    t.equal(named.length, 18, 'no line without');
    t.match(Object.keys(named[0] ?? {}).join(' '), / ldap\.channel app ldap\.target /);
    t.ok(said(await logged('json', repeat([undefined]), 'info')).every((line) => !('app' in line)));
    t.match(await logged('pretty', repeat(['wiki']), 'info'), /bind uid=ada .* {2}app=wiki\n/);
    t.match(await logged('logfmt', repeat(['wiki']), 'info'), / app=wiki /);
  },
);

t.test('the audit stream counts refusals of one account in each app separately', async (t) => {
  const file = join(t.testdir({}), 'audit.jsonl');
  const audit = openAudit(file, (_what, error) => t.fail(error.message));
  for (const app of ['wiki', 'chat']) {
    for (let i = 0; i < 5; i++) audit.operation(refusedBind('uid=ada'), { ...SOURCE, app });
  }
  audit.close();
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const told = lines.map((line) => JSON.parse(line) as { app: string; repeated?: number });
  t.same(
    told.map(({ app, repeated }) => `${app} ${repeated ?? 1}`),
    ['wiki 1', 'wiki 1', 'wiki 1', 'chat 1', 'chat 1', 'chat 1', 'wiki 2', 'chat 2'],
  );
});

t.test('each kind of defect is written with its stack, whatever else its address has caused (R120)', async (t) => {
  const forged = (i: number) => new RangeError(`what a client sent\n    at forged (${i}.js:1:1)`);
  const json = await logged(
    'json',
    (log) => {
      const lines = new ClientLines(
        log,
        (error) => t.fail(String(error)),
        () => 0,
      );
      for (let i = 0; i < 1000; i++) {
        const trace = new Trace('bind', () => 0);
        trace.name = `=${i}`;
        lines.operation(trace.end(34, 'invalid-name'), SOURCE);
      }
      for (let i = 0; i < 1000; i++) lines.defect(forged(i), { ...SOURCE, address: `198.51.${i >> 8}.${i & 255}` });
      for (let i = 0; i < 10; i++) lines.defect(new TypeError('another'), SOURCE);
      lines.defect('not an Error', SOURCE);
      lines.close();
    },
    'info',
  );
  const lines = json
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => String(msg).startsWith('defect'));
  const whole = lines.filter(({ msg }) => msg === 'defect');
  t.match(
    whole.map((line) => String(line['error.message'])),
    [...Array(3).fill(/^RangeError/), ...Array(3).fill(/^TypeError: another/), /not an Error/],
  );
  for (const line of whole.slice(0, 6)) t.match((line['error.stack'] as string[])[0], /log\.test\.ts/);
  t.match(lines.slice(7), [
    { level: 'error', 'error.message': /^RangeError at forged.*log\.test/, repeated: 997 },
    { level: 'error', 'error.message': /^TypeError at .*log\.test/, repeated: 7 },
  ]);
  t.equal(lines.length, 9);
  t.ok(lines.every(({ level }) => level === 'error'));
});
