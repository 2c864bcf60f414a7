// Jumpgate as a library: started from an object in this process, in front of the stand-in.
import { spawnSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import t from 'tap';
import {
  ConfigError,
  type Jumpgate,
  type JumpgateConfig,
  type JumpgateEvent,
  type LogRecord,
  start,
} from '../../src/index.js';
import { type JumpCloudStandIn, startStandIn } from '../../src/testing.js';
import { Client } from '../support/client.js';
import { BASE, eventually, userDN } from '../support/proxy.js';

const upstream = await startStandIn();
t.teardown(() => upstream.stop());
const { ca } = upstream;
const PASSWORD = 'user-secret-5001';

const settings = (changes: JumpgateConfig = {}, of: JumpCloudStandIn = upstream): JumpgateConfig => ({
  upstream: of.upstream,
  listen: { ldap: '127.0.0.1:0' },
  local: { baseDN: BASE },
  ...changes,
});

async function bind({ addresses }: Jumpgate, password: string, uid = 'quillon.varrek'): Promise<number> {
  const client = await Client.open(addresses.ldap!);
  const { code } = await client.bind(userDN(uid), password);
  client.destroy();
  return code;
}

t.test('it starts, gets ready, answers, and stops once', async (t) => {
  const jumpgate = await start({ config: settings(), ca });
  t.match(jumpgate.addresses, { ldap: /^ldap:\/\/127\.0\.0\.1:\d+$/ });
  t.same(Object.keys(jumpgate.addresses), ['ldap'], 'no ops port unless it is asked for');
  await jumpgate.ready();
  t.match(jumpgate.state, { ready: true, snapshot: { members: 9 }, upstream: { reachable: true } });
  t.same(JSON.parse(JSON.stringify(jumpgate.state)).snapshot.members, 9, 'plain data');
  t.equal(await bind(jumpgate, PASSWORD), 0);
  t.equal(await bind(jumpgate, 'wrong'), 49);
  t.equal(await jumpgate.forget('quillon.varrek'), true);
  t.equal(await jumpgate.forget('quillon.varrek'), false);
  await Promise.all([jumpgate.stop(), jumpgate.stop()]);
  await t.rejects(Client.open(jumpgate.addresses.ldap!));
  await t.rejects(jumpgate.ready(), /stopped/);
  await t.rejects(jumpgate.reload(settings()), /stopped/);
  t.same(await jumpgate.events().next(), { value: undefined, done: true });
});

t.test('two run in one process, each with its own group', async (t) => {
  await using one = await start({ config: settings(), ca });
  await using other = await start({ config: settings({ group: 'Finance' }), ca });
  await Promise.all([one.ready(), other.ready()]);
  t.same([await bind(one, PASSWORD), await bind(other, PASSWORD)], [0, 49]);
  await one.stop();
  t.equal(await bind(other, 'user-secret-5005', 'corvane.thessly'), 0, 'one that stops takes nothing from the other');
});

/** In a process of its own: what it does to the process, and that this ends on its own. */
const ALONE = `
  import v8 from 'node:v8';
  import * as z from 'zod';
  import { syncBuiltinESMExports } from 'node:module';
  let flags = 0;
  v8.setFlagsFromString = () => flags++;
  syncBuiltinESMExports();
  const { start } = await import('./src/index.ts');
  const { startStandIn } = await import('./src/testing.ts');
  const { Client } = await import('./test/support/client.ts');
  const upstream = await startStandIn();
  const shape = z.object({ key: z.string() });
  const shapeFault = () => shape.safeParse({ key: 1 }).error.issues[0].message;
  const listeners = () => process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
  const before = listeners();
  const config = { upstream: upstream.upstream, listen: { ldap: '127.0.0.1:0' } };
  const jumpgate = await start({ config, ca: upstream.ca });
  await jumpgate.ready();
  jumpgate.events();
  const client = await Client.open(jumpgate.addresses.ldap);
  const { code } = await client.bind(upstream.dn('quillon.varrek'), 'wrong');
  const during = listeners();
  await jumpgate.stop();
  await upstream.stop();
  console.log(JSON.stringify({ code, flags, exitCode: process.exitCode ?? 0, shapeFault: shapeFault(), zod: ['jitless', 'customError'].filter((key) => key in z.config()), before, during, after: listeners() }));
`;

t.test('nothing of the process is touched: flags, signals, exit code, output; and it ends on its own', async (t) => {
  const args = ['--import=tsx', '--input-type=module', '--eval', ALONE];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
  t.same([status, stderr], [0, '']);
  const { before, during, after, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  // zod may be the program's as well: its settings stay as they are when it is imported alone.
  const shapeFault = 'Invalid input: expected string, received number';
  t.same(rest, { code: 49, flags: 0, exitCode: 0, shapeFault, zod: [] });
  t.same([during, after], [before, before]);
});

t.test('events come as they happen, to each reader, until it stops', async (t) => {
  const jumpgate = await start({ config: settings(), ca });
  await jumpgate.ready();
  const read = async (events: AsyncIterable<JumpgateEvent>) => {
    const found: JumpgateEvent[] = [];
    for await (const event of events) found.push(event);
    return found;
  };
  const [one, other] = [read(jumpgate.events()), read(jumpgate.events({ buffer: 1 }))];
  const ended = new AbortController();
  const early = read(jumpgate.events({ signal: ended.signal }));
  ended.abort();
  t.same(await early, [], 'a signal ends the loop');
  await bind(jumpgate, PASSWORD);
  await bind(jumpgate, 'wrong');
  await jumpgate.stop();
  const operations = (await one).flatMap((event) => (event.kind === 'operation' ? [event.operation] : []));
  t.match(
    operations.map(({ operation, account, reason, code }) => ({ operation, account, reason, code })),
    [
      { operation: 'bind', account: 'quillon.varrek', reason: 'ok', code: 0 },
      { operation: 'bind', account: 'quillon.varrek', reason: 'wrong-password', code: 49 },
    ],
  );
  t.notMatch(JSON.stringify(operations), new RegExp(PASSWORD), 'no password is in them');
  t.equal((await other).filter(({ kind }) => kind === 'operation').length, 2);
});

t.test('a reader that does not read loses the oldest and learns how many', async (t) => {
  await using jumpgate = await start({ config: settings(), ca });
  await jumpgate.ready();
  const events = jumpgate.events({ buffer: 2 });
  for (let i = 0; i < 5; i++) await bind(jumpgate, PASSWORD);
  await eventually(() => jumpgate.state.connections === 0);
  t.same((await events.next()).value, { kind: 'missed', count: 3 });
  t.match((await events.next()).value, { kind: 'operation', operation: { serial: 4 } });
  t.throws(() => jumpgate.events({ buffer: 0 }), RangeError);
});

t.test('a reason of JumpCloud’s API comes behind its refusal, with the same serial', async (t) => {
  await using cloud = await startStandIn({ api: true });
  await using jumpgate = await start({ config: settings({}, cloud), ca: cloud.ca });
  await jumpgate.ready();
  const events = jumpgate.events();
  t.equal(await bind(jumpgate, 'user-secret-5014', 'philo.estrande'), 49);
  const seen: JumpgateEvent[] = [];
  for await (const event of events) if (seen.push(event) > 0 && event.kind === 'reason') break;
  t.match(seen[0], { kind: 'operation', operation: { serial: 1, reason: 'wrong-password' } });
  t.match(seen.at(-1), { kind: 'reason', operation: { serial: 1, cloud: { reason: 'locked' } } });
});

t.test('the log goes to a function or a stream, and nowhere without one', async (t) => {
  const lines: LogRecord[] = [];
  const listening = await start({ config: settings(), ca, log: (line) => lines.push(line) });
  await listening.ready();
  await bind(listening, 'wrong');
  await listening.stop();
  t.match(
    lines.find(({ msg }) => msg === 'bind'),
    { level: 'info', reason: 'wrong-password', time: /^\d{4}-.*Z$/ },
  );
  const text: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text.push(String(chunk));
      done();
    },
  });
  const written = await start({ config: settings({ log: { format: 'logfmt' } }), ca, log: stream });
  await written.ready();
  await bind(written, 'wrong');
  await written.stop();
  t.match(text.join(''), /reason=wrong-password/);
  const throwing = await start({
    config: settings(),
    ca,
    log: () => {
      throw new Error('planted');
    },
  });
  t.teardown(() => throwing.stop());
  await throwing.ready();
  t.equal(await bind(throwing, PASSWORD), 0, 'a function that throws harms nobody');
});

t.test('what a program keeps for long, a stream and a signal, collects no listeners', async (t) => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
  const { signal } = new AbortController();
  for (let i = 0; i < 3; i++) {
    await using jumpgate = await start({ config: settings(), ca, log: stream, signal });
    await jumpgate.ready({ signal });
    jumpgate.events({ signal });
  }
  t.equal(stream.listenerCount('error'), 1);
  t.equal(getEventListeners(signal, 'abort').length, 0);
});

t.test('the audit stream is written where the configuration names a file', async (t) => {
  const audit = join(t.testdir({}), 'audit.jsonl');
  const jumpgate = await start({ config: settings({ log: { audit } }), ca });
  await jumpgate.ready();
  await bind(jumpgate, 'wrong');
  await jumpgate.stop();
  t.match(readFileSync(audit, 'utf8'), /"wrong-password"/);
  await t.rejects(start({ config: settings({ log: { audit: '/nowhere/audit.jsonl' } }), ca }), { code: 'ENOENT' });
});

t.test('a reload keeps connections, says what has changed, and refuses what is wrong', async (t) => {
  await using jumpgate = await start({ config: settings(), ca });
  await jumpgate.ready();
  const client = await Client.open(jumpgate.addresses.ldap!);
  t.teardown(() => client.destroy());
  t.same(await jumpgate.reload(settings()), { kind: 'unchanged' });
  const changed = settings({ group: 'Finance' });
  t.same(await jumpgate.reload(changed), { kind: 'changed', keys: ['group.name'], waiting: [] });
  t.equal((await client.bind(userDN('corvane.thessly'), 'user-secret-5005')).code, 0);
  await t.rejects(jumpgate.reload(settings({ listen: { ldap: 'nowhere' } })), ConfigError);
  t.match(await jumpgate.reload(settings({ listen: { ldap: '127.0.0.1:1' }, group: 'Finance' })), {
    kind: 'changed',
    waiting: ['listen.ldap'],
  });
  const away = { ...upstream.upstream, urls: ['ldaps://127.0.0.1:1'] };
  t.match(await jumpgate.reload(settings({ upstream: away })), { kind: 'kept', why: /first read/ });
  t.equal((await client.bind(userDN('corvane.thessly'), 'user-secret-5005')).code, 0);
});

t.test('a signal stops it; one that is aborted already starts nothing', async (t) => {
  const stopping = new AbortController();
  const jumpgate = await start({ config: settings(), ca, signal: stopping.signal });
  const events = jumpgate.events();
  stopping.abort();
  t.same(await events.next(), { value: undefined, done: true });
  await jumpgate.stop();
  await t.rejects(Client.open(jumpgate.addresses.ldap!));
  await t.rejects(start({ config: settings(), ca, signal: stopping.signal }), { name: 'AbortError' });
  const during = new AbortController();
  const starting = start({ config: settings(), ca, signal: during.signal });
  during.abort(new Error('never mind'));
  await t.rejects(starting, /never mind/);
});

t.test('a wait for ready ends with the reason why it is not', async (t) => {
  const away = { ...upstream.upstream, urls: ['ldaps://127.0.0.1:1'] };
  await using jumpgate = await start({ config: settings({ upstream: away }), ca });
  await eventually(() => jumpgate.state.upstream.lastError !== undefined);
  await t.rejects(jumpgate.ready({ signal: AbortSignal.abort() }), { message: /^not ready: .*127\.0\.0\.1/ });
  const waiting = jumpgate.ready();
  await jumpgate.stop();
  await t.rejects(waiting, /stopped/);
});

t.test('what cannot be opened or used is an error, and leaves nothing open', async (t) => {
  await using first = await start({ config: settings(), ca });
  const taken = new URL(first.addresses.ldap!).host;
  await t.rejects(start({ config: settings({ listen: { ldap: taken } }), ca }), { code: 'EADDRINUSE' });
  await t.rejects(start({ config: {} }), ConfigError);
});
