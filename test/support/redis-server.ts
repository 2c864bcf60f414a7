// A real redis-server for the tests of the fleet, in a folder of its own, and connections to it as the product opens them.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { FleetNames } from '../../src/fleet/names.js';
import { redisConnect } from '../../src/fleet/redis-client.js';
import { StoreGuard } from '../../src/fleet/store.js';
import { freePort } from './ports.js';
import { eventually } from './proxy.js';

const SERVER = '/usr/bin/redis-server';

/** False, or why the tests that need it are skipped. */
export const withoutRedis: false | string =
  spawnSync(SERVER, ['--version']).error === undefined ? false : 'redis-server is not installed here';

export class RedisServer {
  private process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
  ) {}

  static async start(folder: string): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), folder);
    await server.run();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Empty: nothing is kept on disk. */
  async run(): Promise<void> {
    const settings = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    this.process = spawn(SERVER, [...settings, '--dir', this.folder], { stdio: 'ignore' });
    await eventually(() => spawnSync('redis-cli', ['-p', String(this.port), 'ping']).stdout.toString() === 'PONG\n');
  }

  /** What the server answers, as text. */
  ask(...command: string[]): string {
    return spawnSync('redis-cli', ['-p', String(this.port), ...command])
      .stdout.toString()
      .trim();
  }

  freeze(): void {
    this.process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.process?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    const { process } = this;
    if (process === undefined) return;
    this.process = undefined;
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill('SIGKILL');
    await ended;
  }
}

/** A fleet's names in a corner of the store of their own. */
export function someNames(key: Buffer = randomBytes(32)): FleetNames {
  return new FleetNames(key, 'test');
}

/** A store of the product's, connected. */
export async function storeAt(url: string): Promise<StoreGuard> {
  const store = new StoreGuard({
    connect: redisConnect({ url, user: undefined, password: undefined, ca: undefined }),
    random: () => 0,
    clock: () => performance.now(),
    patience: 1000,
    defect: (error) => {
      throw error;
    },
  });
  await eventually(() => store.health === 'well');
  return store;
}
