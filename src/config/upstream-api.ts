// `upstream.api`: where JumpCloud's REST API is, and who Jumpgate is to it.
import { isLoopbackHost } from '../runtime/loopback.js';
import { regionOf } from '../upstream/regions.js';
import type { Checks } from './checks.js';
import type { ApiConfig } from './config.js';
import type { Parsed } from './schema.js';
import { tryUrl } from './upstream.js';

type ParsedApi = Parsed['upstream']['api'];
type Urls = ApiConfig['urls'];

const PATH = 'upstream.api';

/** By the region of a tenant: `console.eu.jumpcloud.com` and the like. */
const HOSTS: Readonly<Record<ApiConfig['region'], { readonly console: string; readonly api: string }>> = {
  standard: { console: 'console.jumpcloud.com', api: 'api.jumpcloud.com' },
  eu: { console: 'console.eu.jumpcloud.com', api: 'api.eu.jumpcloud.com' },
  in: { console: 'console.in.jumpcloud.com', api: 'api.in.jumpcloud.com' },
};
const TOKEN_URL = 'https://admin-oauth.id.jumpcloud.com/oauth2/token';

/** Undefined where no credential is set: nothing is asked then. */
export function effectiveApi(api: ParsedApi, ldapUrls: readonly string[], checks: Checks): ApiConfig | undefined {
  const { clientId, clientSecret, clientSecretFile, key, keyFile, orgId } = api;
  const secret = checks.secret(PATH, 'clientSecret', clientSecret, clientSecretFile);
  const apiKey = checks.secret(PATH, 'key', key, keyFile);
  const isClient = clientId !== undefined || clientSecret !== undefined || clientSecretFile !== undefined;
  const isKey = key !== undefined || keyFile !== undefined;
  const regions = ldapUrls.map((url) => regionOf(tryUrl(url).hostname)?.name).filter((name) => name !== undefined);
  const region = api.region ?? regionNamed(regions[0]);
  const urls = urlsOf(api.urls, region);
  for (const [name, url] of Object.entries(urls)) checkUrl(`${PATH}.urls.${name}`, url, checks);
  if (!isClient && !isKey) {
    if (isWritten(api))
      checks.fault(
        PATH,
        'has no credential',
        'Set clientId and clientSecretFile, or keyFile; or leave upstream.api out.',
      );
    return undefined;
  }
  if (isClient && isKey)
    checks.fault(PATH, 'has both a client and a key', 'Keep one: clientId with clientSecretFile, or keyFile.');
  else if (isClient && clientId === undefined)
    checks.fault(`${PATH}.clientId`, 'is missing', 'The console shows it next to the secret: Service Accounts.');
  else if (isClient && clientSecret === undefined && clientSecretFile === undefined)
    checks.fault(`${PATH}.clientSecretFile`, 'is missing', `Set it, or ${PATH}.clientSecret.`, undefined, [
      `${PATH}.clientSecret`,
    ]);
  for (const [name, secretValue] of [
    ['clientSecret', secret],
    ['key', apiKey],
  ] as const)
    if (secretValue !== undefined && !/^[\x21-\x7e]+$/.test(secretValue.reveal()))
      checks.fault(
        `${PATH}.${name}`,
        'has a character that is not allowed in an HTTP header',
        'Copy it again: it is printable ASCII without blanks.',
      );
  if (apiKey !== undefined && !apiKey.reveal().startsWith('jca_'))
    checks.warn(
      `${PATH}.${key === undefined ? 'keyFile' : 'key'}`,
      'does not begin with jca_',
      'JumpCloud’s keys do: check that it is one.',
    );
  if (api.region !== undefined && regions.some((name) => regionNamed(name) !== api.region)) {
    const remedy = 'A tenant is in one region: use that of the console that you log in to, in both.';
    checks.warn(`${PATH}.region`, `is ${api.region}, and upstream.urls is of another region`, remedy);
  }
  return {
    clientId,
    clientSecret: secret,
    clientSecretFile: clientSecret === undefined ? clientSecretFile : undefined,
    key: apiKey,
    keyFile: key === undefined ? keyFile : undefined,
    region,
    urls,
    orgId,
  };
}

function regionNamed(name: string | undefined): ApiConfig['region'] {
  return name === 'EU' ? 'eu' : name === 'India' ? 'in' : 'standard';
}

function isWritten({ urls, orgId, region }: ParsedApi): boolean {
  return [...Object.values(urls), orgId, region].some((value) => value !== undefined);
}

function urlsOf({ console, api, token }: ParsedApi['urls'], region: ApiConfig['region']): Urls {
  const hosts = HOSTS[region];
  const plain = (url: string) => url.replace(/\/+$/, '');
  return {
    console: plain(console ?? `https://${hosts.console}`),
    api: plain(api ?? `https://${hosts.api}`),
    token: token ?? TOKEN_URL,
  };
}

/** A credential goes there. */
function checkUrl(path: string, text: string, checks: Checks): void {
  const { protocol, hostname, username, password } = tryUrl(text);
  if (username !== '' || password !== '') {
    checks.fault(
      path,
      'has a name or a password before the host',
      'Write only the host; credentials have their own keys.',
    );
    return;
  }
  if (protocol === 'https:' && hostname !== '') return;
  if (protocol === 'http:' && isLoopbackHost(hostname)) return;
  checks.fault(
    path,
    'is not an https:// address',
    'Credentials are sent there: write it like https://console.jumpcloud.com.',
    text,
  );
}
