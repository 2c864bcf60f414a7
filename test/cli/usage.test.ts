// What the command line says of mistakes: what was meant, which key, and what to do; in words, and not in a library's.
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { startFault } from '../../src/cli/start-fault.js';
import { OPTIONS } from '../../src/cli/usage-hint.js';
import { ConfigError, loadConfig } from '../../src/config/load.js';
import { run, start } from '../support/command.js';
import { eventually } from '../support/proxy.js';

const folder = t.testdir({ password: 'x' });
const UPSTREAM = { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'ldap-reader', password: 'reader-password' } };
const COMMANDS = [
  'serve',
  'demo',
  'check',
  'explain',
  'config',
  'recipe',
  'apps',
  'completion',
  'hash',
  'healthcheck',
  'purge',
  'fleet',
  'watch',
];

t.test('an argument in the wrong place or misspelt says what was meant', async (t) => {
  for (const [args, hint] of [
    [['check', 'five.yaml'], /Unknown argument: five\.yaml\. Did you mean --config five\.yaml\?/],
    [['check', '--conifg', 'five.yaml'], /^jumpgate: Unknown argument: conifg\. Did you mean --config\?$/m],
    [['serve', '--confg=five.yaml'], /Did you mean --config\?/],
    [['serve', 'upstream.orgId=x'], /Did you mean --set upstream\.orgId=x\?/],
    [['watch', '--raeson', 'x'], /Did you mean --reason\?/],
    [['check', '--pasword-stdin'], /Did you mean --password-stdin\?/],
    [['demo', '--set', 'ops.http=false'], /Unknown argument: set\. Other commands have --set, this one does not$/m],
    [['serve', '--zzzzzzzz', '1'], /^jumpgate: Unknown argument: zzzzzzzz$/m],
  ] as const) {
    const { code, err } = await run(args);
    t.equal(code, 2, args.join(' '));
    t.match(err, hint, args.join(' '));
  }
});

t.test('the options that are hinted at are those of the commands', async (t) => {
  const helps = await Promise.all(COMMANDS.map((command) => run([command, '--help'])));
  const found = helps.flatMap(({ out }) => [...out.matchAll(/^ +(?:-h, )?--([a-z-]+)/gm)].map(([, name]) => name!));
  t.same([...new Set(found)].sort(), [...OPTIONS].sort());
});

t.test('each error says what to write, and all are reported together (R104)', async (t) => {
  const LIBRARY = /Invalid|expected|received|ZodError|Too small|undefined|\[object/;
  const told = (flags: Record<string, unknown>) => {
    try {
      loadConfig({ env: {}, flags: { upstream: UPSTREAM, ...flags } });
    } catch (error) {
      if (error instanceof ConfigError) return error.message.split('\n').slice(1);
    }
    return [];
  };
  for (const [flags, text] of [
    [{ listen: { ldap: '127.0.0.1:99999' } }, /listen\.ldap = "127\.0\.0\.1:99999".*ports go up to 65535/],
    [{ listen: { ldap: 99_999 } }, /listen\.ldap = 99999.*ports go up to 65535/],
    [{ listen: { ldap: '::1:1389' } }, /brackets.*"\[::1\]:1389"/],
    [{ listen: { ldap: 'localhost' } }, /address with its port, such as 127\.0\.0\.1:1389/],
    [{ listen: { ldap: 'ldap://127.0.0.1:1389' } }, /is a URL/],
    [{ ops: { http: true } }, /ops\.http.*127\.0\.0\.1:1389, or false/],
    [{ directory: { refresh: 30 } }, /directory\.refresh = 30.*must be a duration.*Did you mean 30s\?/],
    [{ directory: { refresh: '30' } }, /Did you mean 30s\?/],
    [{ group: ['wayk-users'] }, /group = \["wayk-users"\].*must be a name, such as wayk-users/],
    [{ local: { groupClasses: ['group'] } }, /local\.groupClasses\[0\] = "group".*must be one of groupOfNames, /],
    [{ local: { names: 'uid,email' } }, /local\.names\[1\] = "email".*must be one of uid, mail/],
    [{ log: { level: 'inf' } }, /Did you mean info\?/],
    [{ log: 'info' }, /log = "info".*Its keys are level, format, audit/],
    [{ listen: { requireTls: 'yes' } }, /listen\.requireTls.*true or false/],
    [{ listen: { limits: { connections: 0 } } }, /must be .*1 or more/],
    [{ listen: { limits: { connections: '0x10' } } }, /must be a whole number/],
    [{ listen: { limits: { messageBytes: '1 MB' } } }, /must be a size such as/],
    [{ listen: { ldapi: { mode: 600 } } }, /file mode in quotes/],
    [{ listen: { tls: { certFile: 'x' } } }, /listen\.tls\.keyFile.*is missing/],
    [{ upstream: { ...UPSTREAM, orgId: 5 } }, /upstream\.orgId.*put it in quotes/],
    [{ upstream: { ...UPSTREAM, urls: 'ldap.jumpcloud.com:636' } }, /Write it like ldaps:\/\/ldap\.jumpcloud\.com:636/],
    [{ binds: { zzzzzzzzzzz: 1 } }, /binds\.zzzzzzzzzzz.*The keys here are cache, /],
    [{ orgId: 'x' }, /orgId.*Did you mean upstream\.orgId\?/],
  ] as const) {
    const lines = told(flags);
    t.equal(lines.length, 1, `${JSON.stringify(flags)}: ${lines.join(' | ')}`);
    t.match(lines[0], text);
    t.notMatch(lines[0], LIBRARY);
  }
  const all = told({
    local: { baseDN: 'example.com', names: ['sam'], groupClasses: ['group'] },
    listen: { tls: { certFile: 'x' }, ldaps: '127.0.0.1:636', requireTls: true },
    directory: { refresh: '2h', membershipAge: 'x' },
    ops: { http: '0.0.0.0:1', tokenFile: 5 },
  });
  t.same(
    all.map((line) => /^ *([\w.[\]]+)/.exec(line)?.[1]).sort(),
    [
      ...['directory.membershipAge', 'listen.tls.keyFile', 'local.baseDN', 'local.groupClasses[0]', 'local.names[0]'],
      'ops.tokenFile',
    ],
    'and nothing that only follows from another fault',
  );
  t.match(loadConfig({ env: {}, flags: { upstream: UPSTREAM, listen: { ldap: 1390 } } }).listen.ldap, {
    ...{ host: '127.0.0.1', port: 1390 },
  });
});

t.test('a YAML error gives the line and what is wrong there, and quotes nothing (R98)', async (t) => {
  const file = join(folder, 'faulty.yaml');
  for (const [text, told] of [
    ['upstream:\n  orgId: hunter2\nupstream: { }\n', /line 3.*same key as line 1/],
    ['a: 1\n# hunter2\nlisten: hunter2\nlisten: hunter2', /line 4.*same key as line 3/],
    ['upstream:\n\torgId: hunter2', /line 2.*tab.*Indent with spaces/],
    ['password: hunter2: hunter2', /line 1.*two keys on one line/],
    ['upstream: { orgId: hunter2', /bracket is not closed/],
    ['password: "hunter2', /before a quote or bracket is closed/],
    ['password: @hunter2', /Put the value in quotes/],
    ['group: hunter2\n---\ngroup: x', /line 2.*second document/],
    ['password: *hunter2', /Quote a value that begins with \*/],
    ['hunter2', /has no keys/],
  ] as const) {
    writeFileSync(file, text);
    const { code, err } = await run(['config', '--config', file]);
    t.equal(code, 2);
    t.match(err, told, text);
    t.notMatch(err, /hunter2/, text);
  }
  t.match((await run(['config', '--config', folder])).err, /cannot be read: it is a folder/);
});

t.test('a start that fails names the key of the listener that did', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const config = join(folder, 'jumpgate.yaml');
  const { orgId } = UPSTREAM;
  writeFileSync(config, `upstream: { orgId: ${orgId}, reader: { user: r, passwordFile: password } }\n`);
  const serve = async (...set: string[]) =>
    (await run(['serve', '--config', config, ...set.flatMap((one) => ['--set', one])])).err;
  const free = 'listen.ldap=127.0.0.1:0';
  t.match(await serve(free, `ops.http=127.0.0.1:${port}`), /in use.*ss -ltnp.*another port \(ops\.http\)$/m);
  t.match(await serve('listen.ldap=nowhere.invalid:1389', 'ops.http=false'), /nowhere\.invalid.*\(listen\.ldap\)/);
  t.match(
    await serve('listen.ldap=192.0.2.1:1389', 'ops.http=false'),
    /no such address \(listen\.ldap\)|EADDRNOTAVAIL/,
  );
  const socket = (path: string) => serve('listen.ldap=false', 'ops.http=false', `listen.ldapi.path=${path}`);
  t.match(await socket(join(folder, 'nowhere', 'ldapi')), /there is no folder .*nowhere.*\(listen\.ldapi\.path\)/);
  mkdirSync(join(folder, 'closed'), { mode: 0o500 });
  const path = join(folder, 'closed', 'ldapi');
  const error = Object.assign(new Error('x'), { code: 'EACCES', syscall: 'listen', address: path, port: -1 });
  const configOf = (settings: object) => loadConfig({ env: {}, flags: { upstream: UPSTREAM, ...settings } });
  t.match(
    startFault(error, configOf({ listen: { ldapi: { path } } })),
    /user \d+ may not write to .*closed.*\(listen\.ldapi\.path\)/,
  );
  const app = (name: string, listen?: object) => {
    return { name, groups: ['crew'], local: { baseDN: `dc=${name}` }, ...(listen && { listen }) };
  };
  const apps = [app('wiki'), app('hosts', { ldap: '127.0.0.1:24401' }), app('backup', { ldapi: { path } })];
  const several = configOf({ apps, ops: { http: false } });
  t.match(startFault(error, several), /may not write to .*\(apps\.backup\.listen\.ldapi\.path\)/);
  const inUse = { code: 'EADDRINUSE', syscall: 'listen', address: '127.0.0.1', port: 24401 };
  t.match(
    startFault(Object.assign(new Error('x'), inUse), several),
    /in use.*another port \(apps\.hosts\.listen\.ldap\)$/,
  );
  const unknown = startFault(
    Object.assign(new Error('x'), { ...inUse, port: 24402 }),
    configOf({ apps: apps.slice(1) }),
  );
  t.notMatch(unknown, /[^.]listen\.ldap/, 'a listener that is not opened is not named');
  const demo = await run(['demo', '--port', String(port), '--ops-port', '0']);
  t.match([demo.code, demo.err], [1, /in use.*jumpgate demo --port 1390 --ops-port 9390/]);
});

t.test('a bundle that cannot be written names the option', async (t) => {
  const config = join(folder, 'jumpgate.yaml');
  const file = join(folder, 'nowhere', 'b.tgz');
  const args = ['check', '--config', config, '--set', 'upstream.urls=ldaps://127.0.0.1:1', '--support-bundle', file];
  const { code, err } = await run(args);
  t.equal(code, 1);
  t.match(err, /^jumpgate: --support-bundle .*b\.tgz: cannot be written: /);
});

t.test('the human-readable log has a place for a login that an explanation tried', async (t) => {
  const demo = start(['demo', '--port', '0', '--ops-port', '0']);
  await eventually(() => demo.out().includes('Ctrl-C'));
  const url = /http:\/\/127\.0\.0\.1:[0-9]+/.exec(demo.out())?.[0] ?? '';
  const options = { input: 'user-secret-5001' };
  t.equal((await run(['explain', 'quillon.varrek', '--password-stdin', '--url', url], options)).code, 0);
  await eventually(() => /explain quillon\.varrek .*from the ops port/.test(demo.out()));
  t.notMatch(demo.out(), /undefined/);
  demo.child.kill('SIGTERM');
  await demo.finished;
});
