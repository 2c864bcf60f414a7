// Other ways in: the socket file (ldapi), SASL over TLS, connections behind a load balancer (PROXY protocol).
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import type { Request } from '../../src/ldap/message.js';
import { Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { ownCertificate } from '../support/certificate.js';
import { Client, simpleBind } from '../support/client.js';
import {
  BASE,
  eventually,
  type RunningProxy,
  withProxy as startedProxy,
  startProxy,
  USERS,
  userDN,
} from '../support/proxy.js';

const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const EXTERNAL = `cn=local,${BASE}`;

const authority = await makeAuthority();
// Socket files have short names at most: not the test's own folder.
const folder = mkdtempSync(join(tmpdir(), 'jumpgate-'));
const tls = await ownCertificate(authority, folder);
const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

const withProxy = (listen: Record<string, unknown>, use: (proxy: RunningProxy) => Promise<void>) =>
  startedProxy(upstream, { listen, binds: { failuresPerAccount: 1000, failuresPerAddress: 1000 } }, use);

/** A connected socket. */
function reach(to: { port: number } | { path: string }, first?: string | Buffer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const target = 'path' in to ? to : { port: to.port, host: '127.0.0.1' };
    const socket = connect(target, () => {
      if (first !== undefined) socket.write(first);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

const portOf = (url: string | undefined) => Number(new URL(url ?? '').port);
const sasl = (mechanism: string, credentials?: string): Request => ({
  kind: 'bindRequest',
  version: 3,
  name: '',
  authentication: {
    method: 'sasl',
    mechanism,
    ...(credentials === undefined ? {} : { credentials: Buffer.from(credentials) }),
  },
});
const whoAmI = async (client: Client) => {
  const [answer] = await client.answered(
    client.send({ kind: 'extendedRequest', requestName: '1.3.6.1.4.1.4203.1.11.3' }),
  );
  return answer?.op.kind === 'extendedResponse' ? String(answer.op.responseValue) : '';
};
const mechanisms = async (client: Client) => {
  const { entries } = await client.search({
    base: '',
    scope: Scope.baseObject,
    attributes: ['supportedSASLMechanisms'],
  });
  return entries[0]?.attributes.flatMap(({ values }) => values.map(String)) ?? [];
};

t.test('ldapi: a socket file with its mode, as secure as this machine, gone after the end', async (t) => {
  const path = join(folder, 'ldapi');
  await withProxy({ ldapi: { path, mode: '0640', external: EXTERNAL }, tls, requireTls: true }, async (proxy) => {
    t.equal(proxy.app.ldapiUrl, `ldapi://${encodeURIComponent(path)}`);
    t.equal(statSync(path).mode & 0o777, 0o640);
    const client = await Client.open(await reach({ path }));
    t.equal((await client.bind(ALICE, PASSWORD)).code, 0, 'needs no TLS');
    t.same(await mechanisms(client), ['PLAIN', 'EXTERNAL']);
    t.equal((await client.result(sasl('PLAIN', `\0${ALICE}\0${PASSWORD}`))).code, 0);
    t.equal((await client.result(sasl('EXTERNAL'))).code, 0);
    t.equal(await whoAmI(client), `dn:${EXTERNAL}`);
    t.equal((await client.search({ base: BASE, filter: '(uid=*)' })).entries.length, 9, 'a service account');
    t.equal((await client.result(sasl('EXTERNAL', `dn:${EXTERNAL}`))).code, 0);
    t.equal((await client.result(sasl('EXTERNAL', `dn:${ALICE}`))).code, 49, 'nobody else');
    t.equal(await whoAmI(client), '');
    await eventually(() => proxy.log.some((line) => line.includes('"ldap.channel":"ldapi"')));
    client.destroy();
    await t.rejects(startProxy(upstream, { listen: { ldapi: { path } } }), { code: 'EADDRINUSE' }, 'one at a time');
  });
  t.notOk(existsSync(path));
});

t.test('ldapi: a file that is not a socket is never replaced (R121)', async (t) => {
  const precious = join(folder, 'precious');
  writeFileSync(precious, 'precious');
  const link = join(folder, 'link');
  symlinkSync(precious, link);
  for (const path of [precious, link, folder]) {
    await t.rejects(
      startProxy(upstream, { listen: { ldapi: { path } } }),
      { message: /is not a socket. Remove it/ },
      path,
    );
    t.equal(readFileSync(precious, 'utf8'), 'precious', path);
  }
  t.ok(lstatSync(link).isSymbolicLink());
});

t.test('ldapi: EXTERNAL needs a configured account; a file that a dead process left is taken over', async (t) => {
  const path = join(folder, 'stale');
  const listen = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`;
  const dead = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise((resolve) => dead.stdout.once('data', resolve));
  dead.kill('SIGKILL');
  await new Promise((resolve) => dead.once('exit', resolve));
  t.ok(existsSync(path));
  await withProxy({ ldapi: { path } }, async () => {
    const client = await Client.open(await reach({ path }));
    t.equal((await client.result(sasl('EXTERNAL'))).code, 7);
    t.same(await mechanisms(client), ['PLAIN']);
    client.destroy();
  });
});

t.test('SASL PLAIN over TLS is a bind like any other; in cleartext it is not offered (R15)', async (t) => {
  await withProxy({ ldaps: '127.0.0.1:0', tls }, async (proxy) => {
    const client = await Client.open({ port: portOf(proxy.app.ldapsUrl), tls: true, ca: authority.caPem });
    t.same(await mechanisms(client), ['PLAIN']);
    const plain = async (text: string) => (await client.result(sasl('PLAIN', text))).code;
    for (const name of [ALICE, 'quillon.varrek', 'quillon.varrek@example.test', ALICE.toUpperCase()])
      t.equal(await plain(`\0${name}\0${PASSWORD}`), 0, name);
    t.equal(await whoAmI(client), `dn:${ALICE}`);
    for (const authzid of ['quillon.varrek', 'u:quillon.varrek'])
      t.equal(await plain(`${authzid}\0quillon.varrek\0${PASSWORD}`), 0, authzid);
    const own = [
      ALICE,
      ALICE.toUpperCase(),
      `cn=Quillon Varrek,${USERS}`,
      'quillon.varrek',
      'quillon.varrek@example.test',
    ];
    const spelt = own.flatMap((name) => [name, `dn:${name}`, `u:${name}`]);
    for (const name of spelt) {
      t.equal(await plain(`\0${name}\0${PASSWORD}`), 0, `as ${name}`);
      for (const other of spelt) {
        const code = await plain(`${other}\0${name}\0${PASSWORD}`);
        if (code !== 0) t.fail(`${name} for ${other}: ${code}`);
      }
      t.equal(await whoAmI(client), `dn:${ALICE}`);
    }
    const rows: [text: string, code: number, why: string][] = [
      [`\0${ALICE}\0wrong`, 49, 'wrong password'],
      [`\0${ALICE}\0${PASSWORD}\0`, 49, 'a NUL belongs to the password (R7)'],
      [`\0${userDN('corvane.thessly')}\0user-secret-5005`, 49, 'not in the group'],
      [`\0${ALICE}\0`, 53, 'empty password'],
      [`u:other\0${ALICE}\0${PASSWORD}`, 49, 'for somebody else'],
      [`dn:${userDN('mirelle.oskand')}\0${ALICE}\0${PASSWORD}`, 49, 'for somebody else by DN'],
      [`u:mirelle.oskand\0quillon.varrek\0${PASSWORD}`, 49, 'for somebody else by uid'],
      [`mirelle.oskand@example.test\0quillon.varrek\0${PASSWORD}`, 49, 'for somebody else by mail'],
      [`dn:${userDN('ldap-reader')}\0quillon.varrek\0${PASSWORD}`, 49, 'for the reader'],
      [`dn:${userDN('corvane.thessly')}\0quillon.varrek\0${PASSWORD}`, 49, 'for one outside the group'],
      [`dn:${USERS}\0quillon.varrek\0${PASSWORD}`, 49, 'for a container'],
      [`dn:\0quillon.varrek\0${PASSWORD}`, 49, 'for nobody'],
      [`u:\0quillon.varrek\0${PASSWORD}`, 49, 'for nobody, as a user'],
      [`dn:uid=\0quillon.varrek\0${PASSWORD}`, 49, 'for an invalid name'],
      [`u:quillon.varrek\0${userDN('mirelle.oskand')}\0wrong`, 49, 'for somebody else with a wrong password'],
      [`u:quillon.varrek\0${userDN('ldap-reader')}\0${upstream.reader.password}`, 49, 'the reader for a member'],
      [`\0dn:uid=\0${PASSWORD}`, 34, 'as an invalid name'],
      ['', 49, 'nothing'],
      ['no separators', 49, 'no separators'],
      [`\0\0${PASSWORD}`, 49, 'no name'],
    ];
    for (const [text, code, why] of rows) {
      t.equal(await plain(`\0${ALICE}\0${PASSWORD}`), 0);
      t.equal(await plain(text), code, why);
      t.equal(await whoAmI(client), '', `${why}: leaves nobody bound (R9)`);
    }
    t.equal((await client.result(sasl('PLAIN'))).code, 49, 'without credentials');
    for (const mechanism of ['EXTERNAL', 'ANONYMOUS', 'DIGEST-MD5', 'GSSAPI', 'plain', ''])
      t.equal((await client.result(sasl(mechanism, `\0${ALICE}\0${PASSWORD}`))).code, 7, mechanism);
    client.destroy();
    const clear = await Client.open(proxy.url);
    const before = upstream.counters.binds;
    t.equal((await clear.result(sasl('PLAIN', `\0${ALICE}\0another password`))).code, 7);
    t.equal(upstream.counters.binds, before, 'and goes nowhere');
    t.same(await mechanisms(clear), []);
    clear.destroy();
    t.notMatch(proxy.log.join(''), /another password|user-secret/);
  });
});

const V1 = 'PROXY TCP4 203.0.113.9 127.0.0.1 40123 389\r\n';
const v2 = (family: number, body: Buffer, command = 0x21) =>
  Buffer.concat([
    Buffer.from('0d0a0d0a000d0a515549540a', 'hex'),
    Buffer.from([command, family, body.length >> 8, body.length & 0xff]),
    body,
  ]);
const V2_4 = v2(0x11, Buffer.from('cb007109 7f000001 9cbb 0185'.replaceAll(' ', ''), 'hex'));
const V2_6 = v2(
  0x21,
  Buffer.from(`20010db8${'0'.repeat(23)}7 ${'0'.repeat(31)}1 9cbb 0185`.replaceAll(' ', ''), 'hex'),
);

t.test('behind a trusted load balancer the client’s own address is in the log and counts for limits', async (t) => {
  await withProxy({ proxyProtocol: ['127.0.0.0/8'], limits: { connectionsPerAddress: 2 } }, async (proxy) => {
    const { port } = { port: portOf(proxy.url) };
    for (const [header, source] of [
      [V1, '203.0.113.9'],
      [V2_4, '203.0.113.9'],
      [V2_6, '2001:db8::7'],
      ['PROXY TCP6 2001:db8::7 ::1 40123 389\r\n', '2001:db8::7'],
    ] as const) {
      const client = await Client.open(await reach({ port }, header));
      t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
      await eventually(() =>
        proxy.log.some((line) => line.includes(`"client.address":"${source}","client.port":40123`)),
      );
      client.destroy();
      proxy.log.length = 0;
    }
    for (const header of ['PROXY UNKNOWN\r\n', v2(0x00, Buffer.alloc(0), 0x20), v2(0x31, Buffer.alloc(216))]) {
      const client = await Client.open(await reach({ port }, header));
      t.equal((await client.bind(ALICE, PASSWORD)).code, 0, 'a header without an address');
      await eventually(() => proxy.log.some((line) => line.includes('"client.address":"127.0.0.1"')));
      client.destroy();
      proxy.log.length = 0;
    }
    await eventually(() => proxy.app.readiness().connections === 0);
    const [one, two, three] = await Promise.all([1, 2, 3].map(async () => Client.open(await reach({ port }, V1))));
    t.equal((await one!.bind(ALICE, PASSWORD)).code, 0);
    t.equal((await two!.bind(ALICE, PASSWORD)).code, 0);
    await three!.closed();
    const other = await Client.open(await reach({ port }, V1.replace('203.0.113.9', '203.0.113.10')));
    t.equal((await other.bind(ALICE, PASSWORD)).code, 0, 'another address has its own places');
    for (const client of [one, two, other]) client?.destroy();
  });
});

t.test('behind a full load balancer those without an identity, or without a header, make room (R110)', async (t) => {
  await withProxy(
    { proxyProtocol: ['127.0.0.0/8'], limits: { connections: 6, connectionsPerAddress: 5 } },
    async (proxy) => {
      const port = portOf(proxy.url);
      const member = await Client.open(await reach({ port }, V1));
      t.equal((await member.bind(ALICE, PASSWORD)).code, 0);
      for (const header of [V1.replace('203.0.113.9', '203.0.113.77'), '']) {
        const strangers = await Promise.all(Array.from({ length: 20 }, () => reach({ port }, header)));
        const other = await Client.open(await reach({ port }, V1));
        t.equal((await other.bind(ALICE, PASSWORD)).code, 0, header === '' ? 'no header' : 'no identity');
        other.destroy();
        for (const socket of strangers) socket.destroy();
        await eventually(() => proxy.app.readiness().connections === 1);
      }
      t.notOk(member.isClosed);
      member.destroy();
    },
  );
});

t.test('a header comes in pieces, or together with the first request, and before TLS', async (t) => {
  await withProxy({ proxyProtocol: '127.0.0.1', ldaps: '127.0.0.1:0', tls }, async (proxy) => {
    const port = portOf(proxy.url);
    for (const header of [Buffer.from(V1), V2_4]) {
      const socket = await reach({ port });
      socket.setNoDelay(true);
      for (const octet of header) await new Promise<void>((resolve) => socket.write(Buffer.of(octet), () => resolve()));
      const client = await Client.open(socket);
      t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
      client.destroy();
      const request = encodeMessage({ messageID: 1, op: simpleBind(ALICE, PASSWORD) });
      const together = await Client.open(await reach({ port }, Buffer.concat([header, request])));
      const [answer] = await together.answered(1);
      t.match(answer?.op, { kind: 'bindResponse', result: { code: 0 } });
      together.destroy();
    }
    const raw = await reach({ port: portOf(proxy.app.ldapsUrl) }, V1);
    const secure = connectTls({ socket: raw, ca: authority.caPem, servername: 'localhost' });
    await new Promise<void>((resolve, reject) => {
      secure.once('secureConnect', resolve);
      secure.once('error', reject);
    });
    const client = await Client.open(secure);
    t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
    client.destroy();
    // The header and the first bytes of TLS in one segment.
    const port2 = portOf(proxy.app.ldapsUrl);
    const under = await reach({ port: port2 });
    let isFirst = true;
    const joined = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        under.write(isFirst ? Buffer.concat([Buffer.from(V1), chunk]) : chunk, () => done());
        isFirst = false;
      },
    });
    under.on('data', (chunk: Buffer) => joined.push(chunk));
    const over = connectTls({ socket: joined, ca: authority.caPem, servername: 'localhost' });
    await new Promise<void>((resolve, reject) => {
      over.once('secureConnect', resolve);
      over.once('error', reject);
    });
    over.destroy();
    under.destroy();
  });
});

t.test('an invalid header ends the connection; an untrusted peer may not introduce anybody (R59)', async (t) => {
  await withProxy({ proxyProtocol: ['127.0.0.1'], limits: { handshakeTime: '300ms' } }, async (proxy) => {
    const port = portOf(proxy.url);
    for (const octets of [
      encodeMessage({ messageID: 1, op: simpleBind(ALICE, PASSWORD) }),
      Buffer.from('PROXY TCP4 203.0.113.999 127.0.0.1 1 2\r\n'),
      Buffer.from('PROXY TCP4 203.0.113.9 127.0.0.1 1 70000\r\n'),
      Buffer.from('PROXY TCP4 203.0.113.9\r\n'),
      Buffer.from(`PROXY TCP4 ${'x'.repeat(200)}`),
      v2(0x11, Buffer.alloc(3)),
      v2(0x11, Buffer.alloc(12), 0x31),
      v2(0x11, Buffer.alloc(12), 0x2f),
      v2(0x21, Buffer.alloc(12)),
      Buffer.from('0d0a0d0a000d0a515549540a2111ffff', 'hex'),
      Buffer.from('PROXY '),
    ]) {
      const client = await Client.open(await reach({ port }, octets));
      await client.closed();
      t.equal(client.received.length, 0, octets.toString('hex').slice(0, 40));
    }
    const client = await Client.open(await reach({ port }, V1));
    t.equal((await client.bind(ALICE, PASSWORD)).code, 0, 'others are served');
    client.destroy();
  });
  await withProxy({ proxyProtocol: ['192.0.2.1'] }, async (proxy) => {
    const stranger = await Client.open(await reach({ port: portOf(proxy.url) }, V1));
    await stranger.closed();
    const ordinary = await Client.open(proxy.url);
    t.equal((await ordinary.bind(ALICE, PASSWORD)).code, 0, 'and needs none');
    ordinary.destroy();
  });
});
