// `fleet`: what is a store, what is a key, and that neither is shown.
import t from 'tap';
import { ConfigError, loadConfig } from '../../src/config/load.js';
import { printableConfig } from '../../src/config/printable-config.js';

const KEY = '6f1c0a9e7b3d4c2a8e6f9d106f1c0a9e7b3d4c2a8e6f9d106f1c0a9e7b3d4c2a';

const load = (fleet: object) =>
  loadConfig({
    env: {},
    flags: { upstream: { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'reader', password: 'x' } }, fleet },
  });

function faultsOf(fleet: object): string {
  try {
    load(fleet);
    return 'none';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

t.test('TLS, or this machine alone', async (t) => {
  for (const url of [
    'rediss://valkey.example.com',
    'rediss://10.0.0.1:6380/2',
    'redis://127.0.0.1:6379',
    'redis://[::1]',
    'unix:///run/valkey.sock',
  ])
    t.equal(load({ url, key: KEY }).fleet?.url, url);
  const wrong: [string, RegExp][] = [
    ['redis://valkey.example.com', /in clear[\s\S]*rediss:\/\//],
    ['redis://10.0.0.1:6379', /in clear/],
    ['http://127.0.0.1', /not an address of a store/],
    ['rediss://valkey.example.com/other', /not an address of a store/],
    ['rediss://valkey.example.com?x=1', /not an address of a store/],
    ['valkey.example.com', /not an address of a store/],
    ['rediss://ada:hunter2@valkey.example.com', /before the host/],
  ];
  for (const [url, fault] of wrong) {
    t.match(faultsOf({ url, key: KEY }), fault, url);
    t.notMatch(faultsOf({ url, key: KEY }), /hunter2/);
  }
});

t.test('a key that nobody guesses, the same for all, and in no output', async (t) => {
  const url = 'redis://127.0.0.1';
  t.match(faultsOf({ url }), /fleet\.keyFile[\s\S]*openssl/);
  for (const key of ['hunter2', KEY.slice(0, 63), 'a'.repeat(64), 'abcabc'.repeat(10)]) {
    t.match(faultsOf({ url, key }), /fleet\.key/, key);
    t.notOk(faultsOf({ url, key }).includes(key), 'not shown');
  }
  const config = load({ url, key: KEY, user: 'jumpgate', password: 'store-secret' });
  t.notMatch(JSON.stringify(printableConfig(config)), /6f1c0a9e7b3d4c2a8e6f9d106f|store-secret/);
  t.match(config.fleet, { verdicts: false, prefix: 'jumpgate', decisionTime: 50, user: 'jumpgate' });
  t.match(faultsOf({ url, key: KEY, user: 'jumpgate' }), /fleet\.passwordFile/);
  t.match(faultsOf({ url, key: KEY, caFile: '/nowhere' }), /only for rediss:\/\//);
  t.match(faultsOf({ key: KEY }), /fleet/);
  t.equal(load({ url, key: KEY, instance: 'gate-7' }).fleet?.instance, 'gate-7');
});
