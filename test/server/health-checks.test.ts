// Connections that say nothing, on every kind of listener and by every way of leaving: nobody is blamed for one.
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { adviceFor } from '../../src/ops/learn/advice.js';
import { ClientProfiles } from '../../src/ops/learn/client-profile.js';
import type { OperationRecord } from '../../src/ops/telemetry/recent-operations.js';
import { ownCertificate } from '../support/certificate.js';
import { Client } from '../support/client.js';
import { eventually, type RunningProxy, withProxy } from '../support/proxy.js';
import { hex } from '../support/raw.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());
const tls = await ownCertificate(await makeAuthority(), t.testdir({}));

const LOCAL = hex('0d0a0d0a000d0a515549540a20000000');
const UNKNOWN = Buffer.from('PROXY UNKNOWN\r\n');
const WAYS: Readonly<Record<string, (socket: Socket) => void>> = {
  'a reset': (socket) => void socket.resetAndDestroy(),
  'an end': (socket) => void socket.end(),
  'nothing, until it is left': () => {},
};

/** Sends at most a PROXY header, is accepted, and leaves. `introduction`: what others have to send first. */
async function visit(
  proxy: RunningProxy,
  url: string,
  header: Buffer,
  leave: (socket: Socket) => void,
  introduction: Buffer,
): Promise<void> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  socket.on('error', () => {});
  socket.resume();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write(header);
  await isAccepted(proxy, introduction);
  leave(socket);
  await closed;
  await isAccepted(proxy, introduction);
}

/** Whatever came before has been seen: another client, connected later, has had its answers. */
async function isAccepted({ app, log }: RunningProxy, introduction: Buffer): Promise<void> {
  const before = log.length;
  const client = await Client.open(app.ldapUrl ?? '');
  client.write(introduction);
  for (let i = 0; i < 3; i++) await client.bind('', '');
  client.destroy();
  await eventually(() => log.length >= before + 3);
}

const limits = { handshakeTime: '200ms', unboundTime: '200ms', messageTime: '200ms' };

for (const [what, proxyProtocol, headers] of [
  ['', false, { none: Buffer.alloc(0) }],
  [' behind proxyProtocol', ['127.0.0.1'], { none: Buffer.alloc(0), LOCAL, UNKNOWN }],
] as const)
  t.test(`a client that says nothing leaves no line at info and no false error${what} (R120)`, async (t) => {
    const listen = { ldaps: '127.0.0.1:0', tls, proxyProtocol, limits };
    await withProxy(upstream, { listen, ops: { http: '127.0.0.1:0' } }, async (proxy) => {
      const { app, log } = proxy;
      for (const [name, header] of Object.entries(headers))
        for (const url of [app.ldapUrl ?? '', app.ldapsUrl ?? ''])
          for (const [way, leave] of Object.entries(WAYS)) {
            const before = log.length;
            await visit(proxy, url, header, leave, proxyProtocol === false ? headers.none : LOCAL);
            const loud = log.slice(before).filter((line) => !line.startsWith('{"level":20,'));
            t.same(loud, [], `${name} header, ${url.slice(0, 5)}, ${way}`);
          }
      const metrics = await (await fetch(`${app.opsUrl}/metrics`)).text();
      t.notMatch(metrics, /fault="TLS/);
    });
  });

t.test('who has begun to speak and stops leaves a line', async (t) => {
  const listen = { ldaps: '127.0.0.1:0', tls, limits };
  await withProxy(upstream, { listen }, async ({ app, log }) => {
    const socket = connect({ port: Number(new URL(app.ldapsUrl ?? '').port), host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.resume();
    // The beginning of a ClientHello.
    socket.write(hex('160301'));
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    t.match(
      log.filter((line) => line.includes('TLS handshake too slow')),
      [/"level":30,/],
    );
  });
});

t.test('anonymous binds from afar do not count as cleartext passwords', async (t) => {
  const advised = (target: string) => {
    const profiles = new ClientProfiles();
    profiles.operation({
      operation: 'bind',
      target,
      address: '192.0.2.1',
      channel: 'clear',
      reason: 'ok',
      connection: 1,
      time: '2026-01-01T00:00:00Z',
    } as OperationRecord);
    return profiles.clients().flatMap(adviceFor);
  };
  t.same(advised(''), []);
  t.match(advised('uid=ada,dc=example'), [/passwords come in clear/]);
});
