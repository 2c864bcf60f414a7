// Settings from environment variables: their names, what Kubernetes puts beside them, and what an empty one means.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { CliIo } from '../../src/cli/io.js';
import { opsUrl } from '../../src/cli/ops-settings.js';
import { isServiceLink, readEnvironment, variableOf } from '../../src/config/environment.js';
import { findConfigFile } from '../../src/config/find-file.js';
import { ConfigError, loadConfig } from '../../src/config/load.js';
import { hashPassword } from '../../src/config/password-hash.js';
import { keyPaths } from '../../src/config/schema.js';
import { faultsOf } from '../support/config-faults.js';

const folder = t.testdir({ password: 'password from a file' });
const ENV = {
  JUMPGATE_UPSTREAM_ORG_ID: '5f1c0a9e7b3d4c2a8e6f9d10',
  JUMPGATE_UPSTREAM_READER_USER: 'ldap-reader',
  JUMPGATE_UPSTREAM_READER_PASSWORD: 'reader-password',
};
const load = (env: Record<string, string>) => loadConfig({ env: { ...ENV, ...env }, flags: {} });

/** What the kubelet makes of a Service (pkg/kubelet/envvars), and what Docker's links made. */
function serviceLinks(service: string, ports: readonly { name: string; port: number; protocol: string }[]) {
  const prefix = service.toUpperCase().replaceAll('-', '_');
  const [first] = ports;
  const all: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: '10.96.0.7',
    [`${prefix}_SERVICE_PORT`]: String(first?.port),
    [`${prefix}_PORT`]: `${first?.protocol.toLowerCase()}://10.96.0.7:${first?.port}`,
  };
  for (const { name, port, protocol } of ports) {
    if (name !== '') all[`${prefix}_SERVICE_PORT_${name.toUpperCase().replaceAll('-', '_')}`] = String(port);
    const link = `${prefix}_PORT_${port}_${protocol}`;
    all[link] = `${protocol.toLowerCase()}://10.96.0.7:${port}`;
    all[`${link}_PROTO`] = protocol.toLowerCase();
    all[`${link}_PORT`] = String(port);
    all[`${link}_ADDR`] = '10.96.0.7';
  }
  return all;
}

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?$/);
const services = fc.tuple(
  fc.oneof(
    fc.constant('jumpgate'),
    label.map((name) => `jumpgate-${name}`),
    fc.constant('jumpgate-listen-ldap'),
  ),
  fc.array(
    fc.record({
      name: fc.oneof(fc.constant(''), label),
      port: fc.integer({ min: 1, max: 65_535 }),
      protocol: fc.constantFrom('TCP', 'UDP', 'SCTP'),
    }),
    { minLength: 1, maxLength: 3 },
  ),
);

t.test('the service links of any Service whose name begins with jumpgate change nothing', async (t) => {
  fc.assert(
    fc.property(services, ([name, ports]) => {
      const links = serviceLinks(name, ports);
      const { faults, warnings, layer } = readEnvironment(links);
      t.same([faults, warnings, layer.tree], [[], [], {}], JSON.stringify(links));
    }),
  );
  const plain = load({});
  const linked = load(serviceLinks('jumpgate', [{ name: 'ldap', port: 1389, protocol: 'TCP' }]));
  t.same({ ...linked, origins: [] }, { ...plain, origins: [] });
});

t.test('no key of the configuration is taken for a service link', async (t) => {
  for (const path of [['group'], ...keyPaths()])
    for (const value of ['x', 'tcp://10.96.0.7:1389', '10.96.0.7', '1389'])
      t.notOk(isServiceLink(variableOf(path), value), variableOf(path));
});

t.test('a misspelt variable is still a fault, also one that ends like a link', async (t) => {
  for (const name of ['JUMPGATE_OPS_PORT', 'JUMPGATE_PORT', 'JUMPGATE_LISTEN_PORT', 'JUMPGATE_UPSTREAM_ORGID'])
    t.match(
      faultsOf(() => load({ [name]: '9389' })),
      [{ path: name, message: 'is not a setting' }],
      name,
    );
});

t.test('an acronym in a key is one word in its variable; the former name says what it is called now', async (t) => {
  t.equal(variableOf(['local', 'baseDN']), 'JUMPGATE_LOCAL_BASE_DN');
  t.equal(variableOf(['upstream', 'orgId']), 'JUMPGATE_UPSTREAM_ORG_ID');
  for (const path of keyPaths()) t.notMatch(variableOf(path), /_[A-Z](_|$)/, path.join('.'));
  t.same(load({ JUMPGATE_LOCAL_BASE_DN: 'dc=example,dc=com' }).local.baseDN?.length, 2);
  const former = load({ JUMPGATE_LOCAL_BASE_D_N: 'dc=example,dc=com' });
  t.equal(former.local.baseDN?.length, 2);
  t.match(former.warnings, [{ path: 'JUMPGATE_LOCAL_BASE_D_N', remedy: /Rename it to JUMPGATE_LOCAL_BASE_DN/ }]);
  t.match(
    faultsOf(() => load({ JUMPGATE_LOCAL_BASE_DN: 'dc=a', JUMPGATE_LOCAL_BASE_D_N: 'dc=b' })),
    [{ path: 'JUMPGATE_LOCAL_BASE_D_N', message: /the former name of JUMPGATE_LOCAL_BASE_DN/ }],
  );
});

t.test('an empty variable is an unset one, for every key', async (t) => {
  const plain = load({});
  for (const path of [['group'], ...keyPaths()]) {
    const name = variableOf(path);
    if (name in ENV) continue;
    t.same(load({ [name]: '' }), plain, name);
  }
  t.match(
    faultsOf(() => load({ JUMPGATE_UPSTREAM_ORG_ID: '' })),
    [{ path: 'upstream.orgId', message: 'is missing' }],
  );
  t.equal(load({ JUMPGATE_NONSENSE: '', JUMPGATE_CONFIG: '' }).group.name, 'wayk-users');
});

t.test('a line end behind a value is not part of it, for every key', async (t) => {
  const plain = load({});
  for (const [name, value] of Object.entries(ENV)) t.same(load({ [name]: `${value}\n` }), plain, name);
  for (const path of [['group'], ...keyPaths()]) {
    const name = variableOf(path);
    if (!(name in ENV)) t.same(load({ [name]: '\r\n' }), plain, name);
  }
  t.equal(load({ JUMPGATE_GROUP: 'vpn\n' }).group.name, 'vpn');
  t.equal(load({ JUMPGATE_UPSTREAM_READER_PASSWORD: ' a\nb \n' }).upstream.reader.password?.reveal(), ' a\nb ');
  const file = join(folder, 'line-end.yaml');
  writeFileSync(file, 'group: vpn\n');
  t.equal(load({ JUMPGATE_CONFIG: `${file}\n` }).group.name, 'vpn');
  t.equal(findConfigFile(undefined, { JUMPGATE_CONFIG: `"${file}"\n` }).file, file);
  const io = { env: { JUMPGATE_OPS_HTTP: '"127.0.0.1:9390"\n' } } as unknown as CliIo;
  t.equal(await opsUrl({}, io), 'http://127.0.0.1:9390', 'the health check reads it alike');
});

t.test('quotes around a value are removed with a warning, and those of a secret stay', async (t) => {
  for (const quote of ['"', "'"]) {
    const config = load({ JUMPGATE_GROUP: `${quote}vpn${quote}`, JUMPGATE_OPS_HTTP: `${quote}false${quote}\n` });
    t.match(config, { group: { name: 'vpn' }, ops: { http: undefined } });
    t.match(config.warnings, [
      { path: 'JUMPGATE_GROUP', message: /quotes, which were removed/ },
      { path: 'JUMPGATE_OPS_HTTP' },
    ]);
  }
  const secret = load({ JUMPGATE_UPSTREAM_READER_PASSWORD: '"hunter2"' });
  t.equal(secret.upstream.reader.password?.reveal(), '"hunter2"');
  t.match(secret.warnings, [{ path: 'JUMPGATE_UPSTREAM_READER_PASSWORD', message: /count as part/ }]);
  t.notMatch(JSON.stringify(secret.warnings), /hunter2/);
  const listed = load({ JUMPGATE_LOCAL_DOMAINS: '"example.com", "example.org"' });
  t.same([listed.local.domains, listed.warnings], [['example.com', 'example.org'], []]);
});

t.test('the group by its short name, and more of it beside', async (t) => {
  t.match(load({ JUMPGATE_GROUP_EVERYONE: 'true', JUMPGATE_GROUP: 'vpn' }).group, { name: 'vpn', everyone: true });
  const file = join(folder, 'everyone.yaml');
  writeFileSync(file, 'group: { name: x, everyone: true }\n');
  t.match(
    loadConfig({ file, env: { ...ENV, JUMPGATE_GROUP: 'vpn' }, flags: {} }).group,
    { name: 'vpn', everyone: false },
    'a named group means that one alone',
  );
});

t.test('service accounts come from a variable or from a file that one names, as YAML or JSON', async (t) => {
  const passwordHash = await hashPassword(Buffer.from('app-secret'));
  const accounts = [
    { dn: 'cn=app,dc=example,dc=com', passwordHash },
    { dn: 'cn=other,dc=example,dc=com', passwordFile: 'password' },
  ];
  const json = JSON.stringify(accounts);
  const yaml = `- dn: cn=app,dc=example,dc=com\n  passwordHash: ${passwordHash}\n- { dn: "cn=other,dc=example,dc=com", passwordFile: password }\n`;
  for (const text of [json, yaml]) {
    const inline = text.replace(/password(?=["\s}]*[}\]])/, join(folder, 'password'));
    writeFileSync(join(folder, 'accounts'), text, { mode: 0o600 });
    for (const env of [
      { JUMPGATE_LOCAL_SERVICE_ACCOUNTS: inline },
      { JUMPGATE_LOCAL_SERVICE_ACCOUNTS_FILE: join(folder, 'accounts') },
    ]) {
      const { local, warnings, files } = load(env);
      t.same(
        local.serviceAccounts.map(({ dn }) => dn),
        accounts.map(({ dn }) => dn),
      );
      t.equal(local.serviceAccounts[0]?.passwordHash?.reveal(), passwordHash);
      t.equal(
        local.serviceAccounts[1]?.password?.reveal(),
        'password from a file',
        'a relative path begins at the file',
      );
      t.notMatch(JSON.stringify(warnings), passwordHash);
      t.ok(files.includes(join(folder, 'password')), 'a change of it is noticed');
    }
  }
});

t.test('invalid accounts are reported by their place, and nothing of them is shown (R98)', async (t) => {
  const file = join(folder, 'faulty');
  for (const [text, path] of [
    ['hunter2', ''],
    ['[hunter2]', '[0]'],
    ['- dn: cn=a\n  pasword: hunter2', '[0].pasword'],
    ['- dn: hunter2\n  password: x', '[0].dn'],
    ['- dn: cn=a\n  passwordHash: hunter2', '[0].passwordHash'],
    ['- dn: cn=a\n  passwordFile: hunter2', '[0].passwordFile'],
    ['- { dn: cn=a, password: hunter2, passwordHash: hunter2 }', '[0]'],
  ] as const) {
    writeFileSync(file, text, { mode: 0o600 });
    for (const [key, env] of [
      ['local.serviceAccounts', { JUMPGATE_LOCAL_SERVICE_ACCOUNTS: text }],
      ['local.serviceAccountsFile', { JUMPGATE_LOCAL_SERVICE_ACCOUNTS_FILE: file }],
    ] as const) {
      const faults = faultsOf(() => load(env));
      t.ok(
        faults.some((fault) => fault.path === `${key}${path}` && fault.from === Object.keys(env)[0]),
        `${key}${path}: ${JSON.stringify(faults)}`,
      );
      t.notMatch(new ConfigError(faults).message, /hunter2/);
    }
  }
  writeFileSync(file, '- dn: [hunter2', { mode: 0o600 });
  const [fault] = faultsOf(() => load({ JUMPGATE_LOCAL_SERVICE_ACCOUNTS_FILE: file }));
  t.match(fault, { path: 'local.serviceAccountsFile', message: /line 1/ });
  t.notMatch(JSON.stringify(fault), /hunter2/);
  writeFileSync(file, '[]', { mode: 0o600 });
  writeFileSync(join(folder, 'loose'), '[]', { mode: 0o644 });
  t.match(load({ JUMPGATE_LOCAL_SERVICE_ACCOUNTS_FILE: join(folder, 'loose') }).warnings, [
    { message: /open to others/ },
  ]);
});

t.test('a fault names the variable or the flag that it comes from, and a file only once', async (t) => {
  const file = join(folder, 'faulty.yaml');
  writeFileSync(file, 'directory: { refresh: 30 }\nlisten: { ldap: here }\n');
  const env = { ...ENV, JUMPGATE_DIRECTORY_MAX_STALE: '30', JUMPGATE_LISTEN_LDAP: 'there' };
  const run = () => loadConfig({ file, env, flags: { listen: { ldap: 'nowhere' }, log: { level: 'loud' } } });
  const faults = new Map(faultsOf(run).map(({ path, from }) => [path, from]));
  t.same(Object.fromEntries(faults), {
    'directory.refresh': undefined,
    'directory.maxStale': 'JUMPGATE_DIRECTORY_MAX_STALE',
    'listen.ldap': '--set listen.ldap',
    'log.level': '--set log.level',
  });
  t.throws(run, { message: new RegExp(`4 errors \\(${file}\\)`) });
  const both = faultsOf(() => load({ JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: join(folder, 'password') }));
  t.match(both, [{ path: 'upstream.reader', message: /both/, from: /READER_PASSWORD.*READER_PASSWORD_FILE/ }]);
});

t.test('a list is written with commas, in brackets or without', async (t) => {
  for (const text of ['example.com, EXAMPLE', '[example.com, EXAMPLE]', ' ["example.com", \'EXAMPLE\'] '])
    t.same(load({ JUMPGATE_LOCAL_DOMAINS: text }).local.domains, ['example.com', 'EXAMPLE'], text);
  t.same(load({ JUMPGATE_LOCAL_DOMAINS: '[]' }).local.domains, []);
});
