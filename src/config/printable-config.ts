// The effective configuration in human-readable form: as a file could say it, secrets hidden.
import { formatDN } from '../ldap/dn.js';
import type { AppConfig, AppListen, Config } from './config.js';
import { formatDuration } from './durations.js';
import { isTree } from './sources.js';
import { formatSize } from './units.js';

const DURATION = /(Time|Window|Ttl|^refresh|^maxStale|^membershipAge|^doubt|^ttl|^staleIfError|^window)$/;
const SIZE = /^(message|pending|kept)Bytes|^(octets|entryOctets)$/;

/** Numbers with their units back. */
function withUnits(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withUnits('', item));
  if (isTree(value))
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withUnits(name, inner)]));
  if (typeof value !== 'number') return value;
  if (DURATION.test(key)) return formatDuration(value);
  return SIZE.test(key) ? formatSize(value) : value;
}

/** A secret that comes from a file is the file's name alone. */
function hidden(part: object): object {
  const all = part as Readonly<Record<string, unknown>>;
  const fromFiles = SECRETS.filter((name) => all[`${name}File`] !== undefined);
  return { ...part, ...Object.fromEntries(fromFiles.map((name) => [name, undefined])) };
}

const SECRETS = ['password', 'token', 'clientSecret', 'key'];

const address = (end: { host: string; port: number } | undefined) =>
  end === undefined ? false : `${end.host.includes(':') ? `[${end.host}]` : end.host}:${end.port}`;

/** Where applications connect. */
function shownListeners({ ldap, ldaps, ldapi }: AppListen): object {
  const mode = ldapi.mode.toString(8).padStart(4, '0');
  return { ldap: address(ldap), ldaps: address(ldaps), ldapi: { ...ldapi, mode } };
}

function shownLocal(local: Config['local']) {
  return {
    ...local,
    baseDN: local.baseDN === undefined ? undefined : formatDN(local.baseDN),
    users: formatDN([local.users]),
    groups: formatDN([local.groups]),
    serviceAccounts: local.serviceAccounts.map(hidden),
  };
}

/** One app alone, with all that it inherits, as `printableConfig` shows it. */
export function printableApp(app: AppConfig): unknown {
  return withUnits('', JSON.parse(JSON.stringify(shownApp(app))));
}

/** With all that it inherits. */
function shownApp(app: AppConfig): object {
  const { name, groups, everyone, listen, local, attributes, hiddenAttributes, binds } = app;
  const { serviceAccounts, serviceAccountsFile, ...names } = shownLocal(local);
  return {
    ...{ name, groups, everyone },
    listen: listen === 'shared' ? undefined : shownListeners(listen),
    local: names,
    ...{ serviceAccounts, serviceAccountsFile, attributes, hiddenAttributes, binds },
  };
}

/**
 * The effective configuration as plain data for printing: names as text, secrets hidden, files by their paths. Where the top-level keys make no
 * app, there is nothing of them: every app has all of its own.
 */
export function printableConfig(config: Config): unknown {
  const { listen, upstream, directory, binds, fleet, log } = config;
  const [first, ...others] = config.apps;
  const named = first?.isNamed === true ? config.apps : others;
  const { ca: _ca, ...upstreamShown } = upstream;
  const { identity: _identity, ...upstreamTls } = upstream.tls;
  const { inherited: _inherited, ...listenShown } = listen;
  const { cert: _cert, key: _key, clientCa: _clientCa, ...tls } = listen.tls ?? {};
  const shown: unknown = JSON.parse(
    JSON.stringify({
      listen: {
        ...listenShown,
        ...shownListeners(listen),
        proxyProtocol: listen.proxyProtocol ?? false,
        tls: listen.tls === undefined ? undefined : tls,
      },
      upstream: {
        ...upstreamShown,
        tls: upstreamTls,
        baseDN: formatDN(upstream.baseDN),
        reader: hidden(upstream.reader),
        api: upstream.api === undefined ? undefined : hidden(upstream.api),
      },
      ...(first?.isNamed === false && {
        group: config.group,
        local: shownLocal(config.local),
        attributes: first.attributes,
      }),
      apps: named.map(shownApp),
      directory,
      binds,
      fleet: fleet === undefined ? undefined : hidden({ ...fleet, ca: undefined }),
      ops: { ...hidden(config.ops), http: address(config.ops.http) },
      log,
    }),
  );
  return withUnits('', shown);
}
