// /events: what listeners are sent, what they missed, and that none of them can make anybody wait.
import { connect } from 'node:net';
import t from 'tap';
import { EventParser, followEvents, type ReceivedEvent } from '../../src/cli/event-stream.js';
import { OpsPort } from '../support/ops.js';
import { eventually } from '../support/proxy.js';

interface Heard {
  readonly events: ReceivedEvent[];
  readonly states: string[];
  end(): void;
}

function listen(t: { teardown(end: () => void): unknown }, ops: OpsPort, query = ''): Heard {
  const events: ReceivedEvent[] = [];
  const states: string[] = [];
  const end = followEvents(`${ops.url}/events${query}`, ops.token, {
    event: (event) => events.push(event),
    connected: () => states.push('connected'),
    lost: (why) => states.push(`lost: ${why}`),
    refused: (why) => states.push(`refused: ${why}`),
  });
  t.teardown(end);
  return { events, states, end };
}

const targets = ({ events }: Heard) => events.map(({ data }) => (JSON.parse(data) as { target?: string }).target ?? '');

t.test('operations that match and faults are sent as they come, the last ones first if wanted', async (t) => {
  const ops = await OpsPort.start(t);
  for (let i = 0; i < 5; i++) ops.operation(`uid=a${i}`);
  ops.operation('uid=bob', { account: 'bob', code: 49, reason: 'wrong-password', address: '192.0.2.9' });
  const all = listen(t, ops, '?last=2');
  const bob = listen(t, ops, '?user=bob&last=10');
  const far = listen(t, ops, '?address=192.0.2.9');
  await eventually(() => ops.telemetry.listening === 3);
  ops.operation('uid=carol');
  ops.operation('uid=bob', { account: 'bob' });
  ops.telemetry.fault('malformed message', 'x', { connection: 1, address: '192.0.2.9', port: 1, channel: 'clear' });
  await eventually(() => all.events.length === 5 && bob.events.length === 2 && far.events.length === 1);
  t.same(targets(all), ['uid=a4', 'uid=bob', 'uid=carol', 'uid=bob', '']);
  t.same(targets(bob), ['uid=bob', 'uid=bob'], 'errors belong to nobody');
  t.match(far.events[0], { event: 'fault', data: /malformed message/ });
  t.equal((await ops.ask('/events?result=much')).status, 400);
});

t.test('who wants one app is sent its operations and its faults alone', async (t) => {
  const ops = await OpsPort.start(t);
  ops.telemetry.apps = ['wiki', 'chat'];
  const wiki = listen(t, ops, '?app=wiki');
  await eventually(() => ops.telemetry.listening === 1);
  const source = { connection: 1, address: '192.0.2.9', port: 1, channel: 'clear' } as const;
  for (const app of [undefined, 'chat', 'wiki']) {
    ops.operation(`uid=${app}`, app === undefined ? {} : { app });
    ops.telemetry.fault('idle', `${app}`, { ...source, app });
  }
  await eventually(() => wiki.events.length >= 2);
  t.same(targets(wiki), ['uid=wiki', '']);
  t.match(wiki.events[1], { event: 'fault', data: /"app":"wiki"/ });
});

t.test('a listener that comes back is sent what it missed, once', async (t) => {
  const ops = await OpsPort.start(t);
  const heard = listen(t, ops);
  await eventually(() => ops.telemetry.listening === 1);
  ops.operation('uid=a');
  await eventually(() => heard.events.length === 1);
  ops.streams.close();
  await eventually(() => ops.telemetry.listening === 0);
  ops.operation('uid=b');
  await eventually(() => ops.telemetry.listening === 1);
  ops.operation('uid=c');
  await eventually(() => heard.events.length === 3);
  t.same(targets(heard), ['uid=a', 'uid=b', 'uid=c']);
  t.match(heard.states, ['connected', /lost/, 'connected']);
});

t.test('a listener that does not read is dropped, and nobody waits for it', async (t) => {
  const ops = await OpsPort.start(t);
  const socket = connect(ops.port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  socket.pause();
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const other = listen(t, ops);
  await eventually(() => ops.telemetry.listening === 2);
  // More than the system keeps for a socket and the product for a listener.
  for (let i = 0; ops.streams.dropped === 0 && i < 200_000; i++) {
    ops.operation(`uid=${'x'.repeat(200)}`);
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(ops.streams.dropped, 1);
  await eventually(() => ops.telemetry.listening === 1);
  ops.operation('uid=last');
  await eventually(() => targets(other).at(-1) === 'uid=last');
});

t.test('there are not too many listeners, and the end of the server ends them', async (t) => {
  const ops = await OpsPort.start(t);
  const all = Array.from({ length: 8 }, () => listen(t, ops));
  await eventually(() => ops.streams.size === 8);
  t.match(await ops.ask('/events'), { status: 503, body: /8 listeners are already connected from this address/ });
  const elsewhere = Array.from({ length: 8 }, () => {
    const socket = connect({ port: ops.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    t.teardown(() => socket.destroy());
    socket.on('error', () => {}).write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return socket;
  });
  await eventually(() => ops.streams.size === 16);
  t.match(await ops.ask('/events'), { status: 503, body: /16 listeners are already connected/ });
  t.equal((await ops.ask('/operations')).status, 200, 'who does not listen is answered');
  all[0]?.end();
  elsewhere[0]?.destroy();
  await eventually(() => ops.streams.size === 14);
  await ops.server.stop();
  await eventually(() => ops.telemetry.listening === 0);
  t.ok(all.slice(1).every(({ states }) => states.length > 0));
});

t.test('a listener that is refused does not try again', async (t) => {
  const ops = await OpsPort.start(t);
  ops.token = 'a-token-of-thirty-two-characters';
  const mine = listen(t, ops);
  await eventually(() => mine.states.includes('connected'));
  const states: string[] = [];
  const end = followEvents(`${ops.url}/events`, 'another-token-altogether', {
    event: () => {},
    connected: () => states.push('connected'),
    lost: () => states.push('lost'),
    refused: (why) => states.push(why),
  });
  t.teardown(end);
  await eventually(() => states.length > 0);
  t.match(states, ['answered 401: it wants its token (--token-file)']);
});

t.test('events are read whatever pieces they come in', async (t) => {
  const text =
    'retry: 2000\n\n: alive\n\nid: a-1\nevent: operation\ndata: {"target":"ü"}\n\nevent: fault\ndata: {}\n\n';
  const whole = new EventParser().push(text);
  t.same(whole, [
    { event: 'operation', data: '{"target":"ü"}', id: 'a-1' },
    { event: 'fault', data: '{}', id: undefined },
  ]);
  for (const size of [1, 2, 3, 7]) {
    const parser = new EventParser();
    const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    t.same(
      pieces.flatMap((piece) => parser.push(piece)),
      whole,
      `${size}`,
    );
  }
});
