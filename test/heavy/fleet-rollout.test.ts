// A roll-out: twenty whole processes at the same time over one store and 5,000 members. The upstream sees one reader, and no herd.
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { SearchRequest } from '../../src/ldap/message.js';
import { clientBehind, fleetOf, startFleet } from '../support/fleet-site.js';
import { PASSWORD, startLargeUpstream, uidOf } from '../support/large-upstream.js';
import type { Product } from '../support/product.js';
import { TestRedis, withoutStore } from '../support/redis.js';
import { assertions } from '../support/small-upstream.js';

const INSTANCES = 20;
const MEMBERS = 5000;
/** Seconds. */
const REFRESH = 15;

t.test(
  '20 instances that start at the same time make one read, and no herd of binds',
  { skip: withoutStore, timeout: 600_000 },
  async (t) => {
    const upstream = await startLargeUpstream(MEMBERS);
    t.teardown(() => upstream.stop());
    const { beforeEntries } = upstream.instead;
    const reads: number[] = [];
    upstream.instead.beforeEntries = (request: SearchRequest) => {
      if (assertions(request.filter).includes('objectclass=posixgroup')) reads.push(performance.now());
      return beforeEntries?.(request) ?? [];
    };
    const redis = await TestRedis.start(t);
    const set = [`directory.refresh=${REFRESH}s`, `directory.membershipAge=${2 * REFRESH}s`, 'fleet.decisionTime=5s'];
    const url = () => redis.url;
    const began = performance.now();
    const fleet = await startFleet(t, { upstream, set, url, count: INSTANCES, startTime: 300_000 });
    t.comment(
      `all ready after ${Math.round(performance.now() - began)} ms; ${fleet.map((one) => Math.round(one.memory()))} MiB`,
    );
    // A refresh comes due while a busy machine still starts them.
    const due = 1 + Math.floor((performance.now() - reads[0]!) / (REFRESH * 1000 * 0.7));
    t.ok(reads.length <= due, `${reads.length} reads; ${due} were due`);
    t.ok(upstream.binds.length <= reads.length, `${upstream.binds.length} binds of the reader, and no other`);
    const parts = await Promise.all(fleet.map(fleetOf));
    t.same(parts.map(({ reading }) => reading?.role).sort(), ['reader', ...Array<string>(INSTANCES - 1).fill('taker')]);

    const seen = await watched(fleet, async (generations) => {
      const first = Math.max(...generations());
      await until(() => generations().every((one) => one > first));
      // The one that reads ends in order, and one of the others goes on.
      const reader = fleet[parts.findIndex(({ reading }) => reading?.role === 'reader')]!;
      await reader.stop();
      const before = Math.max(...generations());
      await until(() => generations().every((one, i) => one > before || fleet[i] === reader));
    });
    for (const [i, generations] of seen.entries())
      t.same(
        generations,
        [...generations].sort((a, b) => a - b),
        `gate-${i}: ${generations.length} generations, none older than one before`,
      );
    const most = 2 + Math.ceil((performance.now() - reads[0]!) / (REFRESH * 1000 * 0.7));
    t.ok(reads.length <= most, `${reads.length} reads in all`);

    const before = upstream.binds.length;
    const codes = await Promise.all(
      fleet
        .filter((one) => one.isAlive())
        .map(async (one, i) => {
          const client = await clientBehind(`192.0.2.${i}`, one);
          const { code } = await client.bind(uidOf(i), PASSWORD);
          client.destroy();
          return code;
        }),
    );
    t.same([...new Set(codes)], [0], 'each lets in');
    t.ok(upstream.binds.length - before >= INSTANCES - 1);
    for (const product of fleet) t.equal(product.errors(), '');
  },
);

/** The generations that each instance says it has, in the order in which it says so, while something is done. */
async function watched(
  fleet: readonly Product[],
  act: (generations: () => number[]) => Promise<void>,
): Promise<readonly number[][]> {
  const seen: number[][] = fleet.map(() => []);
  let isOver = false;
  const watch = async (product: Product, i: number) => {
    while (!isOver && product.isAlive()) {
      const generation = await fleetOf(product).then(
        ({ reading }) => reading?.generation,
        () => undefined,
      );
      if (generation !== undefined && generation !== seen[i]!.at(-1)) seen[i]!.push(generation);
      await pause(50);
    }
  };
  const generations = () => seen.map((of) => of.at(-1) ?? 0);
  const acted = until(() => generations().every((one) => one > 0))
    .then(() => act(generations))
    .finally(() => {
      isOver = true;
    });
  await Promise.all([acted, ...fleet.map(watch)]);
  return seen;
}

/** For longer than a refresh takes to come. */
async function until(condition: () => boolean): Promise<void> {
  const late = performance.now() + 6000 * REFRESH;
  while (!condition()) {
    if (performance.now() > late) throw new Error('waited in vain');
    await pause(50);
  }
}
