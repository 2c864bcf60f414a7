// One address of the upstream: its URL in parts, and what a failed connection to it means.
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';

export interface UpstreamEndpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** JumpCloud's host that asks for a second factor: a bind there may ring a telephone. */
  readonly asksForSecondFactor: boolean;
}

/** Throws an Error that names the URL for anything but ldaps://host[:port] (and ldap:// where `allowCleartext`). */
export function parseEndpoint(url: string, allowCleartext: boolean): UpstreamEndpoint {
  const { protocol, hostname, port } = new URL(url);
  const tls = protocol === 'ldaps:';
  if (!tls && protocol !== 'ldap:') throw new Error(`${url}: an upstream URL begins with ldaps://`);
  if (!tls && !allowCleartext)
    throw new Error(`${url}: passwords are not sent in clear; use ldaps:// or set upstream.allowCleartext`);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (tls ? 636 : 389) : Number(port),
    tls,
    asksForSecondFactor: asksForSecondFactor(hostname),
  };
}

/** True for `ldap-mfa.…`. */
export function asksForSecondFactor(host: string): boolean {
  return host.toLowerCase().startsWith('ldap-mfa.');
}

/** `host:port`, as messages name it. */
export function endpointName({ host, port }: UpstreamEndpoint): string {
  return `${host}:${port}`;
}

/** TLS towards the upstream: certificate and name are verified, always (R76). */
export function tlsOptions(endpoint: UpstreamEndpoint, ca: Buffer | string | undefined): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
    ...(isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {}),
  };
}

const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/;

/** True if a connection failed by its certificate, its name or its handshake, and not by the network. */
export function isTlsFault(error: Error): boolean {
  return TLS_CODE.test((error as NodeJS.ErrnoException).code ?? '');
}
