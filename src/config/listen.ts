// The part of the configuration that says where applications connect.
import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { DN } from '../ldap/dn.js';
import { isLoopbackHost } from '../runtime/loopback.js';
import type { Config } from './config.js';
import type { Parsed } from './schema.js';

/** What a part needs to tell its faults and to read its files. */
export interface Checks {
  readonly warnings: string[];
  fault(path: string, message: string, remedy: string, value?: string): void;
  file(path: string, file: string): Buffer | undefined;
  name(path: string, text: string): DN;
  /** A PEM file with certificates in it. */
  authorities(path: string, file: string): Buffer | undefined;
}

type Listen = Parsed['listen'];

export function effectiveListen(listen: Listen, checks: Checks): Config['listen'] {
  const { ldap, ldaps, ldapi, tls, requireTls } = listen;
  if (ldap === undefined && ldaps === undefined && ldapi.path === undefined) {
    checks.fault('listen', 'has neither ldap nor ldaps', 'Set listen.ldap, listen.ldaps or listen.ldapi.path.');
  }
  if (tls === undefined) {
    const remedy = 'Set listen.tls.certFile and listen.tls.keyFile.';
    if (ldaps !== undefined) checks.fault('listen.ldaps', 'needs a certificate', remedy);
    if (requireTls) checks.fault('listen.requireTls', 'needs a certificate', remedy);
  }
  if (ldap !== undefined && !isLoopbackHost(ldap.host) && !requireTls) {
    checks.warnings.push(
      `listen.ldap: ${ldap.host} is reachable from outside and passwords may come in clear; set listen.requireTls`,
    );
  }
  if (tls?.clientCaFile !== undefined && ldap !== undefined && !requireTls) {
    checks.warnings.push(
      'listen.tls.clientCaFile: who speaks clear text on listen.ldap is asked for no certificate; set listen.requireTls',
    );
  }
  if (ldapi.external !== undefined) checks.name('listen.ldapi.external', ldapi.external);
  return { ...listen, tls: certificate(tls, checks), proxyProtocol: trustedProxies(listen.proxyProtocol, checks) };
}

function certificate(tls: Listen['tls'], checks: Checks): Config['listen']['tls'] {
  if (tls === undefined) return undefined;
  const { certFile, keyFile, clientCaFile } = tls;
  const cert = checks.file('listen.tls.certFile', certFile);
  const key = checks.file('listen.tls.keyFile', keyFile);
  const clientCa = clientCaFile === undefined ? undefined : checks.authorities('listen.tls.clientCaFile', clientCaFile);
  if (cert === undefined || key === undefined) return undefined;
  checkPermissions(keyFile, checks);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const message = `certificate and key cannot be used: ${(error as Error).message}`;
    checks.fault('listen.tls', message, 'Both are PEM files, and the key is that of the certificate.');
  }
  return { certFile, keyFile, clientCaFile, cert, key, clientCa };
}

/** Others may not read it, nor the group change it. */
const LOOSE = 0o027;

function checkPermissions(keyFile: string, checks: Checks): void {
  if (process.platform === 'win32') return;
  const mode = statSync(keyFile).mode & 0o777;
  if ((mode & LOOSE) === 0) return;
  const remedy = `chmod 640 ${keyFile}, or 600. For a Kubernetes secret: defaultMode: 0440.`;
  const message = `is open to others (mode 0${mode.toString(8)}): a key that anybody can read protects nothing`;
  checks.fault('listen.tls.keyFile', message, remedy, keyFile);
}

/** Addresses and networks, e.g. `10.0.0.0/8`. */
function trustedProxies(written: Listen['proxyProtocol'], checks: Checks): readonly string[] | undefined {
  if (written === false || written === 'false') return undefined;
  for (const entry of written) {
    const [address = '', bits, ...more] = entry.split('/');
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const isNetwork = bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= most);
    if (family === 0 || !isNetwork || more.length > 0) {
      const remedy = 'Write the addresses of your load balancers, like [10.0.0.5, 192.168.0.0/16, "fd00::/8"].';
      checks.fault('listen.proxyProtocol', 'is no address or network', remedy, entry);
    }
  }
  return written;
}
