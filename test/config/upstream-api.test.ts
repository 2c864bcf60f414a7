// `upstream.api`: who asks JumpCloud's API, and where. Its secrets are in no output.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ConfigError } from '../../src/config/fault.js';
import { loadConfig } from '../../src/config/load.js';
import { printableConfig } from '../../src/config/printable-config.js';

const UPSTREAM = { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'ldap-reader', password: 'reader-password' } };
const load = (api: object, env: NodeJS.ProcessEnv = {}, more: object = {}) =>
  loadConfig({ env, flags: { upstream: { ...UPSTREAM, api, ...more } } });
const folder = t.testdir({ secret: 'a-client-secret\n', key: 'jca_a-secret-key\n' });
const [secretFile, keyFile] = [join(folder, 'secret'), join(folder, 'key')];
for (const file of [secretFile, keyFile]) chmodSync(file, 0o600);

function faultsOf(api: object, env: NodeJS.ProcessEnv = {}, more: object = {}): string[] {
  try {
    loadConfig({ env, flags: { upstream: { ...UPSTREAM, api }, ...more } });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
}

t.test('limits from the tenant need the API that has them', async (t) => {
  const flags = { binds: { fromTenant: true } };
  t.same(faultsOf({}, {}, flags), ['binds.fromTenant needs upstream.api, which reads the tenant’s lock-out']);
  const api = { clientId: 'id', clientSecretFile: secretFile };
  t.equal(loadConfig({ env: {}, flags: { ...flags, upstream: { ...UPSTREAM, api } } }).binds.fromTenant, true);
});

t.test('left out, nobody is asked; with a client or a key, addresses follow the region', async (t) => {
  t.equal(load({}).upstream.api, undefined);
  const client = { clientId: 'id', clientSecretFile: secretFile };
  const { api } = load(client).upstream;
  t.match(api, {
    ...{ clientId: 'id', region: 'standard', key: undefined },
    urls: {
      console: 'https://console.jumpcloud.com',
      api: 'https://api.jumpcloud.com',
      token: 'https://admin-oauth.id.jumpcloud.com/oauth2/token',
    },
  });
  t.equal(api?.clientSecret?.reveal(), 'a-client-secret');
  t.match(load({ ...client, region: 'eu' }).upstream.api?.urls, { console: 'https://console.eu.jumpcloud.com' });
  const eu = load(client, {}, { urls: ['ldaps://ldap.eu.jumpcloud.com:636'] });
  t.match(eu.upstream.api, { region: 'eu', urls: { api: 'https://api.eu.jumpcloud.com' } });
  t.match(
    load({ ...client, urls: { console: 'http://127.0.0.1:8080/' } }).upstream.api?.urls.console,
    'http://127.0.0.1:8080',
  );
  const env = { JUMPGATE_UPSTREAM_API_CLIENT_ID: 'id', JUMPGATE_UPSTREAM_API_CLIENT_SECRET_FILE: secretFile };
  t.equal(load({}, env).upstream.api?.clientSecret?.reveal(), 'a-client-secret');
  t.equal(load({}, { JUMPGATE_UPSTREAM_API_KEY_FILE: keyFile }).upstream.api?.key?.reveal(), 'jca_a-secret-key');
});

t.test('what cannot be used is an error at its key', async (t) => {
  for (const [api, ...faults] of [
    [{ region: 'eu' }, 'upstream.api has no credential'],
    [{ clientId: 'id' }, 'upstream.api.clientSecretFile is missing'],
    [{ clientSecretFile: secretFile }, 'upstream.api.clientId is missing'],
    [{ clientId: 'id', clientSecretFile: secretFile, keyFile }, 'upstream.api has both a client and a key'],
    [{ key: 'jca_x', keyFile }, 'upstream.api has both key and keyFile'],
    [{ key: 'jca_a\rb' }, 'upstream.api.key has a character that is not allowed in an HTTP header'],
    [{ keyFile, urls: { console: 'http://console.example' } }, 'upstream.api.urls.console is not an https:// address'],
    [
      { keyFile, urls: { api: 'https://a:b@api.example' } },
      'upstream.api.urls.api has a name or a password before the host',
    ],
  ] as [object, ...string[]][])
    t.same(faultsOf(api), faults, JSON.stringify(api));
  t.match(faultsOf({ region: 'mars', keyFile })[0], /^upstream\.api\.region /);
  t.match(load({ key: 'no-such-beginning' }).warnings, [{ path: 'upstream.api.key', message: /jca_/ }]);
  const other = load({ keyFile, region: 'in' }, {}, { urls: ['ldaps://ldap.eu.jumpcloud.com:636'] });
  t.match(other.warnings, [{ path: 'upstream.api.region' }]);
});

t.test('its secrets are in no output (R98)', async (t) => {
  for (const api of [
    { key: 'jca_a-secret-key' },
    { keyFile },
    { clientId: 'id', clientSecret: 'a-client-secret' },
    { clientId: 'id', clientSecretFile: secretFile },
  ]) {
    const config = load(api);
    const shown = JSON.stringify(printableConfig(config)) + JSON.stringify(config) + String(config.upstream.api?.key);
    t.notMatch(shown, /secret-key|client-secret/, JSON.stringify(api));
  }
  t.notMatch(faultsOf({ key: 'jca_a\rb-secret' }).join(), /b-secret/);
});
