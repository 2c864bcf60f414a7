// The effective configuration for eyes: as a file could say it, secrets hidden.
import { formatDN } from '../ldap/dn.js';
import type { Config } from './config.js';
import { formatDuration } from './durations.js';
import { isTree } from './sources.js';
import { formatSize } from './units.js';

const DURATION = /(Time|^refresh|^maxStale|^membershipAge|^doubt|^ttl|Ttl|^staleIfError|^window)$/;
const SIZE = /^(messageBytes|messageBytesBeforeBind|pendingBytes|octets|entryOctets)$/;

/** Numbers with their units back. */
function withUnits(key: string, value: unknown): unknown {
  if (isTree(value))
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withUnits(name, inner)]));
  if (typeof value !== 'number') return value;
  if (DURATION.test(key)) return formatDuration(value);
  return SIZE.test(key) ? formatSize(value) : value;
}

/** The effective configuration as plain data for printing: names as text, secrets hidden, files by their paths. */
export function printableConfig(config: Config): unknown {
  const { listen, upstream, local, files: _files, warnings: _warnings, ...rest } = config;
  const address = (end: { host: string; port: number } | undefined) =>
    end === undefined ? false : `${end.host.includes(':') ? `[${end.host}]` : end.host}:${end.port}`;
  const { ca: _ca, ...upstreamShown } = upstream;
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
      upstream: { ...upstreamShown, baseDN: formatDN(upstream.baseDN) },
      local: {
        ...local,
        baseDN: local.baseDN === undefined ? undefined : formatDN(local.baseDN),
        users: formatDN([local.users]),
        groups: formatDN([local.groups]),
      },
      ...rest,
      ops: { ...config.ops, http: address(config.ops.http) },
    }),
  );
  return withUnits('', shown);
}
