// TLS towards a real OpenLDAP server: pinned keys, a certificate of our own, and StartTLS with somebody in between. No password goes in cleartext.
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import t, { type Test } from 'tap';
import { type Authority, makeAuthority } from '../../src/demo/certificate.js';
import { ORG_ID, READER } from '../../src/demo/people.js';
import { pinOf } from '../../src/upstream/upstream-tls.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Client } from '../support/client.js';
import { directory, likeJumpCloud, OpenLDAP, withoutOpenLDAP } from '../support/openldap.js';
import { BASE, eventually, startProxy, userDN } from '../support/proxy.js';

const [OK, INVALID_CREDENTIALS, UNAVAILABLE] = [0, 49, 52];
const PASSWORD = 'user-secret-5001';

/** The codes of a right and a wrong password through a proxy with these settings, its last fault, and its log. */
async function logIns(
  t: Test,
  server: OpenLDAP,
  url: string,
  settings: Record<string, unknown>,
  caPem = readFileSync(server.caFile, 'utf8'),
) {
  const upstream = {
    url,
    caPem,
    orgId: ORG_ID,
    reader: { dn: directory.userDN(READER.uid), password: READER.password },
  } as const;
  const proxy = await startProxy(upstream, { local: { baseDN: BASE }, upstream: settings }, false);
  t.teardown(() => proxy.stop());
  await eventually(() => {
    const { snapshot, upstream: read } = proxy.app.readiness();
    return snapshot.present || read.lastError !== undefined;
  });
  const client = await Client.open(proxy.url);
  const codes: number[] = [];
  for (const password of [PASSWORD, 'wrong']) codes.push((await client.bind(userDN('quillon.varrek'), password)).code);
  client.destroy();
  return { codes, lastError: proxy.app.readiness().upstream.lastError, proxy };
}

const start = async (t: Test, authority: Authority, more = {}) => {
  const server = await OpenLDAP.start(t.testdir(), authority, { ...likeJumpCloud(), ...more });
  t.teardown(() => server.kill());
  return server;
};

const keyOf = (server: OpenLDAP): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connectTls({ host: 'localhost', port: server.port, ca: readFileSync(server.caFile) });
    socket.once('secureConnect', () => {
      resolve(pinOf(socket.getPeerCertificate().raw));
      socket.destroy();
    });
    socket.once('error', reject);
  });

/** Somebody between product and server, who sees what goes in cleartext. `fromServer` may change the first bytes of the answer. */
async function between(
  t: Test,
  port: number,
  fromServer: (octets: Buffer, client: Socket) => Buffer | undefined,
  host = '127.0.0.1',
) {
  const inClear: Buffer[] = [];
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let isFirst = true;
    client.on('data', (chunk) => {
      inClear.push(chunk);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      const octets = isFirst ? fromServer(chunk, client) : chunk;
      isFirst = false;
      if (octets !== undefined) client.write(octets);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.teardown(() => server.close());
  const name = host === '127.0.0.1' ? 'localhost' : host;
  return { url: `ldap://${name}:${(server.address() as AddressInfo).port}`, seen: () => Buffer.concat(inClear) };
}

const extended = (messageID: number, code: number, text = '') =>
  encodeMessage({ messageID, op: { kind: 'extendedResponse', result: { code, matchedDN: '', text } } });
const bindAnswer = (messageID: number, code: number) =>
  encodeMessage({ messageID, op: { kind: 'bindResponse', result: { code, matchedDN: '', text: '' } } });

t.test('against OpenLDAP', { skip: withoutOpenLDAP }, async (t) => {
  const authority = await makeAuthority();

  await t.test('a pinned key is looked at beside authority and name (R76)', async (t) => {
    const server = await start(t, authority);
    const right = await keyOf(server);
    const other = Buffer.alloc(32, 7).toString('base64');
    for (const pin of [[right], [other, right], [`sha256/${right}`]]) {
      const { codes } = await logIns(t, server, server.url, { tls: { pin } });
      t.same(codes, [OK, INVALID_CREDENTIALS], `${pin.length}`);
    }
    const wrong = await logIns(t, server, server.url, { tls: { pin: [other] } });
    t.same(wrong.codes, [UNAVAILABLE, UNAVAILABLE]);
    t.match(wrong.lastError, /is not one of upstream\.tls\.pin/);
    t.ok(wrong.lastError?.includes(right), 'which one it has');
    await wrong.proxy.app.stop();
    // A pin is in place of neither.
    const relay = await between(t, server.port, (octets) => octets, '127.0.0.9');
    const misnamed = await logIns(t, server, relay.url.replace('ldap:', 'ldaps:'), { tls: { pin: [right] } });
    t.same(misnamed.codes, [UNAVAILABLE, UNAVAILABLE]);
    t.match(misnamed.lastError, /127\.0\.0\.9 is not in the cert/);
    const { caPem } = await makeAuthority();
    const stranger = await logIns(t, server, server.url, { tls: { pin: [right] } }, caPem);
    t.same(stranger.codes, [UNAVAILABLE, UNAVAILABLE]);
    t.match(stranger.lastError, /certificate/);
  });

  await t.test('a certificate of our own is shown to an upstream that asks for one', async (t) => {
    const server = await start(t, authority, { asksForCertificate: true });
    const folder = dirname(server.caFile);
    const { certPem, keyPem } = await authority.issue(['jumpgate.example.test']);
    const [certFile, keyFile] = [join(folder, 'our-cert.pem'), join(folder, 'our-key.pem')];
    writeFileSync(certFile, certPem, { mode: 0o600 });
    writeFileSync(keyFile, keyPem, { mode: 0o600 });
    for (const [url, more] of [
      [server.url, {}],
      [`ldap://localhost:${server.clearPort}`, { startTLS: true }],
    ] as const) {
      const shown = await logIns(t, server, url, { ...more, tls: { certFile, keyFile } });
      t.same(shown.codes, [OK, INVALID_CREDENTIALS], url);
      const missing = await logIns(t, server, url, more);
      t.same(missing.codes, [UNAVAILABLE, UNAVAILABLE], url);
      t.match(missing.lastError, /certificate required|handshake failure|closed|ended|reset/i);
    }
  });

  await t.test('StartTLS: what works over ldaps works as well, again and again', async (t) => {
    const server = await start(t, authority);
    const relay = await between(t, server.clearPort, (octets) => octets);
    const { codes, proxy } = await logIns(t, server, relay.url, { startTLS: true });
    t.same(codes, [OK, INVALID_CREDENTIALS]);
    const clients = await Promise.all(Array.from({ length: 20 }, () => Client.open(proxy.url)));
    const many = await Promise.all(
      clients.map((client, i) => client.bind(userDN('tavian.bruskel'), `user-secret-${5003 - (i % 2)}`)),
    );
    t.ok(many.some(({ code }) => code === OK));
    for (const client of clients) client.destroy();
    await server.kill();
    await server.up();
    await eventually(async () => {
      const client = await Client.open(proxy.url);
      const { code } = await client.bind(userDN('mirelle.oskand'), 'user-secret-5002');
      client.destroy();
      return code === OK;
    });
    const seen = relay.seen().toString('latin1');
    for (const secret of [PASSWORD, READER.password, 'user-secret', 'ou=Users', 'wayk-users'])
      t.notOk(seen.includes(secret), secret);
    t.match(proxy.app.readiness().upstream.addresses[0]?.certificate, { daysLeft: Number });
  });

  for (const [name, answer, text] of [
    ['refused', () => extended(1, 53, 'no TLS here'), /53 unwillingToPerform \(no TLS here\)/],
    ['unknown', () => extended(1, 2), /2 protocolError/],
    ['answered by something else', () => bindAnswer(1, 0), /answered with bindResponse/],
    ['answered with another ID', () => extended(7, 0), /extendedResponse 7/],
    ['a Notice of Disconnection', () => extended(0, 52), /extendedResponse 0/],
    ['no LDAP', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /cannot be read/],
    ['an answer without end', () => Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]), /cannot be read/],
    ['success, and no TLS behind it', () => Buffer.concat([extended(1, 0)]), /./, 'strips'],
  ] as const)
    await t.test(`StartTLS ${name}: an outage with its reason, and no secret is sent (R76)`, async (t) => {
      const server = await start(t, authority);
      // Behind a stripped StartTLS the one in between answers every bind himself.
      const relay = await between(t, server.clearPort, (_octets, client) => {
        if (name.startsWith('success')) client.on('data', () => client.write(bindAnswer(2, 0)));
        return answer();
      });
      const { codes, lastError, proxy } = await logIns(t, server, relay.url, { startTLS: true, connectTime: '1s' });
      t.same(codes, [UNAVAILABLE, UNAVAILABLE]);
      t.match(lastError, text);
      t.match(proxy.log.join('\n'), /upstream-tls|upstream-unreachable|no-snapshot/);
      const seen = relay.seen().toString('latin1');
      t.ok(seen.includes('1.3.6.1.4.1.1466.20037'));
      for (const secret of [PASSWORD, READER.password, 'ldap-reader']) t.notOk(seen.includes(secret), secret);
    });

  await t.test('what is injected in cleartext behind the answer to StartTLS is thrown away', async (t) => {
    const server = await start(t, authority);
    // The answers to a bind and to a search that are to come, and an entry.
    const forged = Buffer.concat([1, 2, 3, 4].map((id) => bindAnswer(id, 0)));
    const relay = await between(t, server.clearPort, (octets) => Buffer.concat([octets, forged]));
    const { codes } = await logIns(t, server, relay.url, { startTLS: true });
    t.same(codes, [OK, INVALID_CREDENTIALS], 'a wrong password is wrong');
  });

  await t.test('and if it comes a moment later it is not valid TLS', async (t) => {
    const server = await start(t, authority);
    const relay = await between(t, server.clearPort, (octets, client) => {
      client.write(octets);
      setImmediate(() => client.write(Buffer.concat([1, 2, 3, 4].map((id) => bindAnswer(id, 0)))));
      return undefined;
    });
    const { codes } = await logIns(t, server, relay.url, { startTLS: true, connectTime: '1s' });
    for (const [i, code] of codes.entries())
      t.ok(code === UNAVAILABLE || code === [OK, INVALID_CREDENTIALS][i], `${code}`);
  });
});
