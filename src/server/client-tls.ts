// TLS on a connection that a client has opened: from its first octet (ldaps), or after StartTLS.
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';

/** Takes the raw socket over; what listened for its octets does so no longer. `secured` is called when the handshake is done. */
export function beginTls(raw: Socket, context: SecureContext, secured: () => void): TLSSocket {
  for (const event of ['data', 'end', 'drain']) raw.removeAllListeners(event);
  const encrypted = new TLSSocket(raw, { isServer: true, secureContext: context });
  // Writes that had to wait are not joined into one TLS record: see Output.
  (encrypted as { _writev?: unknown })._writev = null;
  // Only a socket of Node's own tls.Server is destroyed for this; here a renegotiation would be noticed and go on all the same (R64).
  encrypted.on('_tlsError', (error: Error) => encrypted.destroy(error));
  encrypted.once('secure', () => {
    encrypted.disableRenegotiation(); // R64
    secured();
  });
  return encrypted;
}
