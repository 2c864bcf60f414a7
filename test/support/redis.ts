// A real redis-server, or valkey-server where JUMPGATE_TEST_STORE names it, for the length of a test.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type t from 'tap';
import { redisConnect } from '../../src/fleet/redis-client.js';
import { type Link, script } from '../../src/fleet/store.js';
import { StoreGuard } from '../../src/fleet/store-guard.js';
import { freePort } from './ports.js';
import { eventually } from './proxy.js';
import { hasStore, STORE_PROGRAM, storeArguments } from './store-program.js';

/** Why tests that need the program are left out; false where it is there. */
export const withoutStore: false | string = hasStore() ? false : `${STORE_PROGRAM} is not installed here`;

export class TestRedis {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly options: readonly string[],
    private readonly portOption: string,
  ) {}

  /** With TLS alone; `options` name its certificate. */
  static startTls(test: Pick<typeof t, 'teardown'>, options: readonly string[]): Promise<TestRedis> {
    return TestRedis.start(test, options, '--tls-port');
  }

  /** `options`: of its command line. Ends with the test. */
  static async start(
    test: Pick<typeof t, 'teardown'>,
    options: readonly string[] = [],
    port = '--port',
  ): Promise<TestRedis> {
    const folder = mkdtempSync(join(tmpdir(), 'jumpgate-redis-'));
    const redis = new TestRedis(await freePort(), folder, options, port);
    test.teardown(async () => {
      await redis.kill();
      rmSync(folder, { recursive: true, force: true });
    });
    await redis.begin();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** The path of the Unix socket on which it listens too. */
  get socket(): string {
    return join(this.folder, 'socket');
  }

  /** With nothing in it. */
  async begin(): Promise<void> {
    const usual = [...storeArguments(this.port, this.folder, this.portOption), '--unixsocket', this.socket];
    const child = spawn(STORE_PROGRAM, [...usual, ...this.options], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    let said = '';
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString();
    });
    await eventually(() => {
      if (child.exitCode !== null) throw new Error(`${STORE_PROGRAM}: ${said}`);
      return said.includes('Ready to accept connections');
    });
  }

  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** A connection of its own, without a guard. */
  async link(test: Pick<typeof t, 'teardown'>): Promise<Link> {
    const link = await redisConnect(plain(this.url))(() => {});
    test.teardown(() => link.end());
    return link;
  }

  /** As the product has it; `patience` in milliseconds. */
  guard(test: Pick<typeof t, 'teardown'>, patience = 5000): StoreGuard {
    const guard = new StoreGuard({
      connect: redisConnect(plain(this.url)),
      random: Math.random,
      clock: () => performance.now(),
      patience,
      defect: (error) => {
        throw error;
      },
    });
    test.teardown(() => guard.close());
    return guard;
  }
}

export function plain(url: string) {
  return { url, user: undefined, password: undefined, ca: undefined };
}

const CONTENTS = script(`local out = {}
  for _, key in ipairs(redis.call('KEYS', '*')) do
    out[#out + 1] = key
    local kind = redis.call('TYPE', key).ok
    local values = kind == 'hash' and redis.call('HGETALL', key) or kind == 'list' and redis.call('LRANGE', key, 0, -1)
      or { redis.call('GET', key) }
    for _, value in ipairs(values) do out[#out + 1] = value end
    if key ~= 'seconds' and redis.call('PTTL', key) < 0 then out[#out + 1] = 'ENDLESS ' .. key end
  end
  return out`);

/** All keys and values in the store, and `ENDLESS` with the name of each key that does not expire (but a test's own `seconds`). */
export async function contentsOf(link: Link): Promise<string[]> {
  return (await link.run(CONTENTS, [], [])) as string[];
}
