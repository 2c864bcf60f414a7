// `jumpgate check` against a real OpenLDAP server that is laid out as JumpCloud's: its codes are the ones that the doctor uses.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { runCli } from '../../src/cli/cli.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { ORG_ID, READER } from '../../src/demo/people.js';
import { userDN } from '../../src/demo/tree.js';
import { likeJumpCloud, OpenLDAP, withoutOpenLDAP } from '../support/openldap.js';
import { printedJson } from '../support/schemas.js';

t.test('against OpenLDAP', { skip: withoutOpenLDAP }, async (t) => {
  const folder = t.testdir({ reader: READER.password, own: 'user-secret-5001', wrong: 'wrong' });
  for (const secret of ['reader', 'own', 'wrong']) chmodSync(join(folder, secret), 0o600);
  const contents = likeJumpCloud([]);
  const upstream = await OpenLDAP.start(folder, await makeAuthority(), contents);
  t.teardown(() => upstream.kill());
  const report = async (settings: Record<string, string>, ...args: string[]) => {
    const all = {
      'listen.ldap': '127.0.0.1:0',
      'upstream.urls': upstream.url,
      'upstream.caFile': upstream.caFile,
      'upstream.orgId': ORG_ID,
      'upstream.reader.dn': userDN(READER.uid),
      'upstream.reader.passwordFile': join(folder, 'reader'),
      'ops.http': 'false',
      ...settings,
    };
    const given = Object.entries(all).filter(([, value]) => value !== '');
    const set = given.flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const code = await runCli(['check', '--json', ...args, ...set], {
      env: {},
      stdin: new PassThrough(),
      stdout,
      stderr,
    });
    const { steps } = printedJson('check', String(stdout.read())) as {
      steps: { status: string; step: string; detail: string }[];
    };
    return { code, steps, bad: steps.filter(({ status }) => status === 'failed' || status === 'warning') };
  };

  const good = await report({}, '--user', 'quillon.varrek');
  t.match(good, { code: 0, bad: [] });
  t.match(good.steps.find(({ step }) => step === 'rootDSE')?.detail, /LDAPv3/);
  t.match(await report({ 'upstream.reader.passwordFile': join(folder, 'wrong') }), {
    code: 3,
    bad: [{ step: 'reader bind' }],
  });
  t.match(await report({ 'upstream.orgId': '60aa00aa00aa00aa00aa00aa' }), {
    code: 2,
    bad: [{ step: 'base', detail: /not there \(32\)/ }],
  });
  const blind = { 'upstream.reader.dn': userDN('quillon.varrek'), 'upstream.reader.passwordFile': join(folder, 'own') };
  t.match(await report(blind), { code: 3, bad: [{ step: 'base', detail: /success and nothing/ }] });
  t.match(await report({ 'group.name': 'wayk-user' }), {
    code: 3,
    bad: [{ step: 'group', detail: /there is: .*wayk-users/ }],
  });
  t.match(await report({}, '--user', 'corvane.thessly'), { code: 4, bad: [{ step: 'user', detail: /not-a-member/ }] });

  const clear = `ldap://localhost:${upstream.clearPort}`;
  const byStartTls = await report({ 'upstream.urls': clear, 'upstream.startTLS': 'true' });
  t.match(byStartTls, { code: 0, bad: [] });
  const detail = byStartTls.steps.find(({ step }) => step === 'TLS')?.detail ?? '';
  const [, key = ''] = /by StartTLS, key (\S{44}),/.exec(detail) ?? [];
  t.match(await report({ 'upstream.tls.pin': key }), { code: 0, bad: [] });
  t.match(await report({ 'upstream.tls.pin': Buffer.alloc(32).toString('base64') }), {
    code: 1,
    bad: [{ step: 'TLS', detail: /is not one of upstream\.tls\.pin/, remedy: /somebody may be intercepting/ }],
  });

  // The switch of the console, for somebody beside the reader.
  await upstream.kill();
  const uid = `uid:: ${Buffer.from('tavian.bruskel').toString('base64')}`;
  const ldif = contents.ldif.replace(uid, `${uid}\njcLdapAdmin: TRUE`);
  const generous = await OpenLDAP.start(t.testdir(), await makeAuthority(), { ...contents, ldif });
  t.teardown(() => generous.kill());
  t.match(
    await report({
      'upstream.urls': generous.url,
      'upstream.caFile': generous.caFile,
      'upstream.reader.passwordFile': '',
      'upstream.reader.password': READER.password,
    }),
    {
      code: 0,
      bad: [
        { step: 'configuration', status: 'warning' },
        { step: 'members', status: 'warning', detail: /tavian\.bruskel/, remedy: /MFA policies/ },
      ],
    },
  );
});
