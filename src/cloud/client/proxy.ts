// Node 20's fetch does not support proxies: if the environment names one, undici's own fetch uses it. TLS is checked as usual, at both ends.
import { isLoopbackHost } from '../../runtime/loopback.js';
import type { Fetch, FetchAnswer } from './exchange.js';

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * `env`: that of the process. Loads undici only where a proxy is named. Which address goes through which proxy is decided here: undici's
 * EnvHttpProxyAgent would do it too, but is experimental, and says so on standard error. Rejects with an Error for an invalid proxy.
 */
export async function fetchFor(env: Environment): Promise<Fetch> {
  const plain = fetch as unknown as Fetch;
  const http = variable(env, 'HTTP_PROXY');
  const https = variable(env, 'HTTPS_PROXY') ?? http;
  if (https === undefined) return plain;
  const { ProxyAgent, fetch: proxied } = await import('undici');
  const secure = new ProxyAgent(https);
  const clear = http === undefined ? undefined : http === https ? secure : new ProxyAgent(http);
  const isDirect = directHosts(variable(env, 'NO_PROXY') ?? '');
  return async (url, init) => {
    const target = new URL(url);
    const dispatcher = target.protocol === 'https:' ? secure : clear;
    if (dispatcher === undefined || isDirect(target)) return plain(url, init);
    return (await proxied(url, { ...init, dispatcher })) as unknown as FetchAnswer;
  };
}

/** The lower case counts first, as for curl; what is empty is not set. */
function variable(env: Environment, name: string): string | undefined {
  return [env[name.toLowerCase()], env[name]].find((text) => (text ?? '').trim() !== '')?.trim();
}

/**
 * What NO_PROXY says: names with all that is below them, with or without a dot or a star in front, each with a port or without; `*` for all.
 * No proxy knows this machine's own loopback either: the embedded JumpCloud's.
 */
function directHosts(list: string): (target: URL) => boolean {
  const entries = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => {
      // More than one colon without brackets: an IPv6 address.
      const [, name = '', port] = /^(\[.*\]|[^:]*):([0-9]+)$/.exec(entry) ?? [entry, entry];
      return { host: bare(name).replace(/^\*?\./, ''), port };
    });
  return ({ hostname: name, port, protocol }) => {
    const hostname = bare(name);
    if (isLoopbackHost(hostname)) return true;
    const used = port === '' ? DEFAULT_PORTS[protocol] : port;
    return entries.some(
      ({ host, port: only }) =>
        (only === undefined || only === used) && (host === '*' || hostname === host || hostname.endsWith(`.${host}`)),
    );
  };
}

/** An IPv6 address without its brackets. */
function bare(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}
