// What tests of a fleet need of its store beside the server: names of their own in it, connections as the product has them, and what lies there.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type t from 'tap';
import { FleetNames } from '../../src/fleet/names.js';
import type { StoreGuard } from '../../src/fleet/store-guard.js';
import { eventually } from './proxy.js';
import type { TestRedis } from './redis.js';

/** With a key of their own, and so in a corner of their own. */
export function someNames(key: Buffer = randomBytes(32)): FleetNames {
  return new FleetNames(key, 'test');
}

/** A store of the product's, connected. */
export async function connected(test: Pick<typeof t, 'teardown'>, redis: TestRedis): Promise<StoreGuard> {
  const store = redis.guard(test);
  await eventually(() => store.health === 'well');
  return store;
}

/** What the server answers to a command, as text. */
export function ask({ port }: TestRedis, ...command: string[]): string {
  return spawnSync('redis-cli', ['-p', String(port), ...command])
    .stdout.toString()
    .trim();
}
