// One connection that binds, and the set of them: every answer of an upstream as a value, and who is taken, kept and dropped. TCP in cleartext.
import type { Socket } from 'node:net';
import t from 'tap';
import { type BindAnswer, type ConnectFault, faultOf } from '../../src/upstream/bind-answer.js';
import { BindConnection } from '../../src/upstream/bind-connection.js';
import { BindConnections } from '../../src/upstream/bind-connections.js';
import { Dialer } from '../../src/upstream/dialer.js';
import { parseEndpoint } from '../../src/upstream/endpoint.js';
import { EndpointHealth } from '../../src/upstream/health.js';
import { encodeBindRequest } from '../../src/wire/bind-request.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { answering, bindResponse, FakeUpstream, type Script, silent } from '../support/fake-upstream.js';
import { DN, PASSWORD } from '../support/pool.js';
import { freePort } from '../support/ports.js';
import { eventually } from '../support/proxy.js';

interface Test {
  teardown(end: () => unknown): unknown;
}
const LONG = 10_000;

async function upstreamFor(t: Test, script: Script): Promise<FakeUpstream> {
  const upstream = await FakeUpstream.start(script, { cleartext: true });
  t.teardown(() => upstream.stop());
  return upstream;
}

const endpointOf = (upstream: { url: string }) => parseEndpoint(upstream.url, true);

function open(upstream: { url: string }, closed: (connection: BindConnection) => void = () => {}) {
  return new Promise<BindConnection | ConnectFault>((resolve) => {
    BindConnection.open(new Dialer({}), endpointOf(upstream), LONG, resolve, closed);
  });
}

async function opened(t: Test, upstream: FakeUpstream, closed?: (connection: BindConnection) => void) {
  const connection = await open(upstream, closed);
  if (!(connection instanceof BindConnection)) throw new Error(connection.detail);
  t.teardown(() => connection.destroy());
  return connection;
}

/** Asks as the pool does; `request` is there afterwards, as it was sent. */
const ask = (connection: BindConnection, request: Buffer, time = LONG) =>
  new Promise<BindAnswer>((resolve) => {
    const now = performance.now();
    const answered = (_: BindConnection, answer: BindAnswer) => resolve(answer);
    connection.bind({ request, deadline: now + time, writes: 0, wasWritten: () => {}, answered }, now);
  });

const bind = (connection: BindConnection, time = LONG) =>
  ask(connection, encodeBindRequest(DN, Buffer.from(PASSWORD), false), time);

const notice = encodeMessage({
  messageID: 0,
  op: { kind: 'extendedResponse', result: { code: 52, matchedDN: '', text: '' } },
});
const searchDone = (messageID: number) =>
  encodeMessage({ messageID, op: { kind: 'searchResultDone', result: { code: 0, matchedDN: '', text: '' } } });

const ANSWERS: readonly [string, (id: number, socket: Socket) => void, BindAnswer, boolean][] = [
  ['accepted', (id, socket) => socket.write(bindResponse(id, 0)), { kind: 'result', code: 0 }, true],
  ['wrong', (id, socket) => socket.write(bindResponse(id, 49)), { kind: 'result', code: 49 }, true],
  [
    'a code that nobody knows',
    (id, socket) => socket.write(bindResponse(id, 4096)),
    { kind: 'result', code: 4096 },
    true,
  ],
  [
    'byte by byte',
    (id, socket) => {
      for (const octet of bindResponse(id, 0)) socket.write(Buffer.of(octet));
    },
    { kind: 'result', code: 0 },
    true,
  ],
  [
    'the next ID',
    (id, socket) => socket.write(bindResponse(id + 1, 0)),
    { kind: 'broken', cause: 'garbage', detail: 'an unexpected bindResponse', hadAnswer: true },
    false,
  ],
  [
    'an answer to something else',
    (id, socket) => socket.write(searchDone(id)),
    { kind: 'broken', cause: 'garbage', detail: 'an unexpected searchResultDone', hadAnswer: true },
    false,
  ],
  [
    'a Notice of Disconnection',
    (_id, socket) => socket.write(notice),
    { kind: 'broken', cause: 'garbage', detail: 'the upstream sent a Notice of Disconnection', hadAnswer: true },
    false,
  ],
  [
    'the end',
    (_id, socket) => socket.end(),
    { kind: 'broken', cause: 'network', detail: 'the upstream closed the connection', hadAnswer: false },
    false,
  ],
  [
    'half an answer and the end',
    (id, socket) => socket.end(bindResponse(id, 0).subarray(0, 5)),
    { kind: 'broken', cause: 'network', detail: 'the upstream closed the connection', hadAnswer: true },
    false,
  ],
];

for (const [what, answer, expected, stays] of ANSWERS) {
  t.test(`a bind is answered once: ${what}`, async (t) => {
    const upstream = await upstreamFor(t, ({ messageID }, socket) => answer(messageID, socket));
    const gone: BindConnection[] = [];
    const connection = await opened(t, upstream, (one) => gone.push(one));
    t.same(await bind(connection), expected);
    t.equal(connection.isClosed, !stays);
    t.same(gone, stays ? [] : [connection], 'its owner is notified');
    t.equal(connection.busySince, undefined);
  });
}

for (const [what, octets] of [
  ['no LDAP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['an answer that is too long', Buffer.from('3084000fffff', 'hex')],
  ['a length without end', Buffer.from('3080', 'hex')],
] as const) {
  t.test(`what cannot be read ends the connection: ${what}`, async (t) => {
    const upstream = await upstreamFor(t, (_message, socket) => socket.write(octets));
    const connection = await opened(t, upstream);
    t.match(await bind(connection), { kind: 'broken', cause: 'garbage', hadAnswer: true });
    t.ok(connection.isClosed);
  });
}

t.test('an answer that comes too late does not count, and the connection goes with it', async (t) => {
  const upstream = await upstreamFor(t, silent);
  const connection = await opened(t, upstream);
  // Its timer keeps no process alive.
  const stay = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(stay));
  t.same(await bind(connection, 1), { kind: 'timeout' });
  t.ok(connection.isClosed);
  t.notOk(connection.wasClosedByUpstream, 'it was ours to end it');
});

t.test('an answer that nobody asked for makes the next bind impossible (R84)', async (t) => {
  const upstream = await upstreamFor(t, ({ messageID }, socket) =>
    socket.write(Buffer.concat([bindResponse(messageID, 49), bindResponse(messageID + 1, 0)])),
  );
  const connection = await opened(t, upstream);
  t.same(await bind(connection), { kind: 'result', code: 49 });
  await eventually(() => connection.isClosed);
  t.ok(connection.wasClosedByUpstream);
});

t.test('message IDs go up, even when a request is sent again', async (t) => {
  const upstream = await upstreamFor(t, answering(0));
  const connection = await opened(t, upstream);
  const request = encodeBindRequest(DN, Buffer.from(PASSWORD), false);
  for (let i = 0; i < 3; i++) await ask(connection, request);
  const [first = 0] = upstream.requests.map(({ messageID }) => messageID);
  t.same(
    upstream.requests.map(({ messageID }) => messageID),
    [first, first + 1, first + 2],
  );
});

t.test('an address that nobody listens at is a network error, named', async (t) => {
  const port = await freePort();
  const fault = await open({ url: `ldap://127.0.0.1:${port}` });
  t.match(fault, { cause: 'network', detail: new RegExp(`^127\\.0\\.0\\.1:${port}: `) });
});

t.test('an attempt that is given up says so once', async (t) => {
  const upstream = await upstreamFor(t, silent);
  const results: unknown[] = [];
  const giveUp = BindConnection.open(
    new Dialer({}),
    endpointOf(upstream),
    LONG,
    (one) => results.push(one),
    () => {},
  );
  giveUp();
  giveUp();
  t.match(results, [{ cause: 'timeout', detail: /no connection within 10000 ms$/ }]);
});

const FAULTS: readonly [BindAnswer, ConnectFault | undefined][] = [
  [{ kind: 'result', code: 0 }, undefined],
  [{ kind: 'result', code: 49 }, undefined],
  [{ kind: 'result', code: 53 }, undefined],
  [
    { kind: 'result', code: 51 },
    { cause: 'busy', detail: 'is busy (51)' },
  ],
  [
    { kind: 'result', code: 52 },
    { cause: 'unavailable', detail: 'is unavailable (52)' },
  ],
  [{ kind: 'timeout' }, { cause: 'timeout', detail: 'accepts connections and does not answer' }],
  [
    { kind: 'broken', cause: 'tls', detail: 'why', hadAnswer: true },
    { cause: 'tls', detail: 'why' },
  ],
];

t.test('which answers speak against the address', async (t) => {
  for (const [answer, fault] of FAULTS) t.same(faultOf(answer), fault, JSON.stringify(answer));
});

/** Connections to these upstreams by a clock that does not run unless moved; nothing is opened for warmth. */
function setUp(t: Test, upstreams: readonly { url: string }[], options: { size?: number; age?: number } = {}) {
  let time = 0;
  const now = () => time;
  const endpoints = upstreams.map(endpointOf);
  const health = new EndpointHealth(endpoints, now, () => 0);
  const told: { available: number; hopeless: ConnectFault[] } = { available: 0, hopeless: [] };
  const connections = new BindConnections(
    {
      ...{ dialer: new Dialer({}), health, connectTime: LONG, size: 4, warm: 0, idleTime: 60_000, age: 600_000 },
      ...{ now, random: () => 1, ...options },
    },
    {
      available: () => {
        told.available++;
      },
      hopeless: (fault) => told.hopeless.push(fault),
    },
  );
  t.teardown(() => connections.close());
  return {
    connections,
    health,
    endpoints,
    told,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

t.test('as many are opened as are wanted, and never more than allowed (R86)', async (t) => {
  const { connections } = setUp(t, [await upstreamFor(t, answering(0))]);
  connections.demand(2);
  t.equal(connections.counts.connecting, 2);
  await eventually(() => connections.counts.idle === 2);
  connections.demand(100);
  await eventually(() => connections.counts.idle === 4);
  t.same(connections.counts, { idle: 4, open: 4, connecting: 0 });
  connections.demand(1);
  t.equal(connections.counts.connecting, 0, 'there is no room');
});

t.test('the one that was given back last is taken first, and one that is too old is not kept', async (t) => {
  const { connections, told, pass } = setUp(t, [await upstreamFor(t, answering(0))], { age: 1000 });
  connections.demand(2);
  await eventually(() => connections.counts.idle === 2);
  const first = connections.take()!;
  const second = connections.take()!;
  t.equal(connections.take(), undefined);
  const before = told.available;
  connections.release(first);
  connections.release(second);
  t.equal(told.available, before + 2);
  t.equal(connections.take(), second);
  pass(1000);
  connections.release(second);
  t.equal(connections.take(), second, 'as old as it may be');
  pass(1);
  connections.release(second);
  t.ok(second.isClosed);
  t.same(connections.counts, { idle: 1, open: 1, connecting: 0 });
});

t.test('a connection that was lost is not kept, idle or in use', async (t) => {
  const upstream = await upstreamFor(t, answering(0));
  const { connections } = setUp(t, [upstream]);
  connections.demand(2);
  await eventually(() => connections.counts.idle === 2);
  const used = connections.take()!;
  upstream.dropConnections();
  await eventually(() => connections.counts.open === 0);
  connections.release(used);
  t.equal(connections.take(), undefined);
});

t.test('a doubt about an address closes what is unused there, and the next one serves', async (t) => {
  const upstreams = [await upstreamFor(t, answering(0)), await upstreamFor(t, answering(0))];
  const { connections, endpoints, health } = setUp(t, upstreams);
  connections.demand(1);
  await eventually(() => connections.counts.idle === 1);
  t.equal(connections.openTo(endpoints[0]!), 1);
  connections.doubt(endpoints[0]!, 'busy', 'is busy (51)');
  t.same([connections.counts.open, health.healthy, connections.trouble], [0, 1, undefined]);
  connections.demand(1);
  await eventually(() => connections.openTo(endpoints[1]!) === 1);
  t.equal(connections.take()?.endpoint, endpoints[1]);
  connections.doubt(endpoints[1]!, 'timeout', 'why');
  t.same(connections.trouble, { cause: 'timeout', detail: 'why' }, 'told where no address is well');
});

t.test('where nobody listens all who wait learn once that nothing can be reached', async (t) => {
  const { connections, told } = setUp(t, [{ url: `ldap://127.0.0.1:${await freePort()}` }]);
  connections.demand(1);
  await eventually(() => told.hopeless.length > 0);
  t.match(told.hopeless, [{ cause: 'network' }]);
  t.match(connections.trouble, { cause: 'network' });
});

t.test('an address that failed has to answer a bind of nobody before it serves (R81)', async (t) => {
  const upstream = await upstreamFor(t, answering(52));
  const { connections, endpoints, health, told } = setUp(t, [upstream], { size: 1 });
  connections.doubt(endpoints[0]!, 'unavailable', 'is unavailable (52)');
  connections.demand(1);
  await eventually(() => told.hopeless.length === 1);
  t.match(told.hopeless, [{ cause: 'unavailable', detail: /is unavailable \(52\)$/ }]);
  t.same([upstream.anonymousBinds, upstream.binds, health.healthy], [1, [], 0]);
});

t.test('what is closed opens nothing any more, and what comes too late is closed', async (t) => {
  const upstream = await upstreamFor(t, answering(0));
  const { connections, told } = setUp(t, [upstream]);
  connections.demand(2);
  await eventually(() => connections.counts.idle === 2);
  const used = connections.take()!;
  const before = told.available;
  connections.close();
  t.same(connections.counts, { idle: 0, open: 0, connecting: 0 });
  t.ok(used.isClosed);
  connections.demand(5);
  t.equal(connections.counts.connecting, 0);
  t.equal(told.available, before, 'nobody is asked to look');
});
