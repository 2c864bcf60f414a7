// TLS on a connection that a client has opened: from its first octet (ldaps), or after StartTLS.
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';

/** What TLS towards clients is made of; each PEM. */
export interface ClientTlsOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Authorities of the clients' own certificates; undefined: none is asked for. */
  readonly clientCa: Buffer | undefined;
}

export interface ClientTls {
  readonly context: SecureContext;
  /** True if a client without a certificate from the configured authorities is sent away. */
  readonly asksForCertificate: boolean;
}

/** Forward secrecy and authenticated encryption only (RFC 9325, 4.2); what Java 8, OpenSSL 1.0.1 and GnuTLS 3 speak is among them. */
const SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** TLS 1.2 and newer (R62). Throws an Error for a certificate and a key that are none, or do not fit each other. */
export function makeClientTls({ cert, key, clientCa }: ClientTlsOptions): ClientTls {
  const context = createSecureContext({
    cert,
    key,
    minVersion: 'TLSv1.2',
    ciphers: SUITES,
    honorCipherOrder: true,
    ...(clientCa === undefined ? {} : { ca: clientCa }),
  });
  return { context, asksForCertificate: clientCa !== undefined };
}

/** Calls `spoken` when the client's first octets are there, which stay in the socket; what listened for octets does so no longer. */
export function whenSpoken(raw: Socket, spoken: () => void): void {
  raw.removeAllListeners('data');
  raw.once('data', (octets: Buffer) => {
    raw.pause();
    raw.unshift(octets);
    spoken();
  });
  raw.resume();
}

/**
 * Takes the raw socket over once the client has spoken; what listened to it does so no longer. `secured` is called when the handshake is done and the
 * client has shown what it has to; else the socket ends with an 'error'.
 */
export function beginTls(raw: Socket, tls: ClientTls, secured: () => void): TLSSocket {
  for (const event of ['end', 'drain']) raw.removeAllListeners(event);
  const encrypted = new TLSSocket(raw, {
    isServer: true,
    secureContext: tls.context,
    requestCert: tls.asksForCertificate,
    rejectUnauthorized: tls.asksForCertificate,
  });
  // Writes that had to wait are not joined into one TLS record: see Output.
  (encrypted as { _writev?: unknown })._writev = null;
  // Only a socket of Node's own tls.Server is destroyed for this; here a renegotiation would be noticed and go on all the same (R64).
  encrypted.on('_tlsError', (error: Error) => encrypted.destroy(error));
  encrypted.once('secure', () => {
    encrypted.disableRenegotiation(); // R64
    const fault = tls.asksForCertificate ? certificateFault(encrypted) : undefined;
    if (fault === undefined) secured();
    else encrypted.destroy(fault);
  });
  return encrypted;
}

/** Node's own server asks the same question of the same handle; a socket without a server is asked by nobody. In doubt: refused. */
function certificateFault(socket: TLSSocket): Error | undefined {
  const { _handle: handle } = socket as unknown as { _handle?: { verifyError?(): Error | null | undefined } | null };
  if (typeof handle?.verifyError !== 'function') return new Error('the client’s certificate cannot be verified');
  return handle.verifyError() ?? undefined;
}
