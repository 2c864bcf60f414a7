// Node 20's fetch knows no proxy: where the environment names one, undici's own fetch goes through it. TLS is checked as ever, at both ends.
import { isLoopbackHost } from '../../runtime/loopback.js';
import type { Fetch, FetchAnswer } from './exchange.js';

const VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];

/** `env`: that of the process. NO_PROXY counts as well. Loads undici only where it is needed. */
export async function fetchFor(env: Readonly<Record<string, string | undefined>>): Promise<Fetch> {
  if (!VARIABLES.some((name) => (env[name] ?? '') !== '')) return fetch as unknown as Fetch;
  const { EnvHttpProxyAgent, fetch: proxied } = await import('undici');
  const value = (upper: string) => [env[upper.toLowerCase()], env[upper]].find((text) => (text ?? '') !== '');
  const [httpProxy, httpsProxy, noProxy] = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].map(value);
  const dispatcher = new EnvHttpProxyAgent({
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    ...(noProxy === undefined ? {} : { noProxy }),
  });
  const plain = fetch as unknown as Fetch;
  return async (url, init) => {
    // No proxy knows this machine's own loopback: the embedded JumpCloud's.
    if (isLoopbackHost(new URL(url).hostname)) return plain(url, init);
    return (await proxied(url, { ...init, dispatcher })) as unknown as FetchAnswer;
  };
}
