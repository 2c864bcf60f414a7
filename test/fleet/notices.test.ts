// How much a large fleet tells itself about reads while nobody can read: in virtual time, so that each number is the same each time.
import './simulation/steady-zlib.js';
import t from 'tap';
import { FleetNames } from '../../src/fleet/names.js';
import { StoreGuard } from '../../src/fleet/store-guard.js';
import { type Instance, instanceOf } from '../support/fleet-instance.js';
import { TestRedis } from '../support/redis.js';
import { RawRedis } from './simulation/raw-redis.js';
import { SharedSnapshots } from './simulation/shared-snapshots.js';
import { VirtualStore } from './simulation/virtual-store.js';
import { Owner, seeded, VirtualTime } from './simulation/virtual-time.js';
import { VirtualUpstream } from './simulation/virtual-upstream.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const INSTANCES = 20;

const server = await TestRedis.start(t);
const redis = await RawRedis.open(server.socket);
t.teardown(() => redis.end());

/** Instances that have all read, and what they send from then on. */
async function fleet(t: Pick<typeof import('tap').t, 'teardown'>) {
  await redis.flush();
  const time = new VirtualTime();
  const random = seeded(1);
  const store = new VirtualStore(time, redis, random);
  const upstream = new VirtualUpstream(time, random);
  upstream.add('ada', true);
  t.teardown(time.install(random));
  const names = new FleetNames(Buffer.alloc(32, 1), 'test');
  const snapshots = new SharedSnapshots();
  const clock = () => time.now;
  const defect = (error: unknown) => {
    throw error;
  };
  const all: Instance[] = [];
  for (let i = 0; i < INSTANCES; i++)
    time.as(new Owner(`i${i}`), () => {
      const guard = new StoreGuard({ connect: store.connect, random, clock, patience: SECOND, defect });
      const options = { refresh: 5 * MINUTE, clock, random, instance: `i${i}`, builder: snapshots.builder(clock) };
      const instance = instanceOf(upstream, guard, names, options);
      all.push(instance);
      void instance.mirror.start();
    });
  await time.run(20 * SECOND, () => false);
  const counts = { sent: 0 };
  const tell = store.tell.bind(store);
  store.tell = (channel, message) => {
    if (channel === names.of('reads', 'r')) counts.sent++;
    tell(channel, message);
  };
  const run = (ms: number) => time.run(time.now + ms, () => false);
  return { all, upstream, counts, run };
}

t.test(
  'while the upstream is away, the instances that wait for a read send a few notices a second in all',
  async (t) => {
    const { all, upstream, counts, run } = await fleet(t);
    t.ok(all.every(({ members }) => members().length === 1));
    upstream.isAway = true;
    // All have failed by then, one after the other.
    await run(6 * MINUTE);
    counts.sent = 0;
    const { reads } = upstream;
    await run(20 * SECOND);
    t.ok(upstream.reads - reads > 20, 'they try');
    t.ok(counts.sent <= 10 * 20, `${counts.sent} notices in 20 s`);
    upstream.isAway = false;
    upstream.add('grace', true);
    await run(2 * SECOND);
    t.ok(
      all.some(({ members }) => members().length === 2),
      'somebody has read',
    );
    await run(5 * SECOND);
    t.ok(
      all.every(({ members }) => members().length === 2),
      'all have it',
    );
  },
);
