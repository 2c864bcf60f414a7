// Who may ask the operator's HTTP port, as the configuration says it.
import { join } from 'node:path';
import t from 'tap';
import { ConfigError, loadConfig } from '../../src/config/load.js';
import { printableConfig } from '../../src/config/printable-config.js';

const TOKEN = 'a-token-of-thirty-two-characters';
const folder = t.testdir({ token: `${TOKEN}\n`, empty: '' });
const base = { upstream: { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'r', password: 'secret' } } };
const load = (ops: Record<string, unknown>, env: NodeJS.ProcessEnv = {}) =>
  loadConfig({ env, flags: { ...base, ops } });

t.test('without a token the port is for this machine alone', async (t) => {
  t.equal(load({}).ops.token, undefined);
  t.throws(() => load({ http: '0.0.0.0:9389' }), /ops\.http.*is reachable from outside/s);
  t.equal(load({ http: '0.0.0.0:9389', token: TOKEN }).ops.http?.host, '0.0.0.0');
});

t.test('the token comes from file, environment or a file named there, and prints itself nowhere', async (t) => {
  for (const config of [
    load({ token: TOKEN }),
    load({ tokenFile: join(folder, 'token') }),
    load({}, { JUMPGATE_OPS_TOKEN: TOKEN }),
    load({}, { JUMPGATE_OPS_TOKEN_FILE: join(folder, 'token') }),
  ]) {
    t.equal(config.ops.token?.reveal(), TOKEN);
    t.notMatch(JSON.stringify(printableConfig(config)), TOKEN);
  }
  t.ok(load({ tokenFile: join(folder, 'token') }).files.includes(join(folder, 'token')), 'a change of it is noticed');
});

t.test('a token that can be guessed, is given twice, or is missing is an error', async (t) => {
  for (const [ops, complaint] of [
    [{ token: 'short' }, /ops\.token.*guessed/],
    [{ token: TOKEN, tokenFile: join(folder, 'token') }, /both token and tokenFile/],
    [{ tokenFile: join(folder, 'empty') }, /ops\.tokenFile.*is empty/],
    [{ tokenFile: join(folder, 'nowhere') }, /ops\.tokenFile.*cannot be read/],
  ] as const) {
    try {
      load(ops);
      t.fail(JSON.stringify(ops));
    } catch (error) {
      t.type(error, ConfigError);
      t.match((error as Error).message, complaint);
      t.notMatch((error as Error).message, TOKEN);
    }
  }
});
