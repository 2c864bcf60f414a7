// Containers without a container engine: a network namespace that they share, and for each a read-only root, processes and mounts of its own.
// It shows what a process meets there; nothing of cgroups or seccomp.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Ended, need, run } from '../conformance/packages.js';
import { eventually } from '../support/proxy.js';
import type { Image } from './image.js';

/** False, or why nothing of this can run here. */
export const withoutNamespaces: false | string =
  spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', 'true']).status === 0
    ? false
    : 'no mount namespace can be made here';

/** Addresses of the pod and of what looks at it from outside, such as kubelet and Prometheus. */
export const POD = '10.201.7.2';
const OUTSIDE = '10.201.7.1';

/** A network namespace, and another one that has a wire to it. */
export interface Pod {
  /** Runs a program of this machine within it, as another container of the pod would. */
  readonly run: (command: string, ...args: readonly string[]) => Promise<Ended>;
  /** Runs one outside, from where the pod has an address. */
  readonly runOutside: (command: string, ...args: readonly string[]) => Promise<Ended>;
  /** What to put before a command that is to run within. */
  readonly prefix: readonly string[];
}

export async function startPod(t: Test): Promise<Pod> {
  const inside = await namespace(t);
  const outside = await namespace(t);
  const within = (pid: number) => ['nsenter', `--net=/proc/${pid}/ns/net`];
  const ip = (pid: number, ...args: readonly string[]) => need('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', ...args]);
  await ip(inside, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(outside));
  for (const [pid, address] of [
    [inside, POD],
    [outside, OUTSIDE],
  ] as const) {
    await ip(pid, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    for (const name of ['lo', 'eth0']) await ip(pid, 'link', 'set', name, 'up');
  }
  const running =
    (pid: number) =>
    (command: string, ...args: readonly string[]) => {
      const [first, ...rest] = [...within(pid), command, ...args];
      return run(first!, rest, { cwd: process.cwd() });
    };
  return { run: running(inside), runOutside: running(outside), prefix: within(inside) };
}

/** The process that holds a new one until the test ends. */
async function namespace(t: Test): Promise<number> {
  const child = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    child.stdin.end();
    await ended;
  });
  // As soon as it is another program it has its namespace.
  await eventually(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'cat\n');
  return child.pid!;
}

export interface ContainerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** In place of the image's command. */
  readonly command?: readonly string[];
  /** Files of this machine, by their names in /run/secrets; they keep owner and mode. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Beside the group of the image's user, as Kubernetes adds a pod's fsGroup. */
  readonly group?: number;
  /** Its network; this machine's unless given. */
  readonly pod?: Pod;
}

export interface Container {
  /** Lines of its standard output so far. */
  readonly log: readonly string[];
  readonly ended: Promise<Ended>;
  /** The process that it began with, by its number here. */
  pid(): number;
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** As `docker exec`: another process in the same place, as the same user with the same environment. */
  exec(...command: readonly string[]): Promise<Ended>;
}

/** root, folder to mount it at, numbers of user, group and further groups, then names and files of secrets up to --, and the command. */
const SCRIPT = `
set -e
root=$1 tree=$2 user=$3 group=$4 groups=$5; shift 5
mount --make-rprivate /
mount --bind "$root" "$tree"
mount -o remount,ro,bind "$tree"
mount -t proc proc "$tree/proc"
mount -t tmpfs -o mode=1777,size=64m shm "$tree/dev/shm"
mount -t tmpfs -o mode=755,size=1m run "$tree/run"
mkdir "$tree/run/secrets"
while [ "$1" != -- ]; do
  touch "$tree/run/secrets/$1"
  mount --bind "$2" "$tree/run/secrets/$1"
  shift 2
done
shift
mount -o remount,ro "$tree/run"
exec chroot "$tree" setpriv --reuid="$user" --regid="$group" --groups="$groups" --no-new-privs --bounding-set=-all --inh-caps=-all --pdeathsig=KILL -- "$@"
`;

/** Starts what the image starts. It is killed when the test ends. */
export function startContainer(t: Test, { config, root }: Image, options: ContainerOptions = {}): Container {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-container-'));
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  const [user = '', group = ''] = config.User.split(':');
  const groups = [group, ...(options.group === undefined ? [] : [options.group])].join(',');
  const env = [...config.Env, ...Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`)];
  const command = ['env', '-i', ...env, ...config.Entrypoint, ...(options.command ?? config.Cmd)];
  const secrets = Object.entries(options.secrets ?? {}).flat();
  const unshare = ['unshare', '--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', SCRIPT, 'container'];
  const words = [...(options.pod?.prefix ?? []), ...unshare, root, tree, user, group, groups, ...secrets, '--'];
  const child = spawn(words[0]!, [...words.slice(1), ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  const container = new RunningContainer(child, [user, group, groups, ...env]);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await container.ended;
    rmSync(folder, { recursive: true });
  });
  return container;
}

class RunningContainer implements Container {
  readonly log: string[] = [];
  readonly ended: Promise<Ended>;
  private text = '';
  private rest = '';
  private hasEnded = false;

  constructor(
    private readonly child: ChildProcess,
    private readonly identity: readonly string[],
  ) {
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (part: string) => {
        this.text += part;
      });
    child.stdout!.on('data', (part: string) => this.read(part));
    this.ended = new Promise((resolve) =>
      child.once('close', (code) => {
        this.hasEnded = true;
        resolve({ code, text: this.text });
      }),
    );
  }

  pid(): number {
    const { pid } = this.child;
    const [first = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    if (first === '') throw new Error(`no process in it: ${this.text}`);
    return Number(first);
  }

  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    await eventually(() => {
      if (this.hasEnded) throw new Error(`it has ended: ${this.text}`);
      return condition();
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${this.text}`);
    });
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid(), name);
  }

  exec(...command: readonly string[]): Promise<Ended> {
    const [user, group, groups, ...env] = this.identity;
    const as = ['setpriv', `--reuid=${user}`, `--regid=${group}`, `--groups=${groups}`, '--no-new-privs', '--'];
    const place = [`--target=${this.pid()}`, '--mount', '--pid', '--net', '--root', '--wd'];
    return run('nsenter', [...place, ...as, 'env', '-i', ...env, ...command]);
  }

  private read(part: string): void {
    const lines = (this.rest + part).split('\n');
    this.rest = lines.pop() ?? '';
    this.log.push(...lines);
  }
}
