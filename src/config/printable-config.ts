// The effective configuration for eyes: as a file could say it, secrets hidden.
import { formatDN } from '../ldap/dn.js';
import type { Config } from './config.js';
import { formatDuration } from './durations.js';
import { isTree } from './sources.js';
import { formatSize } from './units.js';

const DURATION = /(Time|Window|Ttl|^refresh|^maxStale|^membershipAge|^doubt|^ttl|^staleIfError|^window)$/;
const SIZE = /^(message|pending|kept)Bytes|^(octets|entryOctets)$/;

/** Numbers with their units back. */
function withUnits(key: string, value: unknown): unknown {
  if (isTree(value))
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withUnits(name, inner)]));
  if (typeof value !== 'number') return value;
  if (DURATION.test(key)) return formatDuration(value);
  return SIZE.test(key) ? formatSize(value) : value;
}

/** A secret that comes from a file is the file's name alone. */
function hidden<Part extends { passwordFile?: string | undefined; tokenFile?: string | undefined }>(
  part: Part,
): object {
  return { ...part, ...(part.passwordFile && { password: undefined }), ...(part.tokenFile && { token: undefined }) };
}

/** The effective configuration as plain data for printing: names as text, secrets hidden, files by their paths. */
export function printableConfig(config: Config): unknown {
  const {
    listen,
    upstream,
    local,
    apps: _apps,
    files: _files,
    warnings: _warnings,
    source: _source,
    origins: _origins,
    ...rest
  } = config;
  const address = (end: { host: string; port: number } | undefined) =>
    end === undefined ? false : `${end.host.includes(':') ? `[${end.host}]` : end.host}:${end.port}`;
  const { ca: _ca, ...upstreamShown } = upstream;
  const { identity: _identity, ...upstreamTls } = upstream.tls;
  const { cert: _cert, key: _key, clientCa: _clientCa, ...tls } = listen.tls ?? {};
  const shown: unknown = JSON.parse(
    JSON.stringify({
      listen: {
        ...listen,
        ldap: address(listen.ldap),
        ldaps: address(listen.ldaps),
        ldapi: { ...listen.ldapi, mode: listen.ldapi.mode.toString(8).padStart(4, '0') },
        proxyProtocol: listen.proxyProtocol ?? false,
        tls: listen.tls === undefined ? undefined : tls,
      },
      upstream: {
        ...upstreamShown,
        tls: upstreamTls,
        baseDN: formatDN(upstream.baseDN),
        reader: hidden(upstream.reader),
      },
      local: {
        ...local,
        baseDN: local.baseDN === undefined ? undefined : formatDN(local.baseDN),
        users: formatDN([local.users]),
        groups: formatDN([local.groups]),
        serviceAccounts: local.serviceAccounts.map(hidden),
      },
      ...rest,
      ops: { ...hidden(config.ops), http: address(config.ops.http) },
    }),
  );
  return withUnits('', shown);
}
