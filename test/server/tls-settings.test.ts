// Versions of TLS and cipher suites as they are configured, asked for by TLS clients of both kinds that there are: Node.js and openssl.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { ownCertificate } from '../support/certificate.js';
import { Client, shakeHands } from '../support/client.js';
import { startProxy, userDN } from '../support/proxy.js';

const authority = await makeAuthority();
const folder = t.testdir({});
const tls = await ownCertificate(authority, folder);
const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

const withoutOpenSSL = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed here';

/** The port of a proxy with these settings of listen.tls; it stops with the test. */
async function portWith(test: Pick<typeof t, 'teardown'>, settings: object): Promise<number> {
  const proxy = await startProxy(upstream, { listen: { ldaps: '127.0.0.1:0', tls: { ...tls, ...settings } } });
  test.teardown(() => proxy.stop());
  return Number(new URL(proxy.app.ldapsUrl ?? '').port);
}

/** Version and suite of a handshake and the code of a bind behind it, or 'refused'. */
async function agreed(port: number, options: ConnectionOptions): Promise<string> {
  try {
    const socket = await shakeHands(port, authority.caPem, options);
    const seen = `${socket.getProtocol()} ${socket.getCipher().name}`;
    const client = await Client.open(socket);
    const { code } = await client.bind(userDN('quillon.varrek'), 'user-secret-5001');
    client.destroy();
    return `${seen} ${code}`;
  } catch {
    return 'refused';
  }
}

/** What openssl prints about a handshake, and each message up to the response to a bind. */
function openssl(port: number, ...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-msg', ...args], { timeout: 10_000 });
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('latin1').on('data', (text: string) => {
        out += text;
        if (out.includes(RESPONSE)) child.stdin.end();
      });
    child.stdin.on('error', () => {});
    child.stdin.write(Buffer.from('300c020101600702010304008000', 'hex'));
    child.on('close', () => resolve(out));
  });
}

/** Success, in bytes. */
const RESPONSE = '\u0061\u0007\u000a\u0001\u0000';

t.test('minVersion and maxVersion say what is offered (R62)', async (t) => {
  const only13 = await portWith(t, { minVersion: 'TLSv1.3' });
  const only12 = await portWith(t, { maxVersion: 'TLSv1.2' });
  t.match(await agreed(only13, {}), /^TLSv1\.3 \S+ 0$/);
  t.equal(await agreed(only13, { maxVersion: 'TLSv1.2' }), 'refused');
  t.match(await agreed(only12, {}), /^TLSv1\.2 \S+ 0$/);
  t.equal(await agreed(only12, { minVersion: 'TLSv1.3' }), 'refused');
  for (const port of [only12, only13]) {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    t.equal(await agreed(port, old), 'refused', 'nothing older');
  }
});

t.test('a list of suites for old clients is offered, and weaker ones never (R62)', async (t) => {
  const port = await portWith(t, { ciphers: 'ECDHE+AESGCM:ECDHE+AES' });
  const old = { maxVersion: 'TLSv1.2' } as const;
  const cbc = 'ECDHE-ECDSA-AES128-SHA';
  t.equal(await agreed(port, { ...old, ciphers: cbc }), `TLSv1.2 ${cbc} 0`);
  t.equal(await agreed(await portWith(t, {}), { ...old, ciphers: cbc }), 'refused', 'not without the list');
  t.match(await agreed(port, {}), /^TLSv1\.3 TLS_AES_128_GCM_SHA256 0$/, 'others have what they had');
  t.match(await agreed(port, old), /^TLSv1\.2 ECDHE-ECDSA-AES\d+-GCM-SHA\d+ 0$/);
  const all = await portWith(t, { ciphers: 'ALL' });
  for (const ciphers of ['eNULL', 'aNULL', 'PSK'])
    t.equal(await agreed(all, { ...old, ciphers: `${ciphers}:@SECLEVEL=0` }), 'refused', ciphers);
});

t.test('DHE and RSA for a certificate with an RSA key, as openssl sees them', { skip: withoutOpenSSL }, async (t) => {
  const [certFile, keyFile] = [join(folder, 'rsa-cert.pem'), join(folder, 'rsa-key.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const files = ['-keyout', keyFile, '-out', certFile];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...names], {
    stdio: 'ignore',
  });
  chmodSync(keyFile, 0o600);
  const port = await portWith(t, { certFile, keyFile, ciphers: 'ECDHE+AESGCM:DHE+AES:kRSA+AES' });
  for (const suite of ['DHE-RSA-AES128-SHA', 'DHE-RSA-AES256-SHA256', 'AES128-SHA', 'ECDHE-RSA-AES128-GCM-SHA256'])
    t.match(await openssl(port, '-tls1_2', '-cipher', suite), new RegExp(`Cipher is ${suite}`), suite);
  t.match(await openssl(port, '-tls1_2', '-cipher', 'ECDHE-RSA-AES128-SHA'), /Cipher is \(NONE\)/, 'not in the list');
});

t.test('no session tickets with TLS 1.3, and with TLS 1.2 an empty one', { skip: withoutOpenSSL }, async (t) => {
  const port = await portWith(t, {});
  const now = await openssl(port, '-tls1_3');
  t.ok(now.includes(RESPONSE), 'tickets would have come before the response');
  t.match(now, /Cipher is TLS_/);
  t.notMatch(now, /NewSessionTicket/);
  const before = await openssl(port, '-tls1_2');
  t.match(before, /Cipher is ECDHE/);
  t.match(before, /NewSessionTicket|Session-ID/);
  t.notMatch(before, /TLS session ticket:/, 'nothing to come back with');
});
