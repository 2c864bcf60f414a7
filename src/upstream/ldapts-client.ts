// ldapts over our own sockets: its connections are dialled as the verifier's are.
import type { Socket } from 'node:net';
import { Client } from 'ldapts';
import type { UpstreamEndpoint } from './endpoint.js';

export interface LdaptsTimes {
  /** Milliseconds for TCP and TLS, and for one operation. */
  readonly connectTime: number;
  readonly operationTime: number;
}

/** A client for one address, not yet connected; `dial` makes its socket. */
export function ldaptsClient(
  endpoint: UpstreamEndpoint,
  dial: () => Socket,
  { connectTime, operationTime }: LdaptsTimes,
): Client {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return new Client({
    url: `${endpoint.tls ? 'ldaps' : 'ldap'}://${host}:${endpoint.port}`,
    connectTimeout: connectTime,
    timeout: operationTime,
    strictDN: false,
    ...(endpoint.tls
      ? { createSecureConnection: dial as unknown as SecureDial }
      : { createConnection: dial as unknown as ClearDial }),
  });
}

type SecureDial = NonNullable<ConstructorParameters<typeof Client>[0]['createSecureConnection']>;
type ClearDial = NonNullable<ConstructorParameters<typeof Client>[0]['createConnection']>;
