// Waiting for a PROXY header: once told, once failed, and nothing of what came behind it is lost. The socket is a stream in memory.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import t from 'tap';
import { awaitProxyHeader } from '../../src/server/proxy-protocol.js';

const HEADER = 'PROXY TCP4 192.0.2.1 198.51.100.2 8080 389\r\n';
/** Milliseconds; none of these tests waits for it but the one that is about it. */
const LONG = 60_000;

function introduce(time = LONG): { socket: Duplex; told: string[]; settled: Promise<void> } {
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const told: string[] = [];
  const settled = new Promise<void>((resolve) => {
    const tell = (text: string) => {
      told.push(text);
      resolve();
    };
    awaitProxyHeader(
      socket as Socket,
      time,
      ({ address, port }) => tell(`${address}:${port}`),
      (why) => tell(why),
      (error) => tell(String(error)),
    );
  });
  return { socket, told, settled };
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

t.test('what comes behind the header in the same segment waits for the next reader', async (t) => {
  const { socket, told, settled } = introduce();
  socket.push(`${HEADER}behind`);
  await settled;
  t.same(told, ['192.0.2.1:8080']);
  t.ok(socket.isPaused());
  t.equal(String(socket.read()), 'behind');
  for (const event of ['data', 'end', 'close', 'error'])
    t.equal(socket.listenerCount(event), 0, `no ${event} listener`);
});

t.test('a header may come byte by byte', async (t) => {
  const { socket, told, settled } = introduce();
  for (const octet of Buffer.from(HEADER)) socket.push(Buffer.of(octet));
  await settled;
  t.same(told, ['192.0.2.1:8080']);
  t.equal(socket.read(), null, 'nothing is left');
});

t.test('an invalid header ends the connection, and only once', async (t) => {
  const { socket, told, settled } = introduce();
  socket.push('GET / HTTP/1.1\r\n\r\n');
  await settled;
  await nextTurn();
  t.same(told, ['the connection does not begin with a PROXY header']);
  t.ok(socket.destroyed);
});

t.test('a client that leaves before the end is reported once, however it leaves', async (t) => {
  const ways: Record<string, (socket: Duplex) => void> = {
    end: (socket) => socket.push(null),
    close: (socket) => void socket.destroy(),
    error: (socket) => void socket.destroy(new Error('reset')),
  };
  for (const [way, leave] of Object.entries(ways)) {
    const { socket, told, settled } = introduce();
    socket.push('PROXY TCP4 ');
    await nextTurn();
    leave(socket);
    await settled;
    await nextTurn();
    t.same(told, ['the client left before its PROXY header was whole'], way);
    t.ok(socket.destroyed, way);
  }
});

t.test('who takes too long is left', async (t) => {
  const { socket, told, settled } = introduce(1);
  socket.push('PROXY ');
  await settled;
  t.same(told, ['no PROXY header in time']);
  t.ok(socket.destroyed);
});
