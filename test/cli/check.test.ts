// `jumpgate check`: each thing broken in turn, named with its remedy, and an exit code that says whose affair it is.
import { execFileSync } from 'node:child_process';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import { runCli } from '../../src/cli/cli.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import type { PersonState } from '../../src/demo/people.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Client } from '../support/client.js';
import { run } from '../support/command.js';
import { answering, bindResponse, FakeUpstream, silent, testAuthority } from '../support/fake-upstream.js';
import { startProxy } from '../support/proxy.js';
import { type Mode, Relay } from '../support/relay.js';
import { printedJson } from '../support/schemas.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());
const folder = t.testdir({ password: upstream.reader.password, wrong: 'wrong', own: 'user-secret-5001' });
for (const secret of ['password', 'wrong', 'own']) chmodSync(join(folder, secret), 0o600);
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, upstream.caPem);
const localhost = `ldaps://localhost:${upstream.port}`;
const DAY = 86_400_000;

type Settings = Readonly<Record<string, string>>;

interface Step {
  readonly step: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  readonly remedy?: string;
}

function settingsOf(settings: Settings): string[] {
  const all: Settings = {
    'listen.ldap': '127.0.0.1:0',
    'upstream.urls': localhost,
    'upstream.caFile': caFile,
    'upstream.orgId': upstream.orgId,
    'upstream.reader.user': 'ldap-reader',
    'upstream.reader.passwordFile': join(folder, 'password'),
    'ops.http': '127.0.0.1:0',
    ...settings,
  };
  return Object.entries(all)
    .filter(([, value]) => value !== '')
    .flatMap(([key, value]) => ['--set', `${key}=${value}`]);
}

async function command(
  settings: Settings,
  args: readonly string[] = [],
  options: { tty?: boolean; input?: string } = {},
) {
  const stdout = Object.assign(new PassThrough(), { isTTY: options.tty === true });
  const stderr = new PassThrough();
  const stdin = new PassThrough();
  stdin.end(options.input ?? '');
  const code = await runCli(['check', ...args, ...settingsOf(settings)], { env: {}, stdin, stdout, stderr });
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

async function report(settings: Settings, args: readonly string[] = [], input = '') {
  const { code, out } = await command(settings, ['--json', ...args], { input });
  const { ok, exitCode, steps } = printedJson('check', out) as {
    ok: boolean;
    exitCode: number;
    steps: readonly Step[];
  };
  const bad = steps.filter(({ status }) => status === 'failed' || status === 'warning');
  return { code, ok, exitCode, steps, bad };
}

/** A server other than Jumpgate listens on a loopback port. */
async function squat(t: Test): Promise<number> {
  const server: Server = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-x\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as { port: number }).port;
}

t.test('everything in order: one line a step, exit code 0', async (t) => {
  const { code, out, err } = await command({});
  t.equal(code, 0);
  t.equal(err, '');
  t.same(
    out.match(/^\S \S+( [a-z]+)?/gm)?.map((line) => line.trim()),
    [
      '✓ configuration',
      '✓ clock',
      '✓ DNS',
      '✓ TCP',
      '✓ TLS',
      '✓ rootDSE',
      '✓ reader bind',
      '✓ base',
      '✓ reader rights',
      '✓ group',
      '✓ members',
      '✓ duplicates',
      '✓ listen.ldap',
      '✓ ops.http',
    ],
  );
  t.match(out, /valid for [0-9]+ more days/);
  t.match(out, /wayk-users has 9 members/);
  t.match(out, /All checks passed\.\n$/);
  t.notMatch(out, /\u001b|reader-secret/);
  t.match(await report({}), { code: 0, ok: true, exitCode: 0 });
  t.match((await command({ 'group.everyone': 'true' })).out, /everybody/);
});

t.test('on a terminal a line says what is being tried, and is replaced; NO_COLOR keeps the colours away', async (t) => {
  const { out } = await command({}, [], { tty: true });
  t.match(out, /… reader bind\r\u001b\[K\u001b\[32m✓/);
  const stdout = Object.assign(new PassThrough(), { isTTY: true });
  const io = { env: { NO_COLOR: '1' }, stdin: new PassThrough(), stdout, stderr: new PassThrough() };
  await runCli(['check', ...settingsOf({})], io);
  t.notMatch(String(stdout.read()), /\u001b\[[0-9]+m/);
});

t.test('faults on the way upstream end with 1, and each names its remedy', async (t) => {
  const gone = await FakeUpstream.start(answering(0));
  await gone.stop();
  const { issue } = await testAuthority();
  const withCertificate = async (...which: Parameters<typeof issue>) => {
    const fake = await FakeUpstream.start(silent, { certificate: await issue(...which) });
    t.teardown(() => fake.stop());
    return fake;
  };
  const otherName = await withCertificate(['ldap.example.org']);
  const expired = await withCertificate(['localhost'], new Date(Date.now() - DAY));
  const mute = await withCertificate(['localhost']);
  const clear = await FakeUpstream.start(silent, { cleartext: true });
  t.teardown(() => clear.stop());
  const fakeCa = join(folder, 'fake-ca.pem');
  writeFileSync(fakeCa, otherName.caPem);
  const strangerCa = join(folder, 'stranger.pem');
  writeFileSync(strangerCa, (await makeAuthority()).caPem);

  const rows: [name: string, settings: Settings, step: string, detail: RegExp, remedy: RegExp][] = [
    ['a name nobody knows', { 'upstream.urls': 'ldaps://ldap.invalid' }, 'DNS', /ldap\.invalid/, /upstream\.urls/],
    ['nobody there', { 'upstream.urls': gone.url }, 'TCP', /ECONNREFUSED/, /firewall/],
    ['another authority', { 'upstream.caFile': strangerCa }, 'TLS', /by Jumpgate/, /upstream\.caFile/],
    ['no authority', { 'upstream.caFile': '' }, 'TLS', /by Jumpgate/, /publicly trusted/],
    [
      'another name',
      { 'upstream.urls': otherName.url, 'upstream.caFile': fakeCa },
      'TLS',
      /of ldap\.example\.org/,
      /upstream\.urls a name .*DNS:ldap\.example\.org/,
    ],
    [
      'an expired certificate',
      { 'upstream.urls': expired.url, 'upstream.caFile': fakeCa },
      'TLS',
      /expired; .* to [0-9-]+$/,
      /clock.*renew/,
    ],
    [
      'no TLS at all',
      { 'upstream.urls': `ldaps://localhost:${clear.port}`, 'upstream.connectTime': '300ms' },
      'TLS',
      /no TLS handshake within 300 ms/,
      /636/,
    ],
    [
      'nobody answers behind TLS',
      { 'upstream.urls': mute.url, 'upstream.caFile': fakeCa, 'upstream.operationTime': '200ms' },
      'rootDSE',
      /no answer within 200 ms/,
      /LDAP server/,
    ],
  ];
  for (const [name, settings, step, detail, remedy] of rows) {
    const { code, ok, bad, steps } = await report(settings);
    t.equal(code, 1, name);
    t.notOk(ok);
    t.match(bad[0], { step, status: 'failed', detail, remedy }, name);
    t.ok(
      steps.some((one) => one.status === 'skipped' && one.step === 'members'),
      'what makes no sense then is said to be left out',
    );
    t.match(steps.at(-1), { step: 'ops.http', status: 'ok' }, 'and the rest is still checked');
  }
});

t.test('one unavailable address of two is reported, and the other one is used', async (t) => {
  const gone = await FakeUpstream.start(answering(0));
  await gone.stop();
  const file = join(folder, 'two.yaml');
  writeFileSync(file, `upstream: { urls: [${gone.url}, ${localhost}] }\n`);
  const { code, bad, steps } = await report({ 'upstream.urls': '' }, ['--config', file]);
  t.equal(code, 1);
  t.match(bad, [{ step: 'TCP', status: 'failed' }]);
  t.match(steps.find(({ step }) => step === 'members')?.detail, /9 can be seen/);
});

t.test('a certificate that ends soon is a warning, here and upstream, and the exit code stays 0', async (t) => {
  const { issue, caPem } = await makeAuthority();
  const soon = await issue(['localhost'], new Date(Date.now() + 5 * DAY + 60_000));
  const files = { certFile: join(folder, 'soon.pem'), keyFile: join(folder, 'soon.key') };
  writeFileSync(files.certFile, soon.certPem);
  writeFileSync(files.keyFile, soon.keyPem, { mode: 0o600 });
  const tls = { 'listen.tls.certFile': files.certFile, 'listen.tls.keyFile': files.keyFile };
  const here = await report(tls);
  t.equal(here.code, 0);
  t.match(here.bad, [{ step: 'listen.tls', status: 'warning', detail: /5 more days/, remedy: /Renew .*soon\.pem/ }]);
  t.match((await command(tls)).out, /Passed, with 1 warning\.\n$/);

  const expired = await issue(['localhost'], new Date(Date.now() - DAY));
  writeFileSync(files.certFile, expired.certPem);
  writeFileSync(files.keyFile, expired.keyPem);
  t.match(await report(tls), { code: 2, bad: [{ step: 'listen.tls', status: 'failed', detail: /it ended on/ }] });

  const ca = join(folder, 'soon-ca.pem');
  writeFileSync(ca, caPem);
  const fake = await FakeUpstream.start(answering(49), { certificate: soon });
  t.teardown(() => fake.stop());
  const settings = { 'upstream.urls': fake.url, 'upstream.caFile': ca, 'upstream.operationTime': '200ms' };
  t.match((await report(settings)).bad[0], { step: 'TLS', status: 'warning', detail: /5 more days/ });
});

t.test('what the directory says against it ends with 3, or with 2 where a key is at fault', async (t) => {
  const rows: [name: string, settings: Settings, code: number, step: string, detail: RegExp, remedy: RegExp][] = [
    [
      'another password',
      { 'upstream.reader.passwordFile': join(folder, 'wrong') },
      3,
      'reader bind',
      /49 invalidCredentials/,
      /Users › ldap-reader.*not suspended.*Enable as LDAP Bind DN/,
    ],
    [
      'an email address for a name',
      { 'upstream.reader.user': 'ldap-reader@example.test' },
      3,
      'reader bind',
      /49/,
      /not the email address/,
    ],
    [
      'another organisation, which is reported like a wrong password',
      { 'upstream.orgId': '60aa00aa00aa00aa00aa00aa' },
      3,
      'reader bind',
      /o=60aa00aa00aa00aa00aa00aa/,
      /upstream\.orgId/,
    ],
    [
      'another organisation than the reader is of',
      {
        'upstream.reader.user': '',
        'upstream.reader.dn': upstream.reader.dn,
        'upstream.orgId': '60aa00aa00aa00aa00aa00aa',
      },
      2,
      'base',
      /is not there \(32\)/,
      /upstream\.orgId: 24 hexadecimal digits/,
    ],
    [
      'a reader that may not read',
      { 'upstream.reader.user': 'quillon.varrek', 'upstream.reader.passwordFile': join(folder, 'own') },
      3,
      'base',
      /success and nothing/,
      /Users › quillon\.varrek › User Security Settings › Enable as LDAP Bind DN/,
    ],
    [
      'a group misspelt',
      { 'group.name': 'wayk-user' },
      3,
      'group',
      /there is: wayk-users/,
      /Did you mean wayk-users\?/,
    ],
    [
      'a group that is not shown',
      { 'group.name': 'Accounting Berlin' },
      3,
      'group',
      /no group Accounting Berlin/,
      /User Groups › Accounting Berlin › Directories › JumpCloud LDAP/,
    ],
  ];
  for (const [name, settings, code, step, detail, remedy] of rows) {
    const result = await report(settings);
    t.equal(result.code, code, name);
    t.equal(result.exitCode, code);
    t.match(result.bad, [{ step, status: 'failed', detail, remedy }], name);
  }
});

t.test('README’s exit codes, each by the whole of its kind; the first fault decides', async (t) => {
  const gone = await FakeUpstream.start(answering(0));
  await gone.stop();
  const taken = `127.0.0.1:${await squat(t)}`;
  const user = (name: string) => ['--user', name];
  const rows: [name: string, code: number, settings: Settings, args?: readonly string[]][] = [
    ['everything in order', 0, {}],
    ['in order, with a warning', 0, { 'listen.ldap': '0.0.0.0:0' }],
    ['a member', 0, {}, user('quillon.varrek')],
    ['the network', 1, { 'upstream.urls': 'ldaps://ldap.invalid' }],
    ['the network, and a port that is taken', 1, { 'upstream.urls': gone.url, 'listen.ldap': taken }],
    ['TLS', 1, { 'upstream.caFile': '' }],
    ['the network, and a user', 1, { 'upstream.urls': gone.url }, user('corvane.thessly')],
    ['an unknown key', 2, { 'upstream.urlss': 'x' }],
    ['an invalid value', 2, { 'directory.refresh': 'soon' }],
    ['a file that is not there', 2, { 'upstream.reader.passwordFile': join(folder, 'nowhere') }],
    ['a port that is taken', 2, { 'listen.ldap': taken }],
    ['a port of the operator that is taken', 2, { 'ops.http': taken }],
    ['the reader’s password', 3, { 'upstream.reader.passwordFile': join(folder, 'wrong') }],
    ['the reader’s name', 3, { 'upstream.reader.user': 'nobody' }],
    ['the reader’s password, and a port that is taken', 3, { 'upstream.reader.user': 'nobody', 'listen.ldap': taken }],
    ['a group misspelt by a letter', 3, { 'group.name': 'wayk-user' }],
    ['a group misspelt by more', 3, { 'group.name': 'no group like that' }],
    ['the members', 3, { 'directory.limits.entries': '5' }],
    ['a user outside the group', 4, {}, user('corvane.thessly')],
    ['a user who is not there', 4, {}, user('nobody')],
    ['a user whose password is wrong', 4, {}, [...user('quillon.varrek'), '--password-stdin']],
    ['a port that is taken, and a user', 2, { 'listen.ldap': taken }, user('corvane.thessly')],
  ];
  for (const [name, code, settings, args = []] of rows) {
    const result = await command(settings, ['--json', ...args], { input: 'wrong' });
    t.equal(result.code, code, name);
    t.equal((printedJson('check', result.out) as { exitCode: number }).exitCode, code, name);
    t.equal((await command(settings, args, { input: 'wrong' })).code, code, `${name}, human-readable`);
  }
});

t.test('a group that lost its last member is reported; so are codes that speak of JumpCloud itself', async (t) => {
  for (const uid of ['corvane.thessly', 'liora.penhadrin']) upstream.removeFromGroup('Finance', uid);
  t.match(await report({ 'group.name': 'Finance' }), {
    code: 3,
    bad: [{ step: 'group', remedy: /at least one user in it/ }],
  });
  upstream.fault = 'busy';
  t.match((await report({})).bad.at(-1), { step: 'reader bind', detail: /51 busy/, remedy: /trouble of its own/ });
  upstream.fault = 'none';
  upstream.fault = 'drop-at-bind';
  t.match(await report({}), { code: 1, bad: [{ step: 'reader bind', remedy: /firewall/ }] });
  upstream.fault = 'none';
});

t.test(
  'an upstream that ends each search early is reported by its limit, at every step that asks, and never by the rights',
  async (t) => {
    for (const [code, name, remedy] of [
      [3, 'timeLimitExceeded', /upstream\.operationTime/],
      [4, 'sizeLimitExceeded', /size=unlimited/],
      [11, 'adminLimitExceeded', /size=unlimited/],
    ] as const) {
      const limited = await FakeUpstream.start(({ messageID, op }, socket) => {
        if (op.kind === 'bindRequest') socket.write(bindResponse(messageID, 0));
        if (op.kind !== 'searchRequest') return;
        const result = { code: op.baseObject === '' ? 0 : code, matchedDN: '', text: '' };
        socket.write(encodeMessage({ messageID, op: { kind: 'searchResultDone', result } }));
      });
      t.teardown(() => limited.stop());
      const ca = join(t.testdir({}), 'ca.pem');
      writeFileSync(ca, limited.caPem);
      const { code: exit, steps, bad } = await report({ 'upstream.urls': limited.url, 'upstream.caFile': ca });
      t.equal(exit, 3, name);
      const asked = bad.filter(({ step }) => ['base', 'reader rights', 'group', 'members'].includes(step));
      const warned = { status: 'warning', detail: new RegExp(`: ${code} ${name}`), remedy: /size=unlimited/ };
      t.match(asked, [warned, warned, warned, { status: 'failed', detail: new RegExp(`${name}, ${code}`), remedy }]);
      t.notOk(steps.some((step) => step.remedy?.includes('Enable as LDAP Bind DN')));
    }
  },
);

t.test('each switch of the console that is off is reported for the reader and for a user', async (t) => {
  const reader = 'ldap-reader';
  const user = 'quillon.varrek';
  const rows: [uid: string, off: Partial<PersonState>, code: number, step: string, remedy: RegExp][] = [
    [reader, { suspended: true }, 3, 'reader bind', /not suspended/],
    [reader, { locked: true }, 3, 'reader bind', /not locked/],
    [reader, { passwordExpired: true }, 3, 'reader bind', /not expired/],
    [reader, { inDirectory: false }, 3, 'reader bind', /a name that is not there/],
    [reader, { bindDn: false }, 3, 'base', /Enable as LDAP Bind DN/],
    [user, { suspended: true }, 4, 'user', /suspended or locked/],
    [user, { locked: true }, 4, 'user', /suspended or locked/],
    [user, { passwordExpired: true }, 4, 'user', /the password has expired/],
    [user, { mfa: 'code' }, 4, 'user', /password,123456/],
    [user, { inDirectory: false }, 4, 'user', /Users › quillon\.varrek › Directories › JumpCloud LDAP/],
  ];
  for (const [uid, off, code, step, remedy] of rows) {
    const on = Object.fromEntries(
      Object.entries(off).map(([key, value]) => [key, typeof value === 'boolean' ? !value : 'none']),
    );
    upstream.setState(uid, off);
    const result = await report({}, ['--user', user, '--password-stdin'], 'user-secret-5001');
    upstream.setState(uid, on);
    t.equal(result.code, code, JSON.stringify([uid, off]));
    t.match(result.bad, [{ step, status: 'failed', remedy }], JSON.stringify([uid, off]));
  }
  t.equal((await report({}, ['--user', user, '--password-stdin'], 'user-secret-5001')).code, 0, 'and all are on again');
});

t.test('whatever the network does, the check comes to an end and says so', async (t) => {
  const relay = await Relay.start(upstream);
  t.teardown(() => relay.stop());
  const ca = join(folder, 'relay-ca.pem');
  writeFileSync(ca, relay.caPem);
  const times = { 'upstream.connectTime': '400ms', 'upstream.operationTime': '400ms' };
  const settings = { 'upstream.urls': relay.url, 'upstream.caFile': ca, ...times };
  const rows: [mode: Mode, step: string, code: number][] = [
    ['refuse', 'TCP', 1],
    ['hang in the handshake', 'TLS', 1],
    ['expired certificate', 'TLS', 1],
    ['certificate for another name', 'TLS', 1],
    ['hang', 'rootDSE', 1],
    ['reset in mid-answer', 'rootDSE', 1],
    ['garbage', 'rootDSE', 1],
    ['wrong message ids', 'rootDSE', 1],
    ['notice of disconnection', 'rootDSE', 1],
    ['reset at a bind', 'reader bind', 1],
    ['busy', 'reader bind', 1],
    ['unavailable', 'reader bind', 1],
    ['code 14', 'reader bind', 1],
  ];
  for (const [mode, step, code] of rows) {
    await relay.become(mode);
    const result = await report(settings);
    t.equal(result.code, code, mode);
    t.match(result.bad[0], { step, status: 'failed', remedy: /./ }, mode);
    t.ok(
      result.bad.every(({ remedy }) => !remedy?.includes('defect')),
      `${mode}: nothing that nobody thought of`,
    );
  }
  await relay.become('pass');
  t.match(await report({ 'upstream.urls': relay.url, 'upstream.caFile': ca }), { code: 0, bad: [] });
});

t.test('two people with one name or one address are a warning: it lets neither in', async (t) => {
  const twin = { givenName: 'A', sn: 'B', password: 'x', state: {} };
  upstream.addPerson({ ...twin, uid: 'Tavian.Bruskel', number: 91 });
  upstream.addToGroup('wayk-users', 'Tavian.Bruskel');
  t.teardown(() => upstream.removeFromGroup('wayk-users', 'Tavian.Bruskel'));
  const { code, bad } = await report({});
  t.equal(code, 0);
  const details = bad.filter(({ step }) => step === 'duplicates').map(({ detail }) => detail);
  t.equal(details.length, 2);
  t.match(details[0], /uid=tavian\.bruskel,.*; uid=Tavian\.Bruskel,.* have one name here/);
  t.match(details[1], /^mail tavian\.bruskel@example\.test belongs to several/);
  t.notOk(
    bad.some(({ detail }) => detail.includes('cannot be bound')),
    'they are reported once',
  );
});

t.test('a configuration that cannot be loaded ends with 2 and every fault of it', async (t) => {
  const { code, ok, steps } = await report({ 'upstream.orgId': '', 'upstream.reader.user': '' });
  t.equal(code, 2);
  t.notOk(ok);
  t.match(
    steps,
    [1, 2].map(() => ({ step: 'configuration', status: 'failed', remedy: /./ })),
  );
  t.match((await report({ 'upstream.orgId': 'acme' })).bad[0], { status: 'warning', detail: /acme/, remedy: /24/ });
  t.match(await command({}, ['--password-stdin']), { code: 2, err: /--user/ });
});

t.test('secrets that others can read are reported: in files, and among the arguments', async (t) => {
  const open = join(folder, 'open');
  writeFileSync(open, upstream.reader.password);
  for (const mode of [0o644, 0o666]) {
    chmodSync(open, mode);
    const { code, bad } = await report({ 'upstream.reader.passwordFile': open });
    t.equal(code, 0);
    t.match(bad, [
      {
        status: 'warning',
        detail: /passwordFile( \(--set.*\))?: is open to others/,
        remedy: /^chmod 640 \S+open, or 600/,
      },
    ]);
  }
  const { password } = upstream.reader;
  const given = { 'upstream.reader.passwordFile': '', 'upstream.reader.password': password };
  const { bad, steps } = await report(given);
  t.match(bad, [
    { detail: /reader\.password: was given with --set.*processes/, remedy: /set upstream\.reader\.passwordFile/ },
  ]);
  t.notMatch(JSON.stringify(steps), password);
});

t.test('ports: free, taken by another program, or ours', async (t) => {
  const port = await squat(t);
  const address = `127.0.0.1:${port}`;
  t.match(await report({ 'listen.ldap': address }), {
    code: 2,
    bad: [{ step: 'listen.ldap', detail: /taken by another program/, remedy: /ss -ltnp .*listen\.ldap/ }],
  });
  t.match(await report({ 'ops.http': address }), { code: 2, bad: [{ step: 'ops.http', remedy: /ops\.http/ }] });
  t.match(await report({ 'listen.ldap': '192.0.2.1:389' }), {
    bad: [{ status: 'warning' }, { detail: /no such address/ }],
  });
  const nowhere = { 'listen.ldapi.path': join(folder, 'no-such-folder', 'ldapi') };
  t.match(await report(nowhere), { code: 2, bad: [{ step: 'listen.ldapi', remedy: /folder/ }] });
  t.match(await report({ 'listen.ldapi.path': join(folder, 'password') }), { bad: [{ detail: /not a socket/ }] });
  t.same((await report({ 'listen.ldapi.path': join(folder, 'ldapi') })).bad, []);

  const { app, stop } = await startProxy(upstream, { ops: { http: '127.0.0.1:0' } });
  t.teardown(stop);
  const ours = { 'listen.ldap': new URL(app.ldapUrl ?? '').host, 'ops.http': new URL(app.opsUrl ?? '').host };
  const { code, steps } = await report(ours);
  t.equal(code, 0);
  t.match(
    steps.filter(({ detail }) => detail.includes('a Jumpgate is running')).map(({ step }) => step),
    ['listen.ldap', 'ops.http'],
  );
});

t.test('--user follows one user to the end, and tells it as the log would', async (t) => {
  const member = await report({}, ['--user', 'quillon.varrek@example.test']);
  t.equal(member.code, 0);
  t.match(member.steps.slice(-2), [
    {
      step: 'user',
      detail: /would be sent upstream as uid=quillon\.varrek,.*membership: a member according to the snapshot/,
    },
    { step: 'user', detail: /then finds 6 entries/ },
  ]);
  const bindsOf = () => upstream.bindNames.filter((name) => name.includes('quillon')).length;
  const before = bindsOf();
  t.equal((await report({}, ['--user', 'quillon.varrek'])).code, 0);
  t.equal(bindsOf(), before, 'nothing was sent for a user without a password');
  const right = await report({}, ['--user', 'quillon.varrek', '--password-stdin'], 'user-secret-5001\n');
  t.match(right.steps.at(-2), { status: 'ok', detail: /the password is accepted/ });
  t.notMatch(JSON.stringify(right), /user-secret/);
  t.match(await report({ 'local.search.users': 'none' }, ['--user', 'quillon.varrek']), {
    code: 0,
    bad: [{ step: 'user', status: 'warning', remedy: /local\.search\.users/ }],
  });

  const rows: [name: string, input: string, detail: RegExp, remedy: RegExp][] = [
    ['quillon.varrek', 'wrong', /49 invalidCredentials: wrong-password/, /Users › quillon\.varrek/],
    ['corvane.thessly', '', /49 .*: not-a-member/, /User Groups › wayk-users › Users › corvane\.thessly/],
    ['nobody', '', /49 .*: unknown-name/, /Users › nobody › Directories › JumpCloud LDAP/],
    ['cn=wayk-users,ou=Users,dc=jumpcloud,dc=com', '', /not-a-user-name/, /user DN pattern/],
  ];
  for (const [name, input, detail, remedy] of rows) {
    const { code, bad } = await report({}, ['--user', name, ...(input === '' ? [] : ['--password-stdin'])], input);
    t.equal(code, 4, name);
    t.match(bad, [{ step: 'user', status: 'failed', detail, remedy }], name);
  }
  const unread = await report({ 'group.name': 'nothing like it' }, ['--user', 'quillon.varrek']);
  t.match(unread.steps.at(-1), { step: 'user', status: 'skipped' });
});

t.test('as a shell runs it: lines on stdout, nothing on stderr, help with examples and exit codes', async (t) => {
  const good = await run(['check', ...settingsOf({})]);
  t.match(good, { code: 0, err: '', out: /All checks passed/ });
  const bad = await run(['check', ...settingsOf({ 'group.name': 'wayk-user' })]);
  t.match(bad, { code: 3, err: '', out: /✗ group .*\n.*→ Did you mean wayk-users\?.*\n[\s\S]*\n1 problem found\.\n$/ });
  const worse = await command({ 'group.name': 'wayk-user', 'listen.ldap': `127.0.0.1:${await squat(t)}` });
  t.match(worse, { code: 3, out: /\n2 problems found\.\n$/ });
  t.match(await run(['check', '--help']), { code: 0, out: /--user[\s\S]*jumpgate check --config[\s\S]*Exit codes: 0/ });
});

t.test('--support-bundle packs everything but secrets, of a running instance too', async (t) => {
  const proxy = await startProxy(upstream, { ops: { http: '127.0.0.1:0' } });
  t.teardown(() => proxy.stop());
  const client = await Client.open(proxy.url);
  t.equal((await client.bind('quillon.varrek', 'user-secret-5001')).code, 0);
  t.equal((await client.bind('quillon.varrek', 'a wrong one 4711')).code, 49);
  client.destroy();
  const file = join(folder, 'bundle.tar.gz');
  const { code, err } = await command({ 'ops.http': new URL(proxy.app.opsUrl ?? '').host }, ['--support-bundle', file]);
  t.equal(code, 0);
  t.match(err, /bundle\.tar\.gz/);
  t.equal(statSync(file).mode & 0o777, 0o600);
  const unpacked = (name: string) =>
    execFileSync('tar', ['-xzOf', file, `jumpgate-support/${name}`], { encoding: 'utf8' });
  t.match(JSON.parse(unpacked('versions.json')), { jumpgate: /./, node: process.versions.node });
  t.match(JSON.parse(unpacked('check.json')), [{ step: 'configuration', status: 'ok' }]);
  t.match(JSON.parse(unpacked('readyz.json')), { ready: true });
  t.match(unpacked('operations.json'), /wrong-password/);
  t.match(unpacked('metrics.txt'), /jumpgate_operations_total/);
  t.match(unpacked('configuration.yaml'), /orgId/);
  const all = execFileSync('tar', ['-xzOf', file], { encoding: 'utf8' });
  t.notMatch(all, /reader-secret|user-secret|a wrong one/);
});

t.test('--support-bundle of a configuration that cannot be loaded has its problems, and no secret', async (t) => {
  const file = join(folder, 'unloadable.tar.gz');
  const odd = { 'upstream.orgIdd': 'x', 'local.serviceAccounts': '[{dn: x, pasword: topsecret99}]' };
  const { code, err } = await command(odd, ['--support-bundle', file]);
  t.equal(code, 2);
  t.match(err, /^Written: .*unloadable\.tar\.gz/);
  const all = execFileSync('tar', ['-xzOf', file], { encoding: 'utf8' });
  t.match(all, /upstream\.orgIdd .*is not a setting[\s\S]*serviceAccounts\[0\]/);
  t.match(all, /"node": "v?[0-9]/);
  t.notMatch(all, /topsecret99|reader-secret/);
});

const app = (name: string, groups: readonly string[], more: object = {}) => {
  return { name, groups, local: { baseDN: `dc=${name}` }, ...more };
};

t.test('each app is checked: its groups, who gets in, its accounts, its listeners', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const account = { dn: 'cn=svc,dc=vault', password: 'x'.repeat(12) };
  const wiki = app('wiki', ['wayk-users', 'Engineering']);
  const vault = app('vault', ['VPN (Full Tunnel)'], { serviceAccounts: [account], listen: { ldap: '127.0.0.1:0' } });
  const good = await command({ apps: JSON.stringify([wiki, vault]) });
  t.equal(good.code, 0, good.out);
  t.match(good.out, /apps +wiki: \d+ may log in \(wayk-users: 9, Engineering: \d+\); no service account/);
  t.match(good.out, /apps +vault: \d+ may log in \(VPN \(Full Tunnel\): \d+\); service account cn=svc,dc=vault/);
  t.match(good.out, /listen\.ldap +127/);
  t.match(good.out, /apps\.vault\.listen\.ldap +127/);

  const partly = await report({ apps: JSON.stringify([app('wiki', ['wayk-users', 'nowhere']), vault]) });
  t.same(
    partly.steps.filter(({ status }) => status === 'failed'),
    [],
  );
  t.ok(partly.steps.some((one) => one.status === 'warning' && one.detail === 'wiki: there is no group nowhere'));
  const lost = { ...app('lost', ['nowhere']), listen: { ldap: `127.0.0.1:${port}` } };
  const faulty = await report({ apps: JSON.stringify([wiki, lost]) });
  t.equal(faulty.code, 3);
  const faults = faulty.steps.filter(({ status }) => status === 'failed');
  t.match(faults, [
    { step: 'apps', detail: 'lost: there is no group nowhere', remedy: /nowhere/ },
    { step: 'apps.lost.listen.ldap', detail: /taken by another program/, remedy: /apps\.lost\.listen\.ldap/ },
  ]);
  t.ok(
    faulty.steps.some(({ step, status }) => step === 'duplicates' && status === 'ok'),
    'the others are looked at',
  );
});

t.test('a user is followed into each of several apps, and the password is tried once', async (t) => {
  const wiki = app('wiki', ['wayk-users']);
  const files = app('files', ['Engineering']);
  const vault = app('vault', ['VPN (Full Tunnel)']);
  const settings = { apps: JSON.stringify([wiki, files, vault]) };
  const lines = async (args: readonly string[], input = '') => {
    const { code, out, err } = await command(settings, args, { input });
    return { code, err, lines: out.split('\n').filter((line) => /^. user +/.test(line)) };
  };
  const sentFor = () => upstream.bindNames.filter((name) => name.includes('quillon.varrek')).length;
  const before = sentFor();
  const both = await lines(['--user', 'quillon.varrek', '--password-stdin'], 'user-secret-5001');
  t.equal(both.code, 0);
  t.match(both.lines, [
    /✓ user +wiki: quillon\.varrek: the password is accepted/,
    /wiki: then finds/,
    /✓ user +files: quillon\.varrek/,
    /files: then finds/,
    /✓ user +vault: quillon\.varrek does not get in: not-a-member/,
  ]);
  t.equal(sentFor() - before, 1);
  const none = await lines(['--user', 'odrienne.faltz']);
  t.equal(none.code, 4, 'who gets into none');
  t.equal(none.lines.filter((line) => line.includes('✗')).length, 3);
  t.match(await lines(['--user', 'quillon.varrek', '--app', 'vault']), {
    code: 4,
    lines: [/✗ user +quillon\.varrek: 49 invalidCredentials: not-a-member/],
  });
  t.match(await lines(['--user', 'quillon.varrek', '--app', 'chat']), {
    code: 2,
    err: 'jumpgate: --app: there is no app "chat"; there is wiki, files, vault\nSee jumpgate --help.\n',
  });
  t.match(await lines(['--app', 'vault']), { code: 2, err: /--app goes with --user/ });
});
