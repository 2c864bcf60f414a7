// Configuration: file < environment < flags, all errors together, secrets that cannot be printed.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import t from 'tap';
import { ConfigError } from '../../src/config/fault.js';
import { type LoadOptions, loadConfig } from '../../src/config/load.js';
import { printableConfig } from '../../src/config/printable-config.js';
import { Secret } from '../../src/config/secret.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { faultsOf } from '../support/config-faults.js';

const ORG = '5f1c0a9e7b3d4c2a8e6f9d10';
const folder = t.testdir({
  password: 'password from a file\n',
  'not-pem': 'hello',
  'broken.yaml': 'listen: { ldap: [\n',
  'list.yaml': '- a\n- b\n',
});
const at = (name: string) => join(folder, name);
chmodSync(at('not-pem'), 0o600);
const READER = { user: 'ldap-reader', password: 'reader-password' };
const MINIMAL = { upstream: { orgId: ORG, reader: READER } };

function load(flags: Record<string, unknown>, options: Partial<LoadOptions> = {}) {
  return loadConfig({ env: {}, flags, ...options });
}

const pathsOf = (flags: Record<string, unknown>, options?: Partial<LoadOptions>) =>
  faultsOf(() => load(flags, options))
    .map(({ path }) => path)
    .sort();

t.test('the organisation and the reader are all that is needed; the rest has its default', async (t) => {
  const config = load(MINIMAL);
  t.same(config.upstream.urls, ['ldaps://ldap.jumpcloud.com:636']);
  t.equal(config.group.name, 'wayk-users');
  t.same(config.listen.ldap, { host: '127.0.0.1', port: 1389 });
  t.equal(config.directory.refresh, 30_000);
  t.equal(config.listen.limits.messageBytesBeforeBind, 64 * 1024);
  t.same(config.warnings, []);
});

t.test('environment variables alone are enough, for a sidecar has no file', async (t) => {
  const env = {
    JUMPGATE_UPSTREAM_ORG_ID: ORG,
    JUMPGATE_UPSTREAM_READER_USER: 'ldap-reader',
    JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: at('password'),
    JUMPGATE_GROUP: 'vpn-users',
    JUMPGATE_LISTEN_LIMITS_IDLE_TIME: '5m',
    JUMPGATE_UPSTREAM_URLS: 'ldaps://a.example, ldaps://b.example:1636',
    JUMPGATE_OPS_HTTP: 'false',
    HOME: '/nowhere',
  };
  const config = loadConfig({ env, flags: {} });
  t.equal(config.upstream.reader.password.reveal(), 'password from a file');
  t.equal(config.group.name, 'vpn-users');
  t.equal(config.listen.limits.idleTime, 300_000);
  t.same(config.upstream.urls, ['ldaps://a.example', 'ldaps://b.example:1636']);
  t.equal(config.ops.http, undefined);
  const faults = faultsOf(() => loadConfig({ env: { ...env, JUMPGATE_UPSTREAM_ORGID: 'x' }, flags: {} }));
  t.match(faults, [{ path: 'JUMPGATE_UPSTREAM_ORGID', remedy: /JUMPGATE_UPSTREAM_ORG_ID/ }]);
});

t.test('flags win over the environment, the environment over the file', async (t) => {
  const file = at('jumpgate.yaml');
  writeFileSync(
    file,
    `upstream: { orgId: ${ORG}, reader: { user: from-file, passwordFile: ${at('password')} }, connectTime: 1s, operationTime: 1s, bindConnections: 1 }\ngroup: from-file\n`,
  );
  const config = loadConfig({
    file,
    env: { JUMPGATE_UPSTREAM_OPERATION_TIME: '2s', JUMPGATE_UPSTREAM_BIND_CONNECTIONS: '2' },
    flags: { upstream: { bindConnections: '3' } },
  });
  t.equal(config.upstream.connectTime, 1000);
  t.equal(config.upstream.operationTime, 2000);
  t.equal(config.upstream.bindConnections, 3);
  t.equal(config.group.name, 'from-file');
  t.equal(loadConfig({ env: { JUMPGATE_CONFIG: file }, flags: {} }).upstream.reader.user, 'from-file');
});

t.test('all errors are reported together, with path, value and remedy (R104)', async (t) => {
  const faults = faultsOf(() =>
    load({
      listen: { ldap: 'here', limits: { messageTime: '5 minutes', connections: -1 } },
      upstream: { orgId: ORG, reader: { usr: 'x', password: 'reader-password' } },
      binds: { failuresPerAcount: 3 },
      groups: 'x',
      log: { level: 'loud' },
    }),
  );
  t.same(
    faults.map(({ path }) => path).sort(),
    [
      ...['binds.failuresPerAcount', 'groups', 'listen.ldap', 'listen.limits.connections', 'listen.limits.messageTime'],
      ...['log.level', 'upstream.reader.usr'],
    ].sort(),
  );
  for (const { remedy, message } of faults) t.ok(remedy.length > 5 && message.length > 2);
  const near = new Map(faults.map(({ path, remedy }) => [path, remedy]));
  t.match(near.get('binds.failuresPerAcount'), /failuresPerAccount/);
  t.match(near.get('groups'), /group\b/);
  t.match(near.get('upstream.reader.usr'), /user/);
  t.equal(faults.find(({ path }) => path === 'log.level')?.value, '"loud"');
  const message = new ConfigError(faults).message;
  t.match(message, /^the configuration has 7 errors:\n {2}\S/);
});

t.test('a misspelt key is not taken for one of another section', async (t) => {
  const [fault] = faultsOf(() => load({ ...MINIMAL, listen: { urls: 'ldaps://x' } }));
  t.equal(fault?.path, 'listen.urls');
  t.notMatch(fault?.remedy, /Did you mean urls/);
});

t.test('what must not start does not start (R104)', async (t) => {
  const upstream = MINIMAL.upstream;
  const rows: [name: string, flags: Record<string, unknown>, path: string][] = [
    ['no organisation', { upstream: { reader: READER } }, 'upstream.orgId'],
    ['an organisation that is a DN', { upstream: { ...upstream, orgId: `dc=${ORG}` } }, 'upstream.orgId'],
    ['an empty group', { ...MINIMAL, group: '' }, 'group'],
    ['a group of blanks', { ...MINIMAL, group: { name: '  ' } }, 'group'],
    ['no reader', { upstream: { orgId: ORG, reader: { password: 'x' } } }, 'upstream.reader'],
    ['two readers', { upstream: { ...upstream, reader: { ...READER, dn: 'uid=x' } } }, 'upstream.reader'],
    [
      'a reader that is not a DN',
      { upstream: { ...upstream, reader: { dn: 'x', password: 'y' } } },
      'upstream.reader.dn',
    ],
    ['no password', { upstream: { orgId: ORG, reader: { user: 'x' } } }, 'upstream.reader.password'],
    [
      'an empty password',
      { upstream: { orgId: ORG, reader: { user: 'x', password: '' } } },
      'upstream.reader.password',
    ],
    [
      'two passwords',
      { upstream: { ...upstream, reader: { ...READER, passwordFile: at('password') } } },
      'upstream.reader',
    ],
    ['an authority that is not there', { upstream: { ...upstream, caFile: at('nowhere') } }, 'upstream.caFile'],
    ['an invalid authority', { upstream: { ...upstream, caFile: at('not-pem') } }, 'upstream.caFile'],
    ['clear text upstream', { upstream: { ...upstream, urls: 'ldap://ldap.jumpcloud.com' } }, 'upstream.urls'],
    ['an upstream of another kind', { upstream: { ...upstream, urls: ['https://x'] } }, 'upstream.urls'],
    ['no upstream', { upstream: { ...upstream, urls: [] } }, 'upstream.urls'],
    ['a password in a URL', { upstream: { ...upstream, urls: ['ldaps://u:s3cret@host'] } }, 'upstream.urls'],
    [
      'two accounts of one name',
      {
        ...MINIMAL,
        local: {
          serviceAccounts: [
            { dn: 'cn=X,dc=example,dc=com', password: 'a' },
            { dn: 'CN=x, dc=example, dc=com', password: 'b' },
          ],
        },
      },
      'local.serviceAccounts[1].dn',
    ],
    ['a suffix that is not a DN', { ...MINIMAL, local: { baseDN: 'example.com' } }, 'local.baseDN'],
    ['a container of two names', { ...MINIMAL, local: { users: 'ou=a,ou=b' } }, 'local.users'],
    ['ldaps without a certificate', { ...MINIMAL, listen: { ldaps: '127.0.0.1:1636' } }, 'listen.ldaps'],
    ['TLS required without a certificate', { ...MINIMAL, listen: { requireTls: true } }, 'listen.requireTls'],
    ['nowhere to listen', { ...MINIMAL, listen: { ldap: false } }, 'listen'],
    ['health for the outside', { ...MINIMAL, ops: { http: '0.0.0.0:9389' } }, 'ops.http'],
    [
      'an invalid certificate',
      { ...MINIMAL, listen: { tls: { certFile: at('not-pem'), keyFile: at('not-pem') } } },
      'listen.tls.certFile',
    ],
    [
      'a key that is not there',
      { ...MINIMAL, listen: { tls: { certFile: at('not-pem'), keyFile: at('nowhere') } } },
      'listen.tls.keyFile',
    ],
    [
      'a service account without a password',
      { ...MINIMAL, local: { serviceAccounts: [{ dn: 'cn=x' }] } },
      'local.serviceAccounts[0].password',
    ],
    [
      'an invalid hash',
      { ...MINIMAL, local: { serviceAccounts: [{ dn: 'cn=x', passwordHash: '5f4dcc3b' }] } },
      'local.serviceAccounts[0].passwordHash',
    ],
    [
      'an organisation and a base that disagree',
      { upstream: { ...upstream, baseDN: 'o=other,dc=jumpcloud,dc=com' } },
      'upstream.orgId',
    ],
  ];
  for (const [name, flags, path] of rows) t.same(pathsOf(flags), [path], name);
  t.ok(pathsOf({}, { file: at('broken.yaml') }).includes(at('broken.yaml')), 'invalid YAML');
  t.same(pathsOf({}, { file: at('list.yaml') }), [at('list.yaml')]);
  t.same(pathsOf({}, { file: at('nowhere.yaml') }), [at('nowhere.yaml')]);
});

t.test('versions and suites of TLS: what cannot work is an error, what is weak a warning', async (t) => {
  const { certPem, keyPem } = await (await makeAuthority()).issue(['localhost']);
  writeFileSync(at('tls-cert.pem'), certPem);
  writeFileSync(at('tls-key.pem'), keyPem, { mode: 0o600 });
  const files = { certFile: at('tls-cert.pem'), keyFile: at('tls-key.pem') };
  const settings = (tls: object) => ({ ...MINIMAL, listen: { tls: { ...files, ...tls } } });
  t.match(load(settings({})).listen.tls, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ciphers: undefined });
  t.same(load(settings({ ciphers: 'ECDHE+AESGCM', maxVersion: 'TLSv1.2' })).warnings, []);
  for (const [tls, path] of [
    [{ minVersion: 'TLSv1.1' }, 'listen.tls.minVersion'],
    [{ maxVersion: 'TLSv1' }, 'listen.tls.maxVersion'],
    [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, 'listen.tls.maxVersion'],
    [{ ciphers: 'NONSENSE' }, 'listen.tls.ciphers'],
    [{ ciphers: '' }, 'listen.tls.ciphers'],
    [{ ciphers: 'ALL:eNULL' }, 'listen.tls.ciphers'],
  ] as const)
    t.same(pathsOf(settings(tls)), [path], JSON.stringify(tls));
  for (const [tls, message] of [
    [{ ciphers: 'ECDHE+AES' }, /without authenticated encryption/],
    [{ ciphers: 'AESGCM' }, /without forward secrecy/],
    [{ ciphers: 'ECDHE+AESGCM', minVersion: 'TLSv1.3' }, /excludes/],
  ] as const)
    t.match(load(settings(tls)).warnings, [{ path: 'listen.tls.ciphers', message }], JSON.stringify(tls));
});

t.test('what is allowed but unwise is a warning', async (t) => {
  const clear = load({ upstream: { ...MINIMAL.upstream, urls: ['ldap://x'], allowCleartext: true } });
  t.match(clear.warnings, [{ path: 'upstream.urls', message: /in clear/ }]);
  t.match(load({ ...MINIMAL, listen: { ldap: '0.0.0.0:389' } }).warnings, [
    { path: 'listen.ldap', remedy: /requireTls/ },
  ]);
  const { certPem, keyPem } = await (await makeAuthority()).issue(['localhost']);
  writeFileSync(at('cert.pem'), certPem);
  writeFileSync(at('key.pem'), keyPem, { mode: 0o640 });
  const tls = { certFile: at('cert.pem'), keyFile: at('key.pem') };
  t.same(load({ ...MINIMAL, listen: { ldap: '0.0.0.0:389', requireTls: true, tls } }).warnings, []);
  writeFileSync(at('clients.pem'), (await makeAuthority()).caPem);
  const mutual = { ...tls, clientCaFile: at('clients.pem') };
  t.match(load({ ...MINIMAL, listen: { tls: mutual } }).warnings, [
    { path: 'listen.tls.clientCaFile', remedy: /requireTls/ },
  ]);
  for (const [mode, isRefused] of [
    [0o600, false],
    [0o400, false],
    [0o440, false],
    [0o644, true],
    [0o660, true],
    [0o604, true],
  ] as const) {
    chmodSync(at('key.pem'), mode);
    const open = () => load({ ...MINIMAL, listen: { tls } });
    if (isRefused) t.throws(open, /listen\.tls\.keyFile.*open to others[\s\S]*chmod 640/, mode.toString(8));
    else t.doesNotThrow(open, mode.toString(8));
  }
});

t.test('the base may be written as forms want it, with or without ou=Users', async (t) => {
  const baseDN = `OU=Users,O=${ORG},DC=jumpcloud,DC=com`;
  const config = load({ upstream: { baseDN, reader: READER } });
  t.equal(config.upstream.orgId, ORG);
  t.equal(config.upstream.baseDN.length, 3);
  t.same(
    load({ upstream: { baseDN: `o=${ORG},dc=jumpcloud,dc=com`, orgId: ORG, reader: READER } }).upstream.orgId,
    ORG,
  );
});

t.test('what `config` prints in place of a secret is not taken for one', async (t) => {
  t.match(
    faultsOf(() => load({ upstream: { ...MINIMAL.upstream, reader: { user: 'r', password: '[secret]' } } })),
    [{ path: 'upstream.reader.password', message: /prints/, remedy: /passwordFile/ }],
  );
});

t.test('a secret prints as a placeholder, whatever prints it (R98)', async (t) => {
  const secret = new Secret('hunter2');
  const config = load({
    ...MINIMAL,
    local: { serviceAccounts: [{ dn: 'cn=app', password: 'hunter3' }] },
  });
  const texts = [
    String(secret),
    `${secret.toString()}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
    JSON.stringify(printableConfig(config)),
    inspect(config, { depth: 9, showHidden: true }),
    JSON.stringify(config),
  ].join('\n');
  for (const value of ['hunter2', 'hunter3', READER.password]) t.notMatch(texts, value);
  t.match(texts, /\[secret\]/);
  const message = new ConfigError(
    faultsOf(() =>
      load({ upstream: { reader: { user: 'x', password: 5 } }, local: { serviceAccounts: [{ password: 7777 }] } }),
    ),
  ).message;
  t.notMatch(message, /7777/, 'nor does a fault show one');
});

t.test('of very many errors the first hundred are listed, and the others counted', async (t) => {
  const odd = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`key${i}`, i]));
  const accounts = Array.from({ length: 3000 }, (_, i) => ({ dn: `cn=app${i},dc=example,dc=com`, pasword: 'x' }));
  const tooMany: [string, Record<string, unknown>, RegExp][] = [
    ['unknown keys', { ...MINIMAL, ...odd }, /^the configuration has 5,000 errors:/],
    ['unknown keys of one section', { ...MINIMAL, log: odd }, /^the configuration has 5,000 errors:/],
    ['accounts', { ...MINIMAL, local: { serviceAccounts: accounts } }, /^the configuration has [36],000 errors:/],
  ];
  for (const [name, flags, message] of tooMany) {
    const error = t.throws(() => load(flags)) as unknown as ConfigError;
    t.equal(error.faults.length, 100, name);
    t.match(error.message, message);
    t.match(error.message, / [0-9],900 more errors are not listed\.$/);
    t.equal(error.message.split('\n').length, 101);
  }
  const aHundred = Object.fromEntries(Object.entries(odd).slice(0, 100));
  const error = t.throws(() => load({ ...MINIMAL, log: aHundred })) as unknown as ConfigError;
  t.equal(error.faults.length, 100);
  t.notMatch(error.message, /not listed/);
});
