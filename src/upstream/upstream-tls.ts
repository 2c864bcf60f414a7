// TLS towards the upstream: certificate and name are verified, always (R76); the key as well where it is pinned.
import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate, type SecureContextOptions } from 'node:tls';
import type { UpstreamEndpoint } from './endpoint.js';

export interface UpstreamTls {
  /** PEM; undefined for the system's authorities. */
  readonly ca?: Buffer | string | undefined;
  /** Our own certificate with its key, PEM, for an upstream that asks for one. */
  readonly identity?: { readonly cert: Buffer | string; readonly key: Buffer | string } | undefined;
  /** The upstream's key is one of these, by `pinOf`; empty or undefined: any that the authority vouches for. */
  readonly pins?: readonly string[] | undefined;
}

/** The code of a connection whose key is not pinned. */
export const PIN_MISMATCH = 'ERR_TLS_PIN_MISMATCH';

/** For one context of many connections. */
export function contextOptions({ ca, identity }: UpstreamTls): SecureContextOptions {
  return { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }), ...identity };
}

/** For one connection. A pin is looked at beside authority and name, and in place of neither. */
export function tlsOptions(endpoint: UpstreamEndpoint, tls: UpstreamTls): ConnectionOptions {
  return {
    ...contextOptions(tls),
    rejectUnauthorized: true,
    checkServerIdentity: (host, certificate) => checkServerIdentity(host, certificate) ?? pinFault(certificate, tls),
    ...(isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {}),
  };
}

/** The SHA-256 of a certificate's public key (SubjectPublicKeyInfo) in base64, as RFC 7469 2.4 has it. `der`: the certificate. */
export function pinOf(der: Buffer): string {
  const key = new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}

function pinFault({ raw }: PeerCertificate, { pins = [] }: UpstreamTls): Error | undefined {
  if (pins.length === 0) return undefined;
  const pin = pinOf(raw);
  if (pins.includes(pin)) return undefined;
  return Object.assign(new Error(`the upstream's key ${pin} is not one of upstream.tls.pin`), { code: PIN_MISMATCH });
}
