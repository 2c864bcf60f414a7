// The command line as a shell sees it: results on stdout, complaints on stderr, exit codes that mean something.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { verifyHash } from '../../src/config/password-hash.js';
import { Client } from '../support/client.js';
import { run, start } from '../support/command.js';
import { eventually } from '../support/proxy.js';
import { printedJson } from '../support/schemas.js';

const ORG = '5f1c0a9e7b3d4c2a8e6f9d10';
const folder = t.testdir({ password: 'hunter2-of-the-reader' });
const file = join(folder, 'jumpgate.yaml');
writeFileSync(
  file,
  `upstream:\n  orgId: ${ORG}\n  reader: { user: ldap-reader, passwordFile: ${join(folder, 'password')} }\n`,
);

t.test('--version and --help answer; help has examples for each way of use', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  t.same(await run(['--version']), { code: 0, signal: null, out: `${version}\n`, err: '' });
  const help = await run(['--help']);
  t.equal(help.code, 0);
  for (const word of ['serve', 'demo', 'check', 'config', 'hash', 'healthcheck', 'jumpgate demo', '--config'])
    t.ok(help.out.includes(word), word);
  t.equal((await run(['serve', '--help'])).code, 0);
});

t.test('wrong usage ends with 2 and says what is wrong on stderr', async (t) => {
  for (const [args, complaint] of [
    [[], /Which command/],
    [['sreve'], /Did you mean serve|Unknown/],
    [['serve', '--prot', '1'], /prot/],
    [['config', '--set', 'nonsense'], /log\.level=debug/],
    [['config', '--config', join(folder, 'nowhere.yaml')], /nowhere\.yaml: cannot be read/],
    [['serve', '--set', 'upstream.orgid=x'], /Did you mean orgId/],
  ] as const) {
    const { code, out, err } = await run(args);
    t.equal(code, 2, args.join(' '));
    t.equal(out, '');
    t.match(err, complaint);
  }
});

t.test('config prints what is in effect and hides secrets; --schema is a JSON Schema', async (t) => {
  const yaml = await run(['config', '--config', file, '--set', 'group=vpn']);
  t.equal(yaml.code, 0);
  t.match(yaml.out, /name: vpn/);
  t.match(yaml.out, /refresh: 30s/);
  t.notMatch(yaml.out, /hunter2/);
  const json = await run(['config', '--config', file, '--json']);
  t.match(printedJson('config', json.out), {
    upstream: { orgId: ORG, reader: { passwordFile: join(folder, 'password') } },
  });
  const schema = JSON.parse((await run(['config', '--schema'])).out) as Record<string, unknown>;
  t.match(schema, { type: 'object', properties: { upstream: { properties: { orgId: { type: 'string' } } } } });
});

t.test('hash makes a hash of what comes on standard input', async (t) => {
  const { code, out, err } = await run(['hash'], { input: 'pässword\n' });
  t.equal(code, 0);
  t.equal(err, '');
  t.ok(await verifyHash(out.trim(), Buffer.from('pässword')));
  const empty = await run(['hash']);
  t.equal(empty.code, 2);
  t.match(empty.err, /standard input/);
});

t.test('demo prints lines that work, serves them, and ends with 0 on SIGTERM', async (t) => {
  const demo = start(['demo', '--port', '0', '--ops-port', '0']);
  await eventually(() => demo.out().includes('Ctrl-C'));
  t.notMatch(demo.out(), /\u001b/, 'no colours where there is no terminal');
  const url = /ldap:\/\/127\.0\.0\.1:[0-9]+/.exec(demo.out())?.[0] ?? '';
  const lines = demo.out().match(/^ {2}ldap(search|whoami) .*$/gm) ?? [];
  t.ok(lines.length >= 3);
  t.ok(lines.every((line) => line.includes(url)));
  const ops = /http:\/\/127\.0\.0\.1:[0-9]+/.exec(demo.out())?.[0] ?? '';
  t.equal((await run(['healthcheck', '--url', ops])).code, 0);
  await eventually(async () => (await run(['healthcheck', '--ready', '--url', ops])).code === 0);
  const client = await Client.open(url);
  t.equal((await client.bind('quillon.varrek', 'user-secret-5001')).code, 0);
  await eventually(() => /bind quillon\.varrek {2}→ 0 success/.test(demo.out()));
  const explained = demo
    .out()
    .matchAll(/printf %s (\S+) \| node \S*main\.js (explain (\S+) --password-stdin --url \S+)$/gm);
  const codes: Record<string, number | null> = {};
  for (const [, password = '', words = '', uid = ''] of explained) {
    codes[uid] = (await run(words.split(' '), { input: password })).code;
  }
  const people = ['emrick.solvane', 'daxon.wyrmell', 'philo.estrande', 'yselda.mornwick'];
  t.same(codes, Object.fromEntries(people.map((uid) => [uid, 4])), 'each is refused');
  t.equal((await client.bind('yselda.mornwick', 'user-secret-5004,123456')).code, 0, 'and gets in with the code');
  t.notMatch(demo.out().split('Ctrl-C')[1], /user-secret/);
  demo.child.kill('SIGTERM');
  const { code } = await demo.finished;
  t.equal(code, 0);
  await client.closed();
});

t.test(
  'serve starts while the upstream is away, logs JSON, drains at the first signal and ends at the second (R101, R102)',
  async (t) => {
    const env = {
      JUMPGATE_UPSTREAM_ORG_ID: ORG,
      JUMPGATE_UPSTREAM_URLS: 'ldaps://127.0.0.1:1',
      JUMPGATE_UPSTREAM_READER_USER: 'ldap-reader',
      JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: join(folder, 'password'),
      JUMPGATE_LISTEN_LDAP: '127.0.0.1:0',
      JUMPGATE_OPS_HTTP: '127.0.0.1:0',
    };
    const first = start(['serve'], { env });
    await eventually(() => first.out().includes('listening'));
    const lines = () =>
      first
        .out()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const listening = lines().find(({ msg }) => msg === 'listening');
    const client = await Client.open(String(listening?.ldap));
    t.equal((await client.bind(`uid=x,ou=Users,o=${ORG},dc=jumpcloud,dc=com`, 'x')).code, 52);
    t.equal((await run(['healthcheck', '--url', String(listening?.ops)])).code, 0, 'alive');
    const ready = await run(['healthcheck', '--ready', '--url', String(listening?.ops)]);
    t.equal(ready.code, 1, 'but not ready');
    t.match(ready.err, /503/);
    await eventually(() => lines().some(({ msg, reason }) => msg === 'bind' && reason === 'no-snapshot'));
    first.child.kill('SIGTERM');
    t.equal((await first.finished).code, 0);
    t.match(client.received.at(-1), { messageID: 0, op: { responseName: '1.3.6.1.4.1.1466.20036' } });
    t.notMatch(first.out(), /hunter2/);

    const second = start(['serve'], { env: { ...env, JUMPGATE_UPSTREAM_OPERATION_TIME: '60s' } });
    await eventually(() => second.out().includes('listening'));
    second.child.kill('SIGINT');
    second.child.kill('SIGTERM');
    t.ok([0, 130, 143].includes((await second.finished).code ?? -1));
  },
);

t.test('a port that is taken is said with its remedy, and ends with 1', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const { port } = taken.address() as { port: number };
  const { code, err } = await run([
    'serve',
    '--config',
    file,
    '--set',
    `listen.ldap=127.0.0.1:${port}`,
    '--set',
    'ops.http=false',
  ]);
  t.equal(code, 1);
  t.match(err, new RegExp(`127\\.0\\.0\\.1:${port}.*in use.*listen\\.ldap`));
});

t.test('healthcheck finds the port in file and environment, and says why it fails', async (t) => {
  const { code, err } = await run(['healthcheck'], { env: { JUMPGATE_OPS_HTTP: '127.0.0.1:1' } });
  t.equal(code, 1);
  t.match(err, /http:\/\/127\.0\.0\.1:1\/healthz.*ECONNREFUSED/);
  t.equal((await run(['healthcheck', '--url', 'nonsense'])).code, 1);
});
