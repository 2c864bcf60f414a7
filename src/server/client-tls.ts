// TLS on a connection that a client has opened: from its first byte (ldaps), or after StartTLS.
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { cipherSuites } from './cipher-suites.js';
import { stopReading } from './socket-events.js';

/** What TLS towards clients is made of; each PEM. */
export interface ClientTlsOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Authorities of the clients' own certificates; undefined: none is asked for. */
  readonly clientCa: Buffer | undefined;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** In OpenSSL's notation, for TLS 1.2; undefined: our own. See cipher-suites.ts. */
  readonly ciphers: string | undefined;
}

/** Nothing older (R62). */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

export interface ClientTls {
  readonly context: SecureContext;
  /** True if a client without a certificate from the configured authorities is sent away. */
  readonly asksForCertificate: boolean;
}

/** Throws an Error for an invalid certificate or key, or if the two do not match. */
export function makeClientTls(options: ClientTlsOptions): ClientTls {
  const { cert, key, clientCa, minVersion, maxVersion, ciphers } = options;
  const context = createSecureContext({
    cert,
    key,
    minVersion,
    maxVersion,
    ciphers: cipherSuites(ciphers),
    // Where suites with DHE are configured: parameters as strong as the certificate's key.
    dhparam: 'auto',
    honorCipherOrder: true,
    ...(clientCa === undefined ? {} : { ca: clientCa }),
  });
  issueNoTickets(context);
  return { context, asksForCertificate: clientCa !== undefined };
}

const NO_KEY = Buffer.alloc(16);
/** What Node.js takes from this callback: 0, for no ticket is written and none is accepted, and keys that then nobody uses. */
const NO_TICKET = [0, NO_KEY, NO_KEY, NO_KEY, NO_KEY];

/**
 * No TLS 1.3 session tickets. Samba's tools wait forever when the record that they read is a ticket (GnuTLS says "again" although the response
 * is there, and they wait for the socket), and nothing is lost: a session is rarely resumed with LDAP, and a resumed one rests on a key that
 * lives as long as the process. SSL_OP_NO_TICKET only makes the tickets stateful, and Node.js does not offer OpenSSL's number of tickets; so
 * its callback for ticket keys is used, which is the same in 20, 22 and 24 and is not documented. Where it is missing tickets are sent.
 */
function issueNoTickets({ context }: SecureContext): void {
  const inner = context as { enableTicketKeyCallback?(): void; onticketkeycallback?: () => typeof NO_TICKET };
  if (typeof inner.enableTicketKeyCallback !== 'function') return;
  inner.onticketkeycallback = () => NO_TICKET;
  inner.enableTicketKeyCallback();
}

/** Calls `spoken` when the client's first bytes have arrived. They stay in the socket, and its listeners for data are removed. */
export function whenSpoken(raw: Socket, spoken: () => void): void {
  stopReading(raw);
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
  // Only a socket of Node's own tls.Server is destroyed for this; here a renegotiation would be noticed and still go on (R64).
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
