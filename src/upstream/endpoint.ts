// One address of the upstream: its URL in parts, and what a failed connection to it means.

export interface UpstreamEndpoint {
  readonly host: string;
  readonly port: number;
  /** Nothing is sent before TLS is there. */
  readonly tls: boolean;
  /** By StartTLS; otherwise TLS comes first. */
  readonly startTLS: boolean;
  /** JumpCloud's host that asks for a second factor: a bind there may ring a telephone. */
  readonly asksForSecondFactor: boolean;
}

/**
 * Accepts ldaps://host[:port], ldap:// with `startTLS`, and ldap:// in cleartext with `allowCleartext`. Throws an Error that names the URL for
 * anything else.
 */
export function parseEndpoint(url: string, allowCleartext: boolean, startTLS = false): UpstreamEndpoint {
  const { protocol, hostname, port } = new URL(url);
  const isLdaps = protocol === 'ldaps:';
  if (!isLdaps && protocol !== 'ldap:') throw new Error(`${url}: an upstream URL begins with ldaps://`);
  if (!isLdaps && !startTLS && !allowCleartext)
    throw new Error(`${url}: passwords are not sent in cleartext; use ldaps://, or set upstream.startTLS`);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (isLdaps ? 636 : 389) : Number(port),
    tls: isLdaps || startTLS,
    startTLS: !isLdaps && startTLS,
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

const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/;

/** True if a connection failed by its certificate, its name or its handshake, and not by the network. */
export function isTlsFault(error: Error): boolean {
  // A library between may have taken the code away.
  return TLS_CODE.test((error as NodeJS.ErrnoException).code ?? '') || error.message.includes('SSL routines:');
}
