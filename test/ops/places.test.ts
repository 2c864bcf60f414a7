// The operator's port while others fill it: every health check is answered, whatever they do, also those that come from the same address.
import { execFile } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import type { Route } from '../../src/ops/http/route.js';
import { OpsPort } from '../support/ops.js';
import { eventually } from '../support/proxy.js';

/** More than the system keeps for a connection. */
const LARGE: Route = {
  method: 'GET',
  path: '/large',
  answer: () => ({ status: 200, type: 'text/plain', body: 'x'.repeat(10_000_000) }),
};
const start = (t: Test) => OpsPort.start(t, '127.0.0.1', () => true, [LARGE]);

const CHECKS = 50;
const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

type Keep = (socket: Socket, at: number) => void;

/** Opens this number of connections from these addresses, and again as they are ended; `keep` says what each of them does. */
async function fill(
  t: Test,
  ops: OpsPort,
  count: number,
  addresses: readonly string[],
  keep: Keep,
): Promise<Set<Socket>> {
  const open = new Set<Socket>();
  let [isOver, begun] = [false, 0];
  const one = (at: number) => {
    const localAddress = addresses[at % addresses.length]!;
    const socket = connect({ port: ops.port, host: '127.0.0.1', localAddress, allowHalfOpen: true });
    socket.on('error', () => {});
    socket.once('connect', () => {
      begun++;
      keep(socket, at);
    });
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      if (!isOver) setTimeout(one, 20, at);
    });
  };
  for (let at = 0; at < count; at++) one(at);
  t.teardown(() => {
    isOver = true;
    for (const socket of open) socket.destroy();
  });
  await eventually(() => begun >= count);
  return open;
}

/** Each health check succeeds, with 50 in a row, several at a time, and by the command. */
async function allChecksSucceed(t: Test, ops: OpsPort): Promise<void> {
  const failed: unknown[] = [];
  for (let i = 0; i < CHECKS; i++) {
    const paths = i % 10 === 0 ? ['/healthz', '/readyz', '/healthz'] : [i % 2 === 0 ? '/healthz' : '/readyz'];
    for (const answer of await Promise.allSettled(paths.map((path) => ops.ask(path))))
      if (answer.status === 'rejected' || answer.value.status !== 200) failed.push(answer);
  }
  t.same(failed, [], `${CHECKS} health checks`);
  for (const words of [[], ['--ready']]) t.equal(await command(ops, words), 0, `healthcheck ${words.join(' ')}`);
}

function command(ops: OpsPort, words: readonly string[]): Promise<number> {
  const args = ['dist/main.js', 'healthcheck', '--url', ops.url, ...words];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env: { PATH: process.env.PATH } });
    child.once('close', (code) => resolve(code ?? -1));
  });
}

const silent: Keep = () => {};
const trickle: Keep = (socket) => {
  const octets = GET('/healthz');
  let at = 0;
  const timer = setInterval(() => socket.write(octets[at++ % octets.length]!), 1000);
  socket.once('close', () => clearInterval(timer));
};
const asks =
  (path: string): Keep =>
  (socket) => {
    socket.pause();
    socket.write(GET(path));
  };
/** Sends its header, with the token, and no body. */
const halfPost: Keep = (socket) => {
  socket.write(
    'POST /explain HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer own-token\r\nContent-Length: 1000\r\n\r\n{',
  );
};

const HERE = ['127.0.0.1'];
const EVERYWHERE = Array.from({ length: 40 }, (_, i) => `127.0.0.${i + 1}`);

for (const [what, count, keep] of [
  ['silent connections', 64, silent],
  ['silent connections', 500, silent],
  ['connections that send a byte a second', 64, trickle],
  ['connections that read no large answer', 64, asks('/large')],
  ['connections that read no page', 200, asks('/')],
  ['event streams', 64, asks('/events')],
  ['event streams of the page', 64, asks('/events?view=page')],
  ['questions without an end', 64, halfPost],
  ['questions without an end', 200, halfPost],
] as const)
  for (const [where, addresses] of [
    ['one address', HERE],
    ['many addresses', EVERYWHERE],
  ] as const)
    t.test(`${count} ${what} from ${where}`, async (t) => {
      const ops = await start(t);
      for (let i = 0; i < 300; i++) ops.operation(`uid=${'x'.repeat(200)}${i}`);
      await fill(t, ops, count, addresses, keep);
      await allChecksSucceed(t, ops);
    });

t.test('event streams are bounded per address, and take no more than their places', async (t) => {
  const ops = await start(t);
  await fill(t, ops, 64, HERE, asks('/events'));
  await eventually(() => ops.streams.size === 8);
  await fill(t, ops, 64, ['127.0.0.2', '127.0.0.3'], asks('/events'));
  await eventually(() => ops.streams.size === 16);
  t.equal((await ops.ask('/operations')).status, 200, 'other questions are answered as well');
});

t.test('a connection that sends no whole request, or reads no answer, is ended', async (t) => {
  const ops = await start(t);
  for (const keep of [silent, trickle, halfPost, asks('/large')]) {
    const socket = connect(ops.port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    socket.on('error', () => {}).once('connect', () => keep(socket, 0));
    await eventually(() => ops.server.connections === 1);
    await eventually(() => ops.server.connections === 0);
    socket.destroy();
    t.pass('it is gone');
  }
});

t.test('what comes behind the first request of a connection is not worked for', async (t) => {
  const ops = await start(t);
  const socket = connect(ops.port, '127.0.0.1');
  let read = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    read += text;
  });
  socket.write(GET('/operations').repeat(50));
  await new Promise((resolve) => socket.once('close', resolve));
  t.equal((read.match(/"operations"/g) ?? []).length, 1);
});
