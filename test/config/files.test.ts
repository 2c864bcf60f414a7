// The files that a configuration names: what is read from them, the message for each mistake, and that no message contains a secret.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import t from 'tap';
import type { ConfigFault } from '../../src/config/fault.js';
import { ConfigError, loadConfig } from '../../src/config/load.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { formatDN } from '../../src/ldap/dn.js';

const UPSTREAM = { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'ldap-reader', password: 'reader-password' } };
const SECRET = 'hunter2secret';
const folder = t.testdir({});
const at = (name: string) => join(folder, name);
const write = (name: string, content: string | Buffer, mode = 0o600) => {
  writeFileSync(at(name), content);
  chmodSync(at(name), mode);
  return at(name);
};

const load = (flags: Record<string, unknown>) => loadConfig({ env: {}, flags: { upstream: UPSTREAM, ...flags } });
const reader = (settings: Record<string, unknown>) =>
  load({ upstream: { ...UPSTREAM, reader: { user: 'ldap-reader', ...settings } } });

/** The only fault; its whole text has no secret in it. */
function faultOf(run: () => unknown): ConfigFault | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    t.notMatch(error.message, SECRET);
    t.notMatch(error.message, /424242/);
    t.equal(error.faults.length, 1, error.message);
    return error.faults[0];
  }
}

t.test('of a password file only what editors add is taken off', async (t) => {
  for (const [what, content] of [
    ['nothing added', SECRET],
    ['a line end', `${SECRET}\n`],
    ['a line end of Windows', `${SECRET}\r\n`],
    ['several line ends', `${SECRET}\n\r\n\n`],
    ['a byte order mark', `\ufeff${SECRET}\r\n`],
  ] as const) {
    const { upstream, warnings } = reader({ passwordFile: write('password', content) });
    t.equal(upstream.reader.password.reveal(), SECRET, what);
    t.same(warnings, [], what);
  }
  t.equal(
    reader({ passwordFile: write('password', 'pässwörd € 😀\n') }).upstream.reader.password.reveal(),
    'pässwörd € 😀',
  );
});

t.test('outer blanks may be meant: they stay, with a warning', async (t) => {
  for (const content of [` ${SECRET}\n`, `${SECRET} \n`, `\t${SECRET}`, `${SECRET}\u00a0`]) {
    const { upstream, warnings } = reader({ passwordFile: write('password', content) });
    t.equal(upstream.reader.password.reveal(), content.replace(/\n$/, ''));
    t.match(warnings, [{ path: 'upstream.reader.passwordFile', message: /blank/, remedy: /printf/ }]);
    t.notMatch(JSON.stringify(warnings), SECRET);
  }
});

t.test('an unusable password file is an error with its own remedy (R104)', async (t) => {
  for (const [content, message] of [
    ['', /is empty/],
    ['\n\r\n', /is empty/],
    ['\ufeff', /is empty/],
    [`ldap-reader\n${SECRET}\n`, /has 2 lines/],
    [Buffer.from(`\ufeff${SECRET}\r\n`, 'utf16le'), /UTF-16/],
    [Buffer.from(SECRET, 'utf16le'), /UTF-16/],
    [Buffer.from('p\u00e4sswort', 'latin1'), /not UTF-8/],
  ] as const) {
    const fault = faultOf(() => reader({ passwordFile: write('password', content) }));
    t.match(fault, { path: 'upstream.reader.passwordFile', value: at('password'), message });
    t.match(
      faultOf(() => load({ ops: { tokenFile: at('password') } })),
      { path: 'ops.tokenFile', message },
    );
  }
});

t.test('a file that cannot be read says why', async (t) => {
  mkdirSync(at('folder'));
  for (const [file, told] of [
    [at('nowhere'), { message: /no such file/ }],
    [join(write('password', SECRET), 'x'), { message: /no such file/ }],
    [at('folder'), { message: /folder/, remedy: /Docker/ }],
  ] as const)
    t.match(
      faultOf(() => reader({ passwordFile: file })),
      { path: 'upstream.reader.passwordFile', value: file, ...told },
      file,
    );
});

/** Runs as another user, where this one may: root's tests can meet files that are not theirs to read. */
function asUser<Result>(user: number, use: () => Result): Result {
  if (process.getuid?.() !== 0) return use();
  process.setegid?.(user);
  process.seteuid?.(user);
  try {
    return use();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

t.test('a secret of another owner says whose it is, and what to do on each platform', async (t) => {
  // Everybody may walk to it, whatever folder these tests are in.
  const open = mkdtempSync(join(tmpdir(), 'jumpgate-files-'));
  t.teardown(() => rmSync(open, { recursive: true }));
  chmodSync(open, 0o755);
  const isRoot = process.getuid?.() === 0;
  const [user, owner] = isRoot ? [65_532, 1234] : [process.getuid?.(), process.getuid?.()];
  const file = join(open, 'password');
  writeFileSync(file, SECRET, { mode: isRoot ? 0o400 : 0o000 });
  const told = () => asUser(65_532, () => faultOf(() => reader({ passwordFile: file })));
  if (isRoot) chownSync(file, 1234, 4321);
  const { message = '', remedy = '' } = told() ?? {};
  t.match(message, new RegExp(`not permitted for user ${user} \\(it is ${owner}:\\d+, mode 0${isRoot ? 4 : 0}00\\)`));
  t.match(
    remedy,
    new RegExp(`Kubernetes.* defaultMode: 0440 and securityContext.fsGroup: ${isRoot ? 65_532 : '\\d+'}`),
  );
  t.match(remedy, new RegExp(`Swarm.* uid: "${user}" and mode: 0400`));
  if (!isRoot) return;
  t.match(remedy, /--user 1234:4321, in Compose user: "1234:4321"/);
  chownSync(file, 0, 0);
  t.notMatch(told()?.remedy, /--user/, 'nobody is asked to run it as root');
});

t.test('a secret in the wrong place is not printed; the error names only the key (R98)', async (t) => {
  const rows: readonly (readonly [what: string, run: () => unknown, path: string])[] = [
    ['as passwordFile', () => reader({ passwordFile: SECRET }), 'upstream.reader.passwordFile'],
    ['as passwordFile, with a slash', () => reader({ passwordFile: `x/${SECRET}` }), 'upstream.reader.passwordFile'],
    ['as passwordFile, slash first', () => reader({ passwordFile: `/${SECRET}` }), 'upstream.reader.passwordFile'],
    ['as passwordFile, two', () => reader({ passwordFile: `/q/${SECRET}` }), 'upstream.reader.passwordFile'],
    ['as passwordFile, a number', () => reader({ passwordFile: 42_424_242 }), 'upstream.reader.passwordFile'],
    ['as password, a number', () => reader({ password: 42_424_242 }), 'upstream.reader.password'],
    ['as the reader', () => load({ upstream: { ...UPSTREAM, reader: SECRET } }), 'upstream.reader'],
    ['in a list', () => load({ upstream: { ...UPSTREAM, reader: [SECRET] } }), 'upstream.reader'],
    ['as the upstream', () => load({ upstream: SECRET }), 'upstream'],
    ['as the reader’s DN', () => reader({ user: undefined, dn: SECRET, password: 'x' }), 'upstream.reader.dn'],
    ['as tokenFile', () => load({ ops: { tokenFile: SECRET } }), 'ops.tokenFile'],
    ['as token, a number', () => load({ ops: { token: 42_424_242 } }), 'ops.token'],
    ['as ops', () => load({ ops: SECRET }), 'ops'],
    ['as local', () => load({ local: SECRET }), 'local'],
    [
      'as accounts',
      () => load({ local: { serviceAccounts: { dn: 'cn=x', password: SECRET } } }),
      'local.serviceAccounts',
    ],
    ['as an account', () => load({ local: { serviceAccounts: [SECRET] } }), 'local.serviceAccounts[0]'],
    [
      'as an account’s DN',
      () => load({ local: { serviceAccounts: [{ dn: SECRET, password: 'x' }] } }),
      'local.serviceAccounts[0].dn',
    ],
  ];
  for (const [what, run, path] of rows) t.match(faultOf(run), { path, value: undefined }, what);
});

t.test('a secret’s file that is open to others is worth a warning; a Kubernetes secret’s is not (R121)', async (t) => {
  for (const [mode, isLoose] of [
    [0o600, false],
    [0o400, false],
    [0o440, false],
    [0o640, false],
    [0o444, true],
    [0o644, true],
    [0o660, true],
    [0o666, true],
    [0o602, true],
  ] as const) {
    const { warnings } = reader({ passwordFile: write('password', SECRET, mode) });
    const text = mode.toString(8);
    if (!isLoose) t.same(warnings, [], text);
    else
      t.match(
        warnings,
        [{ path: 'upstream.reader.passwordFile', message: new RegExp(`mode 0${text}`), remedy: /chmod 640.*fsGroup/ }],
        text,
      );
  }
});

t.test('what forms of other products have as a DN is understood in each place (R104)', async (t) => {
  const base = 'OU=Users,O=5f1c0a9e7b3d4c2a8e6f9d10,DC=jumpcloud,DC=com';
  const dn = `uid=ldap-reader,${base}`;
  t.match(reader({ user: dn, password: 'x' }).upstream.reader, { user: undefined, dn });
  t.match(reader({ user: 'UID = ldap-reader', password: 'x' }).upstream.reader, { user: 'ldap-reader', dn: undefined });
  for (const orgId of ['o=5f1c0a9e7b3d4c2a8e6f9d10', base.slice('OU=Users,'.length), base, base.toLowerCase()]) {
    const { upstream } = load({ upstream: { ...UPSTREAM, orgId } });
    t.match([upstream.orgId, formatDN(upstream.baseDN)], [UPSTREAM.orgId, `o=${UPSTREAM.orgId},dc=jumpcloud,dc=com`]);
  }
  const short = load({ upstream: { reader: UPSTREAM.reader, baseDN: 'OU=Users,O=5f1c0a9e7b3d4c2a8e6f9d10' } });
  t.equal(formatDN(short.upstream.baseDN).toLowerCase(), `o=${UPSTREAM.orgId},dc=jumpcloud,dc=com`);
  for (const group of [`CN=wayk-users,${base}`, 'cn=wayk-users,ou=Groups,dc=example,dc=com']) {
    const { group: understood, warnings } = load({ group });
    t.match([understood.name, warnings], ['wayk-users', []]);
  }
  t.equal(load({ group: `cn=R\\,D \\+ more,${base}` }).group.name, 'R,D + more');
  t.match(load({ group: 'cn=wayk-users' }).warnings, [{ path: 'group', remedy: /wayk-users/ }]);
  for (const name of ['wayk-users', 'a=b', 'R&D, x=y', 'ou=People']) {
    const { group, warnings } = load({ group: name });
    t.match([group.name, warnings], [name, []]);
  }
});

t.test('a DN of another organisation, or of another kind, is an error at its key', async (t) => {
  const other = 'ou=Users,o=000000000000000000000000,dc=jumpcloud,dc=com';
  for (const [run, fault] of [
    [
      () => reader({ user: `uid=r,${other}`, password: 'x' }),
      { path: 'upstream.reader.user', message: /organisation 0{24}.*is 5f1c/ },
    ],
    [() => load({ group: `cn=g,${other}` }), { path: 'group', message: /organisation 0{24}/ }],
    [
      () => reader({ user: 'mail=a@b.c', password: 'x' }),
      { path: 'upstream.reader.user', remedy: /only the user name/ },
    ],
    [
      () => load({ upstream: { ...UPSTREAM, orgId: 'o=x,dc=example,dc=com' } }),
      { path: 'upstream.orgId', remedy: /upstream\.baseDN/ },
    ],
    [() => load({ upstream: { ...UPSTREAM, orgId: 'dc=example,dc=com' } }), { path: 'upstream.orgId' }],
  ] as const)
    t.match(faultOf(run), fault);
});

t.test(
  'relative paths of a file start at its folder, those of flags and environment at the working folder',
  async (t) => {
    const password = write('reader.password', SECRET);
    const file = write(
      'relative.yaml',
      `upstream: { orgId: ${UPSTREAM.orgId}, reader: { user: r, passwordFile: reader.password } }\nlog: { audit: ./audit.jsonl }\nlisten: { ldapi: { path: ldapi } }\n`,
    );
    const config = loadConfig({ file, env: {}, flags: {} });
    t.equal(config.upstream.reader.password.reveal(), SECRET);
    t.ok(config.files.includes(password));
    t.same([config.log.audit, config.listen.ldapi.path], [at('audit.jsonl'), at('ldapi')]);
    const named = relative('.', at('relative.yaml'));
    t.equal(loadConfig({ file: named, env: {}, flags: {} }).log.audit, at('audit.jsonl'));
    const env = { JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: relative('.', password) };
    t.equal(loadConfig({ file, env, flags: {} }).upstream.reader.password.reveal(), SECRET);
    const wrong = { JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: 'reader.password' };
    t.match(
      faultOf(() => loadConfig({ file, env: wrong, flags: {} })),
      { value: undefined, remedy: new RegExp(`start at ${process.cwd()}\\.`), from: Object.keys(wrong)[0] },
    );
    const missing = write('missing.yaml', (await readFile(file, 'utf8')).replace('reader.password', SECRET));
    t.match(
      faultOf(() => loadConfig({ file: missing, env: {}, flags: {} })),
      { path: 'upstream.reader.passwordFile', value: undefined, remedy: new RegExp(`start at ${folder}\\.`) },
    );
  },
);

t.test('each mistake with certificate and key has its own remedy', async (t) => {
  const issued = await (await makeAuthority()).issue(['localhost']);
  const [certFile, keyFile] = [write('cert.pem', issued.certPem), write('key.pem', issued.keyPem)];
  const other = write('other.pem', (await (await makeAuthority()).issue(['localhost'])).keyPem);
  const tls = (more: Record<string, string>) => load({ listen: { tls: { certFile, keyFile, ...more } } });
  t.equal(tls({}).listen.tls?.keyFile, keyFile);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const encrypted = write('pkcs8.pem', openssl('pkcs8', '-topk8', '-in', keyFile, '-passout', `pass:${SECRET}`));
  const der = write('key.der', openssl('pkey', '-in', keyFile, '-outform', 'der'));
  const legacy = write('legacy.pem', '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: x\n');
  for (const [what, more, fault] of [
    [
      'encrypted',
      { keyFile: encrypted },
      { path: 'listen.tls.keyFile', message: /passphrase/, remedy: /openssl pkey -in/ },
    ],
    ['of old', { keyFile: legacy }, { path: 'listen.tls.keyFile', message: /passphrase/ }],
    ['DER', { keyFile: der }, { path: 'listen.tls.keyFile', message: /in PEM/, remedy: /pkcs12.*-inform der/ }],
    ['exchanged', { certFile: keyFile, keyFile: write('c', issued.certPem) }, { remedy: /Swap/ }],
    ['the key twice', { certFile: keyFile }, { path: 'listen.tls.certFile', message: /no certificate/ }],
    ['the certificate twice', { keyFile: write('c', issued.certPem) }, { message: /no private key/ }],
    ['of another', { keyFile: other }, { path: 'listen.tls', message: /cannot be used/ }],
    [
      'of Docker Swarm',
      { keyFile: write('swarm.pem', issued.keyPem, 0o444) },
      { path: 'listen.tls.keyFile', message: /open to others \(mode 0444\)/, remedy: /defaultMode.*fsGroup.*Swarm/ },
    ],
  ] as const)
    t.match(
      faultOf(() => tls(more)),
      fault,
      what,
    );
  chmodSync(keyFile, 0o440);
  t.doesNotThrow(() => tls({}), 'of Kubernetes, with defaultMode and fsGroup');
});
