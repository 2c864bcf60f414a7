// A client's socket: its bytes come to the owner by the shortest way, and as the stream alone would bring them.
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { Scope } from '../../src/ldap/message.js';
import { listenTo, type SocketOwner, stopReading } from '../../src/server/socket-events.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { ownCertificate } from '../support/certificate.js';
import { searchRequest, shakeHands, simpleBind } from '../support/client.js';
import { eventually, userDN, withProxy } from '../support/proxy.js';

class Owner implements SocketOwner {
  readonly chunks: Buffer[] = [];
  readonly told: string[] = [];

  get octets(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  /** What is done with the socket when bytes come. */
  onRead: () => void = () => {};

  socketRead(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.onRead();
  }

  socketEnded(): void {
    this.told.push('end');
  }

  socketDrained(): void {
    this.told.push('drain');
  }

  socketFailed(): void {
    this.told.push('error');
  }

  socketClosed(): void {
    this.told.push('close');
  }
}

/** The two ends of a connection. */
async function pair(): Promise<{ client: Socket; served: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const served = await accepted;
  server.close();
  return { client, served };
}

t.test('bytes that flow come by no event and no tick; those behind a pause come in their order', async (t) => {
  const { client, served } = await pair();
  const owner = new Owner();
  let events = 0;
  listenTo(served, owner);
  served.on('data', () => events++);
  client.write('one ');
  await eventually(() => owner.octets === 'one ');
  t.equal(events, 0, 'the stream was not asked');
  served.pause();
  client.write('two ');
  await eventually(() => served.readableLength === 4);
  t.equal(owner.octets, 'one ');
  served.resume();
  client.write('three');
  await eventually(() => owner.octets === 'one two three');
  t.ok(events > 0, 'what was kept came by the stream');
  client.end();
  await eventually(() => owner.told.includes('end'));
  served.destroy();
  await eventually(() => owner.told.includes('close'));
  t.same(owner.told, ['end', 'close']);
});

t.test('another reader from then on gets all the bytes, alone', async (t) => {
  const { client, served } = await pair();
  const owner = new Owner();
  listenTo(served, owner);
  client.write('mine');
  await eventually(() => owner.octets === 'mine');
  stopReading(served);
  const others: Buffer[] = [];
  served.on('data', (chunk: Buffer) => others.push(chunk));
  client.write('yours');
  await eventually(() => Buffer.concat(others).toString() === 'yours');
  t.equal(owner.octets, 'mine');
  client.destroy();
  served.destroy();
});

t.test('however a reader stops and goes on, all bytes come, in their order, and then the end', async (t) => {
  const step = fc.oneof(
    fc.integer({ min: 1, max: 100_000 }),
    fc.constantFrom('pause' as const, 'resume' as const, 'pause at the next' as const, 'turn' as const),
  );
  const property = fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
    const { client, served } = await pair();
    const owner = new Owner();
    listenTo(served, owner);
    let sent = '';
    for (const one of steps) {
      if (one === 'pause') served.pause();
      else if (one === 'resume') served.resume();
      else if (one === 'pause at the next') owner.onRead = () => void served.pause();
      else if (one === 'turn') await new Promise((resolve) => setImmediate(resolve));
      else {
        const octets = Array.from({ length: Math.ceil(one / 8) }, (_, i) => `${sent.length + i}`.padStart(8)).join('');
        sent += octets;
        client.write(octets, 'latin1');
      }
    }
    client.end();
    owner.onRead = () => {};
    served.resume();
    await eventually(() => owner.told.includes('end'));
    served.destroy();
    await eventually(() => owner.told.includes('close'));
    return owner.octets === sent && owner.told.join() === 'end,close';
  });
  await t.resolves(fc.assert(property, { numRuns: 60 }));
});

const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const authority = await makeAuthority();
const tls = await ownCertificate(authority, t.testdir({}));
const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

t.test('what was asked before an unbind is answered, and the end is not a reset, whatever follows', async (t) => {
  const asked = [
    encodeMessage({ messageID: 1, op: simpleBind(ALICE, PASSWORD) }),
    encodeMessage({ messageID: 2, op: searchRequest({ base: ALICE, scope: Scope.baseObject }) }),
    encodeMessage({ messageID: 3, op: { kind: 'unbindRequest' } }),
  ];
  await withProxy(upstream, {}, async ({ url }) => {
    for (const behind of [Buffer.alloc(0), asked[1]!, Buffer.alloc(200_000, 'x')]) {
      const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
      const received: Buffer[] = [];
      const told: string[] = [];
      socket.on('data', (chunk: Buffer) => received.push(chunk));
      for (const event of ['error', 'end'] as const) socket.on(event, () => void told.push(event));
      socket.write(Buffer.concat([...asked, behind]));
      await eventually(() => told.length > 0);
      t.same(told, ['end'], `${behind.length} bytes behind it`);
      const octets = Buffer.concat(received).toString('latin1');
      t.equal(octets.match(/uid=quillon\.varrek/g)?.length, 1, 'one entry');
      t.match(octets, /\x02\x01\x02\x65/, 'and the end of its search');
      socket.destroy();
    }
  });
});

/** The timer that the kernel has set for what this port of ours is connected to, as /proc/net/tcp has it; 02: it will ask whether the client lives. */
const timerOf = (port: number, serverPort: number): string | undefined => {
  const hex = (number: number) => number.toString(16).toUpperCase().padStart(4, '0');
  const row = readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, remote]) => local?.endsWith(`:${hex(serverPort)}`) && remote?.endsWith(`:${hex(port)}`));
  return row?.[5]?.slice(0, 2);
};

t.test(
  'the kernel asks whether silent clients are still there, in cleartext and through TLS',
  {
    skip: process.platform === 'linux' ? false : 'the kernel does not tell',
  },
  async (t) => {
    await withProxy(upstream, { listen: { ldaps: '127.0.0.1:0', tls } }, async ({ app }) => {
      const [clearPort, tlsPort] = [app.ldapUrl, app.ldapsUrl].map((url) => Number(new URL(url ?? '').port));
      const clear = connect(clearPort!, '127.0.0.1');
      const encrypted = await shakeHands(tlsPort!, authority.caPem);
      await eventually(() => timerOf(clear.localPort!, clearPort!) === '02');
      await eventually(() => timerOf(encrypted.localPort!, tlsPort!) === '02');
      t.pass('both');
      clear.destroy();
      encrypted.destroy();
    });
  },
);
