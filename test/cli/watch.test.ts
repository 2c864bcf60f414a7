// `jumpgate watch` as a shell runs it, against a port that says what the test wants.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { searchRequest } from '../support/client.js';
import { run, start } from '../support/command.js';
import { OpsPort } from '../support/ops.js';
import { eventually } from '../support/proxy.js';
import { printedJson } from '../support/schemas.js';

const folder = t.testdir({});

function happen(ops: OpsPort): void {
  ops.operation('uid=ada,dc=x', { account: 'ada' });
  ops.operation('uid=bob,dc=x', { account: 'bob', code: 49, reason: 'not-a-member', address: '192.0.2.9' });
  const request = searchRequest({ base: 'dc=x', filter: '(sAMAccountName=secret)', attributes: ['cn'] });
  ops.operation('dc=x', { operation: 'search', request, account: 'cn=app,dc=x' });
  ops.telemetry.fault('malformed message', 'not LDAP', {
    connection: 3,
    address: '192.0.2.1',
    port: 9,
    channel: 'clear',
  });
}

t.test('operations and faults are lines, with the steps below a refusal; SIGINT ends with 0', async (t) => {
  const ops = await OpsPort.start(t, '127.0.0.1', (name) => name !== 'sAMAccountName');
  ops.operation('uid=before,dc=x');
  const { child, out, finished } = start(['watch', '--url', `${ops.url}/`]);
  await eventually(() => ops.telemetry.listening === 1);
  happen(ops);
  await eventually(() => out().includes('not LDAP'));
  child.kill('SIGINT');
  const { code, err } = await finished;
  t.equal(code, 0);
  t.equal(err, '');
  const lines = out().trimEnd().split('\n');
  for (const [i, expected] of [
    /^\d\d:\d\d:\d\d bind +uid=before,dc=x → success 12\.5 ms 192\.0\.2\.1:4711$/,
    /bind +uid=ada,dc=x → success/,
    /bind +uid=bob,dc=x → 49 not-a-member 12\.5 ms 192\.0\.2\.9:4711/,
    /^ +name: uid uid=bob,dc=x$/,
    /search +dc=x sub \(sAMAccountName=…\) \[cn\] as cn=app,dc=x → success 0 entries/,
    /^ +no entry has sAMAccountName$/,
    /connection malformed message: not LDAP 192\.0\.2\.1:9$/,
  ].entries())
    t.match(lines[i], expected);
  t.equal(lines.length, 7);
  t.notMatch(out(), /\u001b|secret/, 'no colours but on a terminal, no value');
});

t.test('JumpCloud’s reason follows its refusal, over a break too, once', async (t) => {
  const ops = await OpsPort.start(t);
  const refused = (user: string, reference = '') =>
    ops.operation(`uid=${user}`, { account: user, code: 49, reason: 'wrong-password', reference });
  const before = refused('before');
  ops.found(before, 'staged');
  const { child, out, finished } = start(['watch', '--url', ops.url]);
  const json = start(['watch', '--url', ops.url, '--json', '--user', 'ada', '--last', '0']);
  await eventually(() => ops.telemetry.listening === 2);
  const ada = refused('ada', 'k7q2m');
  const bob = refused('bob');
  ops.found(ada);
  await eventually(() => out().includes('suspended'));
  ops.streams.close();
  await eventually(() => ops.telemetry.listening === 0);
  ops.found(bob, 'locked');
  const carol = refused('carol');
  ops.found(carol, 'group-rule');
  await eventually(() => out().includes('is dynamic') && json.out().includes('"found"'));
  child.kill('SIGINT');
  json.child.kill('SIGINT');
  await Promise.all([finished, json.finished]);
  const told = out()
    .split('\n')
    .filter((line) => line.includes('JumpCloud: '));
  for (const [i, expected] of [
    /^ {10}JumpCloud: The user is staged/,
    /^\d\d:\d\d:\d\d bind +uid=ada JumpCloud: The user is suspended\. reference k7q2m 192\.0\.2\.1:4711$/,
    /^\d\d:\d\d:\d\d bind +uid=bob JumpCloud: The account is locked\. 192\.0\.2\.1:4711$/,
    /^ {10}JumpCloud: The group's membership is dynamic/,
  ].entries())
    t.match(told[i], expected);
  t.equal(told.length, 4);
  const firstLines = out()
    .split('\n')
    .filter((line) => line.includes('→'));
  t.match(firstLines[0], /uid=before → 49 staged \(wrong-password\) /, 'a reason that is known leads');
  t.match(firstLines[1], /uid=ada → 49 wrong-password /, 'one that is not known yet cannot');
  const events = json
    .out()
    .trimEnd()
    .split('\n')
    .map((line) => printedJson('watch', line) as { event: string; serial: number });
  t.match(events, [{ event: 'operation' }, { event: 'found', reference: 'k7q2m', cloud: { reason: 'suspended' } }]);
  t.equal(events.length, 2);
  t.equal(events[0]?.serial, events[1]?.serial);
});

t.test('--json is an object a line, and filters are the server’s', async (t) => {
  const ops = await OpsPort.start(t);
  happen(ops);
  for (const [args, users] of [
    [['--user', 'bob'], ['bob']],
    [['--result', 'invalidCredentials'], ['bob']],
    [['--reason', 'ok', '--last', '1'], ['cn=app,dc=x']],
    [['--address', '192.0.2.9'], ['bob']],
  ] as const) {
    const { child, out, finished } = start(['watch', '--url', ops.url, '--json', ...args]);
    await eventually(() => out().split('\n').length > users.length);
    child.kill('SIGTERM');
    t.equal((await finished).code, 0);
    const records = out()
      .trimEnd()
      .split('\n')
      .map((line) => printedJson('watch', line) as { event: string; account: string });
    t.same(
      records.map(({ account }) => account),
      users,
      args.join(' '),
    );
    t.equal(records[0]?.event, 'operation');
  }
});

t.test('a break is reported once, and bridged', async (t) => {
  const ops = await OpsPort.start(t);
  const { child, out, finished } = start(['watch', '--url', ops.url]);
  await eventually(() => ops.telemetry.listening === 1);
  ops.operation('uid=a');
  await eventually(() => out().includes('uid=a'));
  ops.streams.close();
  await eventually(() => ops.telemetry.listening === 0);
  ops.operation('uid=b');
  await eventually(() => out().includes('uid=b'));
  child.kill('SIGINT');
  const { code, err } = await finished;
  t.equal(code, 0);
  t.match(err.trim().split('\n'), [/connection was closed; trying again$/, /connected again$/]);
});

t.test('the token comes from a file or the configuration; without it the command ends and says so', async (t) => {
  const ops = await OpsPort.start(t);
  ops.token = 'a-token-of-thirty-two-characters';
  const file = join(folder, 'token');
  writeFileSync(file, `${ops.token}\n`);
  const config = join(folder, 'jumpgate.yaml');
  writeFileSync(config, `ops: { http: "127.0.0.1:${ops.port}", tokenFile: ${file} }\n`);
  const refused = await run(['watch', '--url', ops.url]);
  t.equal(refused.code, 1);
  t.match(refused.err, /answered 401.*--token-file/);
  for (const [args, env] of [
    [['--url', ops.url, '--token-file', file], {}],
    [['--config', config], {}],
    [['--url', ops.url], { JUMPGATE_OPS_TOKEN: ops.token }],
  ] as const) {
    const { child, finished } = start(['watch', ...args], { env });
    await eventually(() => ops.telemetry.listening === 1);
    child.kill('SIGINT');
    t.equal((await finished).code, 0, args.join(' '));
    await eventually(() => ops.telemetry.listening === 0);
  }
  const purged = await run(['purge', 'ada', '--config', config]);
  t.same([purged.code, ops.purged], [0, ['ada']]);
  const unread = await run(['watch', '--url', ops.url, '--token-file', join(folder, 'nowhere')]);
  t.equal(unread.code, 1);
  t.match(unread.err, /token cannot be read/);
});

t.test('--learn sums up per client after the time, or at SIGINT', async (t) => {
  const ops = await OpsPort.start(t, '127.0.0.1', (name) => name !== 'sAMAccountName');
  const { child, finished } = start(['watch', '--url', ops.url, '--learn', '5m']);
  await eventually(() => ops.telemetry.listening === 1);
  happen(ops);
  const json = start(['watch', '--url', ops.url, '--learn', '3s', '--json']);
  await eventually(() => ops.telemetry.listening === 2);
  happen(ops);
  const { out: summary } = await json.finished;
  child.kill('SIGINT');
  const { code, out } = await finished;
  t.equal(code, 0);
  t.match(out, /^192\.0\.2\.1\n {2}1 connection; in cleartext, binds again on one connection \(up to 2 times\)/m);
  t.match(out, / 2 {2}dc=x sub \(sAMAccountName=…\)\n +cn → success, 0 entries/);
  t.match(out, /! No entry has sAMAccountName/);
  t.match(out, /^192\.0\.2\.9$/m);
  t.notMatch(out, /secret|\u001b/);
  const { clients } = printedJson('watch-learn', summary) as { clients: { address: string; advice: string[] }[] };
  t.same(clients.map(({ address }) => address).sort(), ['192.0.2.1', '192.0.2.9']);
  t.ok(clients.every(({ advice }) => advice.length > 0));
});

t.test('what cannot work is reported immediately', async (t) => {
  for (const [args, complaint] of [
    [['--result', 'much'], /--result much: /],
    [['--learn', 'long'], /--learn long: write a duration/],
  ] as const) {
    const { code, err } = await run(['watch', '--url', 'http://127.0.0.1:1', ...args]);
    t.equal(code, 2);
    t.match(err, complaint);
  }
});
