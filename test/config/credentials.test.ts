// Secrets that systemd passes: `credential:NAME` wherever the configuration names a file.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { opsToken } from '../../src/cli/ops-settings.js';
import { ConfigError, loadConfig } from '../../src/config/load.js';

const folder = t.testdir({});
const at = (name: string) => join(folder, name);
mkdirSync(at('passed'));
mkdirSync(at('etc'));
const write = (name: string, text: string) => {
  writeFileSync(at(name), text, { mode: 0o600 });
  return at(name);
};
write('passed/reader.password', 'passed-secret\n');
write('etc/reader.password', 'beside-secret\n');
const ORG = '5f1c0a9e7b3d4c2a8e6f9d10';
const yaml = (passwordFile: string, more: object = {}) =>
  write(
    'etc/jumpgate.yaml',
    JSON.stringify({ upstream: { orgId: ORG, reader: { user: 'r', passwordFile } }, ...more }),
  );
const PASSED = { CREDENTIALS_DIRECTORY: at('passed') };
const load = (file: string, env: NodeJS.ProcessEnv = PASSED) => loadConfig({ file, env, flags: {} });
const password = (config: ReturnType<typeof load>) => config.upstream.reader.password.reveal();
const faultOf = (file: string, env?: NodeJS.ProcessEnv) => {
  try {
    load(file, env);
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ path, message, remedy }) => `${path} ${message}. ${remedy}`).join('\n');
  }
};

t.test('what systemd passes is read; without it, the file of that name beside the configuration', async (t) => {
  const file = yaml('credential:reader.password');
  t.equal(password(load(file)), 'passed-secret');
  t.ok(load(file).files.includes(at('passed/reader.password')), 'a change of it is noticed');
  t.equal(password(load(file, {})), 'beside-secret');
  t.equal(password(load(file, { CREDENTIALS_DIRECTORY: '' })), 'beside-secret');
  const fromEnvironment = { ...PASSED, JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: 'credential:reader.password' };
  t.equal(password(load(yaml('nowhere'), fromEnvironment)), 'passed-secret');
});

t.test(
  'lists of accounts and files of such lists, and the token that commands show, take credentials too',
  async (t) => {
    write('passed/gitlab', 'gitlab-secret');
    const account = { dn: 'cn=gitlab,dc=example,dc=com', passwordFile: 'credential:gitlab' };
    write('passed/accounts', JSON.stringify([account]));
    const local = { baseDN: 'dc=example,dc=com' };
    for (const accounts of [{ serviceAccounts: [account] }, { serviceAccountsFile: 'credential:accounts' }]) {
      const config = load(yaml('credential:reader.password', { local: { ...local, ...accounts } }));
      t.equal(config.local.serviceAccounts[0]?.password?.reveal(), 'gitlab-secret');
    }
    const inVariable = { ...PASSED, JUMPGATE_LOCAL_SERVICE_ACCOUNTS: JSON.stringify([account]) };
    const config = load(yaml('credential:reader.password', { local }), inVariable);
    t.equal(config.local.serviceAccounts[0]?.password?.reveal(), 'gitlab-secret');
    const apps = JSON.stringify([
      { name: 'a', groups: ['g'], local: { baseDN: 'dc=a' }, serviceAccounts: [{ ...account, dn: 'cn=x,dc=a' }] },
    ]);
    const app = load(yaml('credential:reader.password'), { ...PASSED, JUMPGATE_APPS: apps }).apps[0];
    t.equal(app?.local.serviceAccounts[0]?.password?.reveal(), 'gitlab-secret');
    write('passed/token', 'a-token-of-the-ops-port');
    const ops = { tokenFile: 'credential:token' };
    const { stdin, stdout, stderr } = process;
    const io = { env: PASSED, stdin, stdout, stderr };
    t.equal(await opsToken(undefined, { config: yaml('x', { ops }) }, io), 'a-token-of-the-ops-port');
    const flags = { config: yaml('x'), set: ['ops.tokenFile=credential:token'] };
    t.equal(await opsToken(undefined, flags, io), 'a-token-of-the-ops-port');
  },
);

t.test('a missing credential is an error that names the unit’s line', async (t) => {
  const file = yaml('credential:other');
  t.match(
    faultOf(file),
    /^upstream.reader.passwordFile cannot be read: there is no such file\..*LoadCredential=other:FILE/,
  );
  t.match(faultOf(file, {}), /systemd passes no credentials to this process.*LoadCredential=other:FILE/);
});

t.test('no name leads out of the folder', async (t) => {
  write('secret', 'outside');
  for (const name of ['../secret', '..', '.', '/secret', '', 'a/b', `x${'y'.repeat(300)}`, 'a\0b', 'ä'])
    t.match(faultOf(yaml(`credential:${name}`)), /passwordFile/, JSON.stringify(name));
});
