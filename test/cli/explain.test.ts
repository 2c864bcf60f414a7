// `jumpgate explain` as a shell runs it: alone and against a running instance, with exit codes that mean something.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { run } from '../support/command.js';
import { BASE, startProxy, userDN } from '../support/proxy.js';
import { printedJson } from '../support/schemas.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());
const folder = t.testdir({ password: upstream.reader.password });
const caFile = join(folder, 'ca.pem');
writeFileSync(caFile, upstream.caPem);

const PASSWORD = 'user-secret-5001';

/** A configuration file whose ops port is this one. */
function configuration(name: string, ops: string): string {
  const file = join(folder, name);
  writeFileSync(
    file,
    `listen: { ldap: 127.0.0.1:0 }
upstream:
  urls: [${upstream.url}]
  caFile: ${caFile}
  orgId: ${upstream.orgId}
  reader: { user: ldap-reader, passwordFile: ${join(folder, 'password')} }
local: { baseDN: "${BASE}" }
ops: { http: ${ops} }
`,
  );
  return file;
}
const nobodyThere = configuration('alone.yaml', '127.0.0.1:1');
const explain = (args: readonly string[], input = '') => run(['explain', ...args], { input });

t.test('alone it reads the upstream itself, and shows values of the entry that was expected', async (t) => {
  const member = await explain(['quillon.varrek', '--config', nobodyThere]);
  t.match(member, {
    code: 0,
    err: '',
    out: /membership +a member according to the snapshot[\s\S]*would be sent upstream/,
  });
  t.notMatch(member.out, /\u001b/);
  const stranger = await explain(['corvane.thessly', '--config', nobodyThere, '--json']);
  t.equal(stranger.code, 4);
  t.match(printedJson('explain', stranger.out), {
    kind: 'bind',
    answer: { code: 49 },
    why: { reason: 'not-a-member' },
  });
  const filter = await explain(['(&(uid=q*)(mail=x@y))', '--entry', 'quillon.varrek', '--config', nobodyThere]);
  t.match(filter, { code: 4, out: /\(mail=x@y\) FALSE \(it has quillon\.varrek@example\.test\)/ });
  t.match(await explain(['(uid=quillon.varrek)', '--config', nobodyThere]), {
    code: 0,
    out: /index +uid: at most 1 of 16/,
  });
  t.match(await explain(['(uid=*)', '--as', 'quillon.varrek', '--config', nobodyThere]), { code: 0, out: /found 1/ });
});

t.test('--app names the one that is asked about, and none that is not there', async (t) => {
  const args = ['quillon.varrek', '--config', nobodyThere];
  t.match(await explain([...args, '--app', 'default']), {
    code: 0,
    out: /membership +a member according to the snapshot/,
  });
  t.match(await explain([...args, '--app', 'wiki']), {
    code: 2,
    out: '',
    err: 'jumpgate: --app: there is no app "wiki"; there is default\nSee jumpgate --help.\n',
  });
});

t.test('the remedy names the groups of the app that is asked about', async (t) => {
  const config = configuration('apps.yaml', '127.0.0.1:1');
  const apps = [
    { name: 'wiki', groups: ['Finance'], local: { baseDN: 'dc=wiki' } },
    { name: 'chat', groups: ['Engineering', 'VPN (Full Tunnel)'], local: { baseDN: 'dc=chat' } },
  ];
  writeFileSync(config, readFileSync(config, 'utf8').replace(/^local: .*$/m, `apps: ${JSON.stringify(apps)}`));
  const ask = async (app: string) => (await explain(['tavian.bruskel', '--config', config, '--app', app])).out;
  t.match(await ask('wiki'), /not-a-member[\s\S]*User Groups › Finance › Users › tavian\.bruskel/);
  t.match(await ask('chat'), /not-a-member[\s\S]*User Groups › Engineering \(or VPN \(Full Tunnel\)\) › Users/);
});

t.test('with a password on standard input it is tried, and not shown', async (t) => {
  const args = [userDN('quillon.varrek'), '--config', nobodyThere, '--password-stdin'];
  t.match(await explain(args, `${PASSWORD}\n`), { code: 0, out: /password +accepted upstream[\s\S]*→ 0 success/ });
  const wrong = await explain(args, 'wrong-secret\n');
  t.match(wrong, { code: 4, out: /49 invalidCredentials: wrong-password[\s\S]*Users › quillon\.varrek/ });
  t.notMatch(wrong.out + wrong.err, /wrong-secret/);
  t.match(await explain(args, ''), { code: 4, out: /empty-password/ });
});

t.test('what cannot be asked ends with 1, wrong usage with 2', async (t) => {
  const astray = ['quillon.varrek', '--config', nobodyThere, '--set', 'upstream.urls=ldaps://127.0.0.1:1'];
  t.match(await explain(astray), { code: 1, out: /no-snapshot[\s\S]*ECONNREFUSED[\s\S]*firewall/ });
  t.match(await explain(['a', '--url', 'http://127.0.0.1:1']), { code: 1, out: '', err: /ECONNREFUSED/ });
  for (const [args, complaint] of [
    [['ada', '--entry', 'x'], /go with a filter/],
    [['(uid=a)', '--password-stdin'], /needs no password/],
    [[], /Not enough/],
    [['a', '--config', join(folder, 'nowhere.yaml')], /nowhere\.yaml/],
  ] as const)
    t.match(await explain(args), { code: 2, out: '', err: complaint }, args.join(' '));
  t.match(await explain(['(uid=*', '--config', nobodyThere]), { code: 2, out: /\^\n.*is expected/ });
  const help = await explain(['--help']);
  t.match(help, { code: 0, out: /jumpgate explain ada[\s\S]*Exit codes/ });
});

t.test(
  'a running instance is asked where the configuration says, and a password only where it is sent on purpose',
  async (t) => {
    const { app, log, stop } = await startProxy(upstream, { ops: { http: '127.0.0.1:0' } });
    t.teardown(stop);
    const url = app.opsUrl ?? '';
    const file = configuration('running.yaml', new URL(url).host);
    const asked = await explain(['(uid=q*)', '--entry', 'quillon.varrek', '--config', file]);
    t.match(asked, { code: 0, err: /asked the instance at http:\/\/127\.0\.0\.1/, out: /\(uid=q\*\) TRUE\n/ });
    t.match(await explain(['(uid=q*)', '--alone', '--config', file]), { code: 0, err: '' });
    t.match(await explain(['quillon.varrek', '--url', url]), { code: 0, err: '' });
    const explained = () => log.filter((line) => line.includes('"msg":"explain"'));
    t.equal((await explain(['quillon.varrek', '--config', file, '--password-stdin'], PASSWORD)).code, 0);
    t.same(explained(), [], 'it was not sent to a port that was not named');
    t.equal((await explain(['quillon.varrek', '--url', url, '--password-stdin'], PASSWORD)).code, 0);
    t.match(explained(), [/"user\.name":"quillon\.varrek".*"reason":"ok"/]);
  },
);

t.test('somebody else on the ops port is let alone', async (t) => {
  const bodies: string[] = [];
  const stranger = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
    request.on('end', () => response.writeHead(404).end('{}'));
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  t.teardown(() => stranger.close());
  const { port } = stranger.address() as { port: number };
  const file = configuration('stranger.yaml', `127.0.0.1:${port}`);
  t.match(await explain(['quillon.varrek', '--config', file]), {
    code: 0,
    err: '',
    out: /a member according to the snapshot/,
  });
  t.same(bodies, ['{}'], 'it learned nothing');
});
