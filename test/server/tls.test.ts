// TLS towards clients: ldaps, StartTLS, and what must not slip through between clear and encrypted.
import { writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { ownCertificate } from '../support/certificate.js';
import { Client, searchRequest, shakeHands, simpleBind } from '../support/client.js';
import { BASE, eventually, startProxy, userDN } from '../support/proxy.js';

const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const START_TLS = '1.3.6.1.4.1.1466.20037';

const authority = await makeAuthority();
const folder = t.testdir({});
const tls = await ownCertificate(authority, folder);

const upstream = await StandIn.start({});
const listen = { ldaps: '127.0.0.1:0', tls, limits: { handshakeTime: '300ms' } };
const proxy = await startProxy(upstream, { listen });
const strict = await startProxy(upstream, { listen: { ...listen, requireTls: true } });
const plain = await startProxy(upstream);
t.teardown(async () => {
  for (const one of [proxy, strict, plain]) await one.stop();
  await upstream.stop();
});

const portOf = (url: string | undefined) => Number(new URL(url ?? '').port);
/** What a client of these options sees of its connection, or 'refused'. */
const handshake = (options: ConnectionOptions, look: (socket: TLSSocket) => string) =>
  shakeHands(portOf(proxy.app.ldapsUrl), authority.caPem, options).then(
    (socket) => {
      const seen = look(socket);
      socket.destroy();
      return seen;
    },
    () => 'refused',
  );

const openTls = () => Client.open({ port: portOf(proxy.app.ldapsUrl), tls: true, ca: authority.caPem });

t.test('ldaps works, with TLS 1.2 and 1.3 and nothing older (R62)', async (t) => {
  const client = await openTls();
  t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
  t.equal((await client.result({ kind: 'extendedRequest', requestName: START_TLS })).code, 1, 'TLS within TLS');
  t.equal((await client.search({ base: ALICE, scope: Scope.baseObject })).entries.length, 1, 'and is still usable');
  client.destroy();
  const negotiated = (options: ConnectionOptions) => handshake(options, (socket) => socket.getProtocol() ?? '');
  t.equal(await negotiated({ maxVersion: 'TLSv1.2' }), 'TLSv1.2');
  t.equal(await negotiated({}), 'TLSv1.3');
  const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  for (const maxVersion of ['TLSv1', 'TLSv1.1'] as const)
    t.equal(await negotiated({ ...old, maxVersion }), 'refused', maxVersion);
  for (const ciphers of ['NULL', 'aNULL', 'RC4', '3DES', 'MD5'])
    t.equal(
      await negotiated({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }).catch(() => 'refused'),
      'refused',
      ciphers,
    );
});

t.test('clear text, junk and cut handshakes on the ldaps port end that connection alone (R63)', async (t) => {
  const other = await openTls();
  const port = portOf(proxy.app.ldapsUrl);
  for (const octets of [
    encodeMessage({ messageID: 1, op: simpleBind(ALICE, PASSWORD) }),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.alloc(100_000),
  ]) {
    const received: Buffer[] = [];
    await new Promise<void>((resolve) => {
      const socket = connectTcp(port, '127.0.0.1', () => socket.write(octets));
      socket.on('data', (chunk: Buffer) => received.push(chunk));
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
    const answer = Buffer.concat(received);
    t.ok(answer.length === 0 || answer[0] === 0x15, 'nothing but a TLS alert');
  }
  const cut = Array.from(
    { length: 200 },
    () =>
      new Promise<void>((resolve) => {
        const socket = connectTcp(port, '127.0.0.1', () => {
          socket.write(Buffer.from('16030100', 'hex'));
          socket.destroy();
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      }),
  );
  await Promise.all(cut);
  t.equal((await other.bind(ALICE, PASSWORD)).code, 0, 'others are served');
  const silent = connectTcp(port, '127.0.0.1');
  silent.on('error', () => {});
  silent.resume();
  await new Promise<void>((resolve) => silent.once('close', () => resolve()));
  t.pass('an unfinished handshake ends after its time');
  await eventually(() => proxy.log.some((line) => line.includes('connection: idle')));
  other.destroy();
});

t.test('StartTLS: what was sent in cleartext behind the request is never run (R65)', async (t) => {
  const client = await Client.open(proxy.url);
  t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
  const injected = encodeMessage({ messageID: 99, op: simpleBind(ALICE, PASSWORD) });
  await client.startTLS(authority.caPem, injected);
  const whoAmI = await client.answered(
    client.send({ kind: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' }),
  );
  t.match(whoAmI[0]?.op, { responseValue: Buffer.alloc(0) }, 'nobody is bound inside TLS yet');
  t.notOk(
    client.received.some(({ messageID }) => messageID === 99),
    'the injected bind has no answer',
  );
  t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
  t.equal((await client.result({ kind: 'extendedRequest', requestName: START_TLS })).code, 1, 'once is enough');
  client.destroy();
});

t.test(
  'StartTLS: what cannot be, is refused, and junk in place of the handshake ends the connection (R65)',
  async (t) => {
    const unoffered = await Client.open(plain.url);
    t.equal((await unoffered.result({ kind: 'extendedRequest', requestName: START_TLS })).code, 2, 'not configured');
    t.equal((await unoffered.bind(ALICE, PASSWORD)).code, 0, 'and the connection stays usable');
    unoffered.destroy();
    const withValue = await Client.open(proxy.url);
    t.equal(
      (await withValue.result({ kind: 'extendedRequest', requestName: START_TLS, requestValue: Buffer.from('x') }))
        .code,
      2,
    );
    t.equal(
      (await withValue.result({ kind: 'extendedRequest', requestName: START_TLS }, [{ type: '1.2.3', critical: true }]))
        .code,
      12,
      'with a critical control',
    );
    t.equal((await withValue.result({ kind: 'extendedRequest', requestName: START_TLS })).code, 0);
    withValue.write(Buffer.alloc(50, 0x41));
    await withValue.closed();
    t.pass('junk ends it');
    const pipelined = await Client.open(proxy.url);
    pipelined.write(
      Buffer.concat([
        encodeMessage({ messageID: 1, op: { kind: 'extendedRequest', requestName: START_TLS } }),
        encodeMessage({ messageID: 2, op: searchRequest({ base: '', scope: Scope.baseObject }) }),
      ]),
    );
    await pipelined.answered(1);
    pipelined.end();
    await pipelined.closed();
    t.equal(pipelined.received.length, 1, 'a clear request behind it has no answer');
  },
);

t.test('where TLS is required a cleartext password gets 13 and goes nowhere (R66)', async (t) => {
  const before = upstream.counters.binds;
  const client = await Client.open(strict.url);
  t.equal((await client.bind(ALICE, PASSWORD)).code, 13);
  t.equal((await client.bind(ALICE, 'wrong')).code, 13);
  t.equal((await client.bind(userDN('nobody'), 'wrong')).code, 13);
  t.equal(upstream.counters.binds, before, 'nothing was forwarded');
  await client.startTLS(authority.caPem);
  t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
  client.destroy();
});

t.test('the root DSE offers StartTLS only where it works (R46)', async (t) => {
  const extensions = async (url: string) => {
    const client = await Client.open(url);
    const { entries } = await client.search({
      base: '',
      scope: Scope.baseObject,
      attributes: ['supportedExtension', 'namingContexts'],
    });
    client.destroy();
    const attributes = new Map(entries[0]?.attributes.map(({ type, values }) => [type, values.map(String)]));
    t.same(attributes.get('namingContexts'), [BASE]);
    return attributes.get('supportedExtension') ?? [];
  };
  t.ok((await extensions(proxy.url)).includes(START_TLS));
  t.notOk((await extensions(plain.url)).includes(START_TLS));
});

t.test('with clientCaFile only clients that show a certificate of these authorities get in over TLS', async (t) => {
  const clients = await makeAuthority();
  const clientCaFile = join(folder, 'clients.pem');
  writeFileSync(clientCaFile, clients.caPem);
  const mutual = await startProxy(upstream, {
    listen: { ...listen, requireTls: true, tls: { ...tls, clientCaFile }, limits: { handshakeTime: '5s' } },
  });
  t.teardown(() => mutual.stop());
  const ours = await clients.issue(['app.example']);
  const expired = await clients.issue(['app.example'], new Date(Date.now() - 1000));
  const foreign = await (await makeAuthority()).issue(['app.example']);
  const port = portOf(mutual.app.ldapsUrl);
  /** The code of a bind with the right password, or 'sent away'. */
  const login = (shown: { certPem: string; keyPem: string } | undefined, maxVersion: 'TLSv1.2' | 'TLSv1.3') =>
    new Promise<number | string>((resolve) => {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        ca: authority.caPem,
        servername: 'localhost',
        maxVersion,
        ...(shown === undefined ? {} : { cert: shown.certPem, key: shown.keyPem }),
      });
      socket.on('error', () => resolve('sent away'));
      socket.on('close', () => resolve('sent away'));
      socket.once('secureConnect', () => {
        const bind = Client.open(socket).then((client) => client.bind(ALICE, PASSWORD));
        bind.then(({ code }) => resolve(code)).catch(() => resolve('sent away'));
      });
    });
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    t.equal(await login(ours, version), 0, version);
    t.equal(await login(undefined, version), 'sent away', 'without a certificate');
    t.equal(await login(foreign, version), 'sent away', 'with one of somebody else');
    t.equal(await login(expired, version), 'sent away', 'with one that has expired');
  }
  const clear = await Client.open(mutual.url);
  t.equal((await clear.bind(ALICE, PASSWORD)).code, 13);
  await t.rejects(
    clear.startTLS(authority.caPem).then(() => clear.bind(ALICE, PASSWORD)),
    'StartTLS asks for one as well',
  );
  clear.destroy();
  t.equal(mutual.log.filter((line) => line.includes('TLS handshake failed')).length > 5, true);
  t.notOk(mutual.log.some((line) => line.includes('"user.name":"quillon.varrek"') && line.includes('"ldap.code":49')));
});

t.test('suites with forward secrecy and authenticated encryption only (R62)', async (t) => {
  const agreed = (ciphers: string) =>
    handshake({ maxVersion: 'TLSv1.2', ciphers }, (socket) => socket.getCipher().name);
  t.equal(await agreed('ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256'), 'ECDHE-ECDSA-AES128-GCM-SHA256');
  for (const old of [
    'ECDHE-ECDSA-AES128-SHA',
    'ECDHE-ECDSA-AES256-SHA384',
    'AES128-GCM-SHA256',
    'DHE-RSA-AES128-GCM-SHA256',
  ])
    t.equal(await agreed(`${old}:@SECLEVEL=0`), 'refused', old);
});
