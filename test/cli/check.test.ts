// `jumpgate check`: each thing broken in turn, the first failure named with its remedy.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { runCli } from '../../src/cli/cli.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { answering, FakeUpstream, testAuthority } from '../support/fake-upstream.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());
const folder = t.testdir({ password: upstream.reader.password });
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, upstream.caPem);
const localhost = `ldaps://localhost:${upstream.port}`;

interface Report {
  readonly ok: boolean;
  readonly steps: readonly { step: string; ok: boolean; detail: string; remedy?: string }[];
}

async function command(settings: Record<string, string>, ...args: string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const all = {
    'upstream.urls': localhost,
    'upstream.caFile': caFile,
    'upstream.orgId': upstream.orgId,
    'upstream.reader.user': 'ldap-reader',
    'upstream.reader.passwordFile': join(folder, 'password'),
    ...settings,
  };
  const set = Object.entries(all)
    .filter(([, value]) => value !== '')
    .flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const code = await runCli(['check', ...args, ...set], { env: {}, stdin: new PassThrough(), stdout, stderr });
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

async function report(settings: Record<string, string>): Promise<Report & { code: number }> {
  const { code, out } = await command(settings, '--json');
  return { code, ...(JSON.parse(out) as Report) };
}

t.test('everything in order: one line a step, exit code 0', async (t) => {
  const { code, out, err } = await command({});
  t.equal(code, 0);
  t.equal(err, '');
  const steps = out.match(/^✓ \S+( \S+)?/gm);
  t.same(
    steps?.map((line) => line.slice(2).trim()),
    ['configuration', 'DNS', 'TCP', 'TLS', 'reader bind', 'base', 'group', 'members'],
  );
  t.match(out, /valid for [0-9]+ more days/);
  t.match(out, /wayk-users has 9 members/);
  t.match(out, /Everything is in order\.\n$/);
  t.notMatch(out, /\u001b|reader-secret/);
  t.match(await report({}), { code: 0, ok: true });
  t.match((await command({ 'group.everyone': 'true' })).out, /everybody/);
});

t.test('each thing broken in turn is named, with its remedy, and ends with 1', async (t) => {
  const gone = await FakeUpstream.start(answering(0));
  await gone.stop();
  const { issue } = await testAuthority();
  const otherName = await FakeUpstream.start(answering(0), { certificate: await issue(['ldap.example.org']) });
  const expired = await FakeUpstream.start(answering(0), {
    certificate: await issue(['localhost'], new Date(Date.now() - 86_400_000)),
  });
  const clear = await FakeUpstream.start(answering(0), { cleartext: true });
  t.teardown(() => Promise.all([otherName.stop(), expired.stop(), clear.stop()]));
  const fakeCa = join(folder, 'fake-ca.pem');
  writeFileSync(fakeCa, otherName.caPem);
  const strangerCa = join(folder, 'stranger.pem');
  writeFileSync(strangerCa, (await makeAuthority()).caPem);
  writeFileSync(join(folder, 'wrong'), 'wrong');

  const rows: [name: string, settings: Record<string, string>, step: string, remedy: RegExp][] = [
    ['a name nobody knows', { 'upstream.urls': 'ldaps://ldap.invalid' }, 'DNS', /upstream\.urls/],
    ['nobody there', { 'upstream.urls': gone.url }, 'TCP', /firewall/],
    ['another authority', { 'upstream.caFile': strangerCa }, 'TLS', /upstream\.caFile/],
    ['no authority', { 'upstream.caFile': '' }, 'TLS', /upstream\.caFile/],
    [
      'another name',
      { 'upstream.urls': otherName.url, 'upstream.caFile': fakeCa },
      'TLS',
      /name is in the certificate/,
    ],
    ['an expired certificate', { 'upstream.urls': expired.url, 'upstream.caFile': fakeCa }, 'TLS', /clock/],
    [
      'no TLS at all',
      { 'upstream.urls': `ldaps://localhost:${clear.port}`, 'upstream.connectTime': '300ms' },
      'TLS',
      /upstream/,
    ],
    ['another password', { 'upstream.reader.passwordFile': join(folder, 'wrong') }, 'reader bind', /LDAP Bind DN/],
    ['another organisation', { 'upstream.orgId': '60aa00aa00aa00aa00aa00aa' }, 'reader bind', /LDAP Bind DN/],
    [
      'a reader that may not read',
      { 'upstream.reader.user': 'quillon.varrek', 'upstream.reader.passwordFile': join(folder, 'own') },
      'group',
      /LDAP Bind DN/,
    ],
    ['another group', { group: 'no-such-group' }, 'group', /User Groups › no-such-group/],
  ];
  writeFileSync(join(folder, 'own'), 'user-secret-5001');
  for (const [name, settings, step, remedy] of rows) {
    const { code, ok, steps } = await report(settings);
    t.equal(code, 1, name);
    t.notOk(ok);
    t.match(steps.at(-1), { step, ok: false, remedy }, name);
    t.ok(
      steps.slice(0, -1).every((one) => one.ok),
      'and it is the first failure',
    );
  }
});

t.test('a group that lost its last member fails, and so does a configuration that cannot be loaded', async (t) => {
  for (const uid of ['corvane.thessly', 'liora.penhadrin']) upstream.removeFromGroup('Finance', uid);
  t.match(await report({ group: 'Finance' }), { code: 1, steps: /./ });
  const { code, ok, steps } = await report({ 'upstream.orgId': '', 'upstream.reader.user': '' });
  t.equal(code, 1);
  t.notOk(ok);
  t.same(
    steps.map(({ step }) => step),
    ['configuration', 'configuration'],
    'every fault of it',
  );
});
