// How the upstream is reached: what fits together, and the message for what does not.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ConfigError } from '../../src/config/fault.js';
import { loadConfig } from '../../src/config/load.js';
import { printableConfig } from '../../src/config/printable-config.js';
import { makeAuthority } from '../../src/demo/certificate.js';

const PIN = Buffer.alloc(32, 7).toString('base64');

function load(upstream: Record<string, unknown>) {
  const reader = { user: 'ldap-reader', password: 'secret' };
  return loadConfig({ env: {}, flags: { upstream: { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader, ...upstream } } });
}

/** Its faults, each as `path message remedy`. */
function faults(upstream: Record<string, unknown>): string[] {
  try {
    load(upstream);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ path, message, remedy }) => `${path} ${message} ${remedy}`);
  }
}

const warnings = (upstream: Record<string, unknown>) =>
  load(upstream).warnings.map(({ path, message, remedy }) => `${path} ${message} ${remedy}`);

t.test('ldap:// needs StartTLS, and never sends a password in cleartext without consent (R76)', async (t) => {
  const urls = ['ldap://ldap.jumpcloud.com:389'];
  t.match(faults({ urls }), [/upstream\.urls would send passwords in cleartext .*upstream\.startTLS/]);
  t.same(faults({ urls, startTLS: true }), []);
  t.same(warnings({ urls, startTLS: true }), []);
  t.match(faults({ urls, startTLS: true, allowCleartext: true }), [/allowCleartext contradicts upstream\.startTLS/]);
  t.match(warnings({ startTLS: true }), [/startTLS has no ldap:\/\/ URL/]);
});

t.test('a pin is a SHA-256 in base64, as curl and RFC 7469 write it', async (t) => {
  t.same(load({ tls: { pin: [PIN, `sha256//${PIN}`] } }).upstream.tls.pin, [PIN, PIN]);
  t.same(load({ tls: { pin: `${PIN},${PIN}` } }).upstream.tls.pin, [PIN, PIN], 'from the environment');
  for (const pin of ['', 'x', PIN.slice(1), `${PIN}=`, 'ab:cd']) t.ok(faults({ tls: { pin: [pin] } }).length > 0, pin);
  t.match(faults({ tls: { pin: ['x'] } }), [/upstream\.tls\.pin is not a pin .*jumpgate check/]);
});

t.test('our own certificate comes with its key, which is nobody else’s, and is not printed', async (t) => {
  const folder = t.testdir();
  const authority = await makeAuthority();
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const own = await authority.issue(['jumpgate.example.test']);
  const certFile = file('cert.pem', own.certPem);
  const keyFile = file('key.pem', own.keyPem);
  const config = load({ tls: { certFile, keyFile } });
  t.equal(String(config.upstream.tls.identity?.key), own.keyPem);
  t.ok(config.files.includes(keyFile), 'a change of it is seen');
  t.notMatch(JSON.stringify(printableConfig(config)), /PRIVATE KEY|identity/);
  t.match(faults({ tls: { certFile } }), [/upstream\.tls\.keyFile is missing/]);
  t.match(faults({ tls: { keyFile } }), [/upstream\.tls\.certFile is missing/]);
  t.match(faults({ tls: { certFile, keyFile: join(folder, 'nowhere') } }), [/upstream\.tls\.keyFile cannot be read/]);
  t.match(faults({ tls: { certFile: keyFile, keyFile: certFile } }), [/Swap upstream\.tls\.certFile/]);
  const other = file('other.pem', (await authority.issue(['x'])).keyPem);
  t.match(faults({ tls: { certFile, keyFile: other } }), [/^upstream\.tls certificate and key cannot be used/]);
  chmodSync(keyFile, 0o644);
  t.match(faults({ tls: { certFile, keyFile } }), [/upstream\.tls\.keyFile is open to others/]);
});

t.test('hosts of two regions are reported: an account is in one', async (t) => {
  const urls = ['ldaps://ldap.jumpcloud.com', 'ldaps://ldap.eu.jumpcloud.com'];
  t.match(warnings({ urls }), [/several regions \(standard \(US\), EU\) .*one region/]);
  t.same(warnings({ urls: ['ldaps://ldap.eu.jumpcloud.com', 'ldaps://ldap-mfa.eu.jumpcloud.com'] }), []);
});
