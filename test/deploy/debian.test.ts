// The Debian package: what is in it, that lintian is content, and that it is installed, run by systemd, removed and purged in a fresh Debian.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { need, run } from '../conformance/packages.js';
import { freePort } from '../support/ports.js';
import { eventually, userDN } from '../support/proxy.js';
import { boot, type Debian, makeDebian, nfpm, withoutDebian, withoutNamespaces } from './debian.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SERVICE = 'jumpgate.service';
const SOCKETS = ['jumpgate.socket', 'jumpgate-ldaps.socket', 'jumpgate-ldapi.socket'];
const WATCHDOG = ['jumpgate-watchdog.service', 'jumpgate-watchdog.timer'];
const UNITS = [SERVICE, ...SOCKETS, ...WATCHDOG];
const ALICE = ['-D', userDN('quillon.varrek'), '-w', 'user-secret-5001'];

const folder = mkdtempSync(join(tmpdir(), 'jumpgate-debian-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** Built by another umask, at another time. */
async function build(name: string, umask: string): Promise<string> {
  const script = `umask ${umask}; exec "$0" --import=tsx deploy/debian/build.ts "$1"`;
  const env = { NFPM: await nfpm(), SOURCE_DATE_EPOCH: '1764000000' };
  await need('sh', ['-c', script, process.execPath, join(folder, name)], { cwd: ROOT, env });
  const [made] = readdirSync(join(folder, name));
  return join(folder, name, made!);
}

/** Everything in it, without what apt and dpkg write down of their work. */
async function files({ run: inside }: Debian): Promise<readonly string[]> {
  const written = [
    '/var/lib/apt',
    '/var/lib/dpkg',
    '/var/log',
    '/var/cache',
    '/proc',
    '/root',
    '/etc/passwd-',
    '/etc/group-',
    '/etc/shadow-',
    '/etc/gshadow-',
    '/run/adduser',
    '/run/systemd',
  ];
  const { text } = await inside('find', '/', '-xdev', '-printf', '%p %M %u:%g\\n');
  return text
    .split('\n')
    .filter((line) => !written.some((path) => line.startsWith(`${path} `) || line.startsWith(`${path}/`)))
    .sort();
}

/** Fills the configuration in, as an administrator does. */
function configure(tree: string, upstream: Pick<StandIn, 'caPem' | 'orgId' | 'port' | 'reader'>): void {
  const file = join(tree, 'etc/jumpgate/jumpgate.yaml');
  const more = `  urls: [ldaps://localhost:${upstream.port}]\n  caFile: ca.pem`;
  const text = readFileSync(file, 'utf8')
    .replace(/# orgId: .*/, `orgId: ${upstream.orgId}\n${more}`)
    .replace(/# user: .*/, `dn: ${upstream.reader.dn}`);
  writeFileSync(file, `${text}\nlocal: { baseDN: "dc=example,dc=com" }\n`);
  writeFileSync(join(tree, 'etc/jumpgate/ca.pem'), upstream.caPem);
  const password = join(tree, 'etc/jumpgate/reader.password');
  writeFileSync(password, `${upstream.reader.password}\n`);
  chmodSync(password, 0o600);
}

t.test('the Debian package', { skip: withoutDebian }, async (t) => {
  const [deb, again] = [await build('one', '022'), await build('other', '077')];

  t.test('two builds are equal, and hold the program and what belongs to it', async (t) => {
    t.ok(readFileSync(deb).equals(readFileSync(again)));
    const { text } = await run('dpkg-deb', ['--contents', deb], { env: { TZ: 'UTC' } });
    const lines = text.trim().split('\n');
    for (const line of lines) t.match(line, /^([d-](rwxr-x|rw-r--)\S+|l\S+) root\/root +\d+ 2025-11-24 16:00/, line);
    const paths = lines
      .map((line) => line.replace(/^(\S+ +){5}\.(\S+)( -> \S+)?$/, '$2'))
      .filter((path) => !path.endsWith('/'));
    const outside = paths.filter((path) => !/^\/usr\/(lib\/jumpgate|share\/doc\/jumpgate)\//.test(path));
    t.same(
      outside.sort(),
      [
        '/etc/jumpgate/jumpgate.yaml',
        join('/usr/bin', 'jumpgate'),
        ...UNITS.map((name) => `/usr/lib/systemd/system/${name}`),
        '/usr/share/lintian/overrides/jumpgate',
        '/usr/share/man/man1/jumpgate.1.gz',
      ].sort(),
    );
    const program = paths.filter((path) => path.startsWith('/usr/lib/jumpgate/'));
    t.ok(program.includes('/usr/lib/jumpgate/dist/main.js') && program.includes('/usr/lib/jumpgate/dist/serve.cjs'));
    t.same(
      program.filter((path) => /\.(ts|map|node|code)$|\/\.|\/node_modules\/(tap|typescript|esbuild)\//.test(path)),
      [],
    );
    t.ok(statSync(deb).size < 4 * 1024 * 1024, `${statSync(deb).size} bytes`);
    const unpacked = join(folder, 'unpacked');
    await need('dpkg-deb', ['--raw-extract', deb, unpacked]);
    t.equal(
      (await run('grep', ['-rlF', '-e', ROOT, '-e', `${tmpdir()}/jumpgate`, unpacked])).code,
      1,
      'no path of this machine',
    );
  });

  t.test('lintian has nothing to say', async (t) => {
    t.match(await run('lintian', ['--allow-root', '--fail-on', 'error,warning', deb]), { code: 0, text: '' });
  });

  t.test('installed, run, removed and purged in a fresh Debian: nothing is left', async (t) => {
    const debian = await makeDebian(mkdtempSync(join(folder, 'chroot-')));
    const before = await files(debian);
    copyFileSync(deb, join(debian.tree, 'root/jumpgate.deb'));
    t.match(
      await debian.need('apt-get', 'install', '--yes', '/root/jumpgate.deb'),
      /systemctl enable --now jumpgate.socket jumpgate.service/,
    );
    const stat = async (path: string) => (await debian.need('stat', '-c', '%a %U:%G', path)).trim();
    t.equal(await stat('/etc/jumpgate'), '750 root:jumpgate');
    t.equal(await stat('/etc/jumpgate/jumpgate.yaml'), '640 root:jumpgate');
    t.match(await debian.need('getent', 'passwd', 'jumpgate'), /:\/nonexistent:\/usr\/sbin\/nologin/);
    const unset = await debian.run('jumpgate', 'check');
    t.match(unset, {
      code: 2,
      text: /upstream.orgId is missing[\s\S]*upstream.reader is missing[\s\S]*reader.password cannot be read/,
    });

    const verify = () => debian.run('systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', ...UNITS);
    t.match(await verify(), { code: 0, text: '' });
    const misspelt = join(debian.tree, 'usr/lib/systemd/system/jumpgate-watchdog.timer');
    const timer = readFileSync(misspelt, 'utf8');
    writeFileSync(misspelt, timer.replace('OnUnitInactiveSec', 'OnUnitInactivSec'));
    t.not((await verify()).code, 0, 'a misspelt key is noticed');
    writeFileSync(misspelt, timer);
    const exposure = (most: string) =>
      debian.run('systemd-analyze', 'security', '--offline=true', `--threshold=${most}`, SERVICE);
    t.equal((await exposure('15')).code, 0, 'exposed by 1.5 at most');
    t.not((await exposure('5')).code, 0, 'the threshold counts');

    const upstream = await StandIn.start();
    t.teardown(() => upstream.stop());
    configure(debian.tree, upstream);
    t.match(
      await debian.need('jumpgate', 'check'),
      /All checks passed/,
      'root reads the password beside the configuration',
    );
    // What the unit does: the file is root's alone, and the service gets a copy.
    const passed = join(debian.tree, 'root/passed');
    await debian.need('install', '-d', '-o', 'jumpgate', '/root/passed');
    await debian.need(
      'install',
      '-o',
      'jumpgate',
      '-m',
      '400',
      '/etc/jumpgate/reader.password',
      '/root/passed/reader.password',
    );
    await debian.need('chmod', '711', '/root');
    const port = await freePort();
    const words = ['jumpgate', 'serve', '--set', `listen.ldap=127.0.0.1:${port}`, '--set', 'ops.http=false'];
    const env = ['env', '-i', 'PATH=/usr/bin', 'CREDENTIALS_DIRECTORY=/root/passed'];
    const service = spawn('chroot', ['--userspec=jumpgate:jumpgate', debian.tree, ...env, ...words]);
    let log = '';
    for (const stream of [service.stdout, service.stderr])
      stream.on('data', (more: Buffer) => {
        log += more.toString();
      });
    const ended = new Promise((resolve) => service.once('exit', resolve));
    t.teardown(() => service.kill('SIGKILL'));
    await eventually(() => {
      if (service.exitCode !== null) throw new Error(log);
      return log.includes('"listening"');
    });
    const whoami = await run('/usr/bin/ldapwhoami', ['-x', '-H', `ldap://127.0.0.1:${port}`, ...ALICE]);
    t.match(whoami, { code: 0, text: 'dn:uid=quillon.varrek,ou=Users,dc=example,dc=com' });
    service.kill('SIGTERM');
    t.equal(await ended, 0);
    rmSync(passed, { recursive: true });

    await debian.need('dpkg', '-r', 'jumpgate');
    t.match(
      readFileSync(join(debian.tree, 'etc/jumpgate/jumpgate.yaml'), 'utf8'),
      upstream.orgId,
      'what was written stays',
    );
    t.notOk(existsSync(join(debian.tree, 'usr/lib/jumpgate')));
    // The administrator's own, which they remove themselves.
    rmSync(join(debian.tree, 'etc/jumpgate/ca.pem'));
    await debian.need('dpkg', '-P', 'jumpgate');
    t.same(await files(debian), before);
    t.not((await debian.run('getent', 'passwd', 'jumpgate')).code, 0);
  });

  t.test(
    'systemd starts it, passes sockets and password, and no restart loses a client',
    { skip: withoutNamespaces },
    async (t) => {
      const debian = await makeDebian(mkdtempSync(join(folder, 'systemd-')));
      copyFileSync(deb, join(debian.tree, 'root/jumpgate.deb'));
      await debian.need('dpkg', '-i', '/root/jumpgate.deb');
      const system = await boot(t, debian);
      const told = join(folder, 'upstream.json');
      system.start(process.execPath, ['--import=tsx', join(ROOT, 'test/deploy/debian-upstream.ts'), told]);
      await eventually(() => existsSync(told));
      configure(debian.tree, JSON.parse(readFileSync(told, 'utf8')) as StandIn);
      const whoami = () => system.near('/usr/bin/ldapwhoami', ['-x', '-H', 'ldap://127.0.0.1:1389', ...ALICE]);
      const state = async (what: string) => (await system.run('systemctl', 'show', '-P', what, SERVICE)).text.trim();
      const inherited = async () =>
        (await system.need('journalctl', '--no-pager', '-u', SERVICE)).match(/"inherited":\[.*?\]/g)?.at(-1);

      await system.need('systemctl', 'enable', '--now', 'jumpgate.socket', SERVICE);
      await eventually(async () => (await whoami()).code === 0);
      t.match(await inherited(), /"ldap: 127.0.0.1:1389 \(descriptor 3\)"/);
      t.equal((await system.run('stat', '-c', '%a %U', '/etc/jumpgate/reader.password')).text.trim(), '600 root');
      t.equal((await system.run('systemd-analyze', 'security', '--threshold=15', SERVICE)).code, 0);

      const first = await state('MainPID');
      await system.need('systemctl', 'reload', SERVICE);
      t.equal(await state('MainPID'), first);
      t.equal((await whoami()).code, 0);

      await system.need('systemctl', 'stop', SERVICE);
      t.equal(await state('ActiveState'), 'inactive');
      t.match(await whoami(), { code: 0 }, 'a client that comes is answered as soon as it is started');
      // It is asked once whether it answers before systemd counts it as started.
      await eventually(async () => (await state('ActiveState')) === 'active');

      await system.need('systemctl', 'restart', SERVICE, 'jumpgate-ldapi.socket');
      t.match(await inherited(), /ldapi: a socket file/);
      t.equal((await system.need('stat', '-c', '%a', '/run/jumpgate-ldapi')).trim(), '600');

      const second = await state('MainPID');
      await system.need('systemctl', 'start', 'jumpgate-watchdog.service');
      t.equal(await state('MainPID'), second, 'the watchdog leaves it alone while it answers');
      const yaml = '/etc/jumpgate/jumpgate.yaml';
      await system.need('cp', '-p', yaml, '/root/kept.yaml');
      await system.need('sh', '-c', `echo 'upstream: {' >>${yaml}`);
      await system.need('systemctl', 'start', 'jumpgate-watchdog.service');
      t.equal(await state('MainPID'), second, 'even when its file cannot be read any more');
      await system.need(
        'sh',
        '-c',
        `cp -p /root/kept.yaml ${yaml} && echo 'ops: { http: "127.0.0.1:9777" }' >>${yaml}`,
      );
      await system.need('systemctl', 'restart', SERVICE);
      await system.need('sh', '-c', `echo 'upstream: {' >>${yaml}`);
      const third = await state('MainPID');
      t.not((await system.run('systemctl', 'start', 'jumpgate-watchdog.service')).code, 0, 'and the file says where');
      t.equal(await state('MainPID'), third);
      await system.need('cp', '-p', '/root/kept.yaml', yaml);
      await system.need('systemctl', 'restart', SERVICE);
      const fourth = await state('MainPID');
      await system.need('sh', '-c', `kill -STOP ${fourth}`);
      await system.need('systemctl', 'start', 'jumpgate-watchdog.service');
      await eventually(async () => (await whoami()).code === 0);
      t.not(await state('MainPID'), fourth, 'and starts another where it does not');
      await system.need('systemctl', 'enable', '--now', 'jumpgate-watchdog.timer');

      t.match(await system.need('dpkg', '-i', '--force-confold', '/root/jumpgate.deb'), /Setting up jumpgate/);
      t.equal((await whoami()).code, 0, 'after an upgrade');
      t.equal((await system.run('systemctl', 'is-active', 'jumpgate-watchdog.timer')).text.trim(), 'active');
      await system.need('dpkg', '-r', 'jumpgate');
      t.equal(await state('ActiveState'), 'inactive');
      t.equal((await system.run('systemctl', 'is-active', 'jumpgate.socket')).text.trim(), 'inactive');
      const again = await system.need('dpkg', '-i', '--force-confold', '/root/jumpgate.deb');
      t.match(again, /enabled and not running.*systemctl start jumpgate.socket jumpgate.service/);
      await system.need('systemctl', 'start', 'jumpgate.socket', SERVICE);
      t.equal((await whoami()).code, 0, 'after it was removed and installed again');
      // As where an administrator ends dpkg at its question about the configuration: no prerm is run.
      await system.need('dpkg', '--unpack', '/root/jumpgate.deb');
      await system.need('systemctl', 'start', SERVICE);
      await system.need('rm', '/etc/jumpgate/ca.pem');
      await system.need('dpkg', '-P', 'jumpgate');
      t.equal(await state('ActiveState'), 'inactive');
      t.not((await system.run('getent', 'passwd', 'jumpgate')).code, 0);
      const left = await system.run(
        'find',
        '/etc',
        '/usr',
        '/var/log',
        '/run',
        '/tmp',
        '-xdev',
        '-iname',
        '*jumpgate*',
        '-not',
        '-path',
        '/run/systemd/*',
      );
      t.match(left, { code: 0, text: '' });
    },
  );
});
