// The lease of the instance that reads, in a real Redis: one holder at a time, and a number that tells later ones from earlier ones.
import t from 'tap';
import { LEASE_TIME, Lease } from '../../src/fleet/lease.js';
import type { FleetNames } from '../../src/fleet/names.js';
import { type Store, StoreError } from '../../src/fleet/store.js';
import { ask, connected, someNames } from '../support/fleet-store.js';
import { eventually } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';

const server = await TestRedis.start(t);
const store = await connected(t, server);
t.teardown(() => store.close());

const leaseOf = (names: FleetNames, options: Partial<ConstructorParameters<typeof Lease>[0]> = {}) => {
  const lease = new Lease({ store, names, reading: 'r', clock: () => performance.now(), ...options });
  t.teardown(() => lease.release());
  return lease;
};

t.test('of many that ask at the same time one has it, until it releases it', async (t) => {
  const names = someNames();
  const leases = Array.from({ length: 20 }, () => leaseOf(names));
  const seen = await Promise.all(leases.map((lease) => lease.enter()));
  t.equal(seen.filter(({ fence }) => fence > 0).length, 1);
  const [holder] = leases.filter((lease) => lease.isHeld);
  const first = Math.max(...seen.map(({ fence }) => fence));
  t.equal((await holder!.enter()).fence, first, 'asking again renews it under the same number');
  await holder!.release();
  t.notOk(holder!.isHeld);
  const next = await leases.find((lease) => lease !== holder)!.enter();
  t.ok(next.fence > first, 'the number grows');
});

t.test('it is renewed, and ends automatically where nobody renews it', async (t) => {
  const names = someNames();
  // A store that lets everything of the holder's through, and nothing once its process has died.
  let isDead = false;
  const mortal = {
    ...storeOf(store),
    run: (...args: Parameters<Store['run']>) => (isDead ? dead() : store.run(...args)),
  };
  const holder = leaseOf(names, { store: mortal as Store, time: 600 });
  const other = leaseOf(names, { time: 600 });
  await holder.enter();
  let renewals = 0;
  const key = names.of('lease', 'r');
  await eventually(async () => {
    const left = Number(ask(server, 'PTTL', key));
    if (left > 500) renewals++;
    t.equal((await other.enter()).fence, 0);
    return renewals > 12;
  });
  isDead = true;
  await eventually(async () => (await other.enter()).fence > 0);
  await eventually(() => !holder.isHeld);
  t.pass('and the dead one does not think that it holds it');
});

t.test('a store that is empty again gives a higher number than before', async (t) => {
  const names = someNames();
  const before = await leaseOf(names).enter();
  ask(server, 'FLUSHALL');
  const after = await leaseOf(names).enter();
  t.ok(before.fence > 0);
  t.ok(after.fence > before.fence);
});

t.test('the holder that lost it learns of that at its next renewal', async (t) => {
  const names = someNames();
  let lost = 0;
  const lease = leaseOf(names, { time: 300, lost: () => lost++ });
  await lease.enter();
  ask(server, 'SET', names.of('lease', 'r'), 'somebody-else');
  await eventually(() => lost === 1);
  t.notOk(lease.isHeld);
});

t.test('times are the store’s: clocks of instances may say what they like', async (t) => {
  const names = someNames();
  const early = leaseOf(names, { clock: () => performance.now() - 300_000 });
  const late = leaseOf(names, { clock: () => performance.now() + 300_000 });
  const one = await early.enter();
  const other = await late.enter();
  t.ok(one.fence > 0 && early.isHeld);
  t.equal(other.fence, 0);
  t.ok(Math.abs(other.now - one.now) < 5000, 'both see the same time');
});

function storeOf(store: Store): Store {
  return {
    run: store.run.bind(store),
    get: store.get.bind(store),
    publish: store.publish.bind(store),
    subscribe: store.subscribe.bind(store),
    onHealth: store.onHealth.bind(store),
    close: store.close.bind(store),
    health: 'well',
    trouble: undefined,
  };
}

function dead(): Promise<never> {
  return Promise.reject(new StoreError('away', 'this process is dead'));
}

t.test('a lease without an end, or with a far one, does not shut everybody out', async (t) => {
  for (const far of [[], ['PX', '86400000']]) {
    const names = someNames();
    const key = names.of('lease', 'r');
    ask(server, 'SET', key, 'nobody', ...far);
    const lease = leaseOf(names);
    t.equal((await lease.enter()).fence, 0, 'it may be another one’s still');
    const left = Number(ask(server, 'PTTL', key));
    t.ok(left > 0 && left <= LEASE_TIME, `and ends as any: ${left} ms`);
  }
});

t.test('who asks with a shorter lease does not shorten that of the holder', async (t) => {
  const names = someNames();
  const holder = leaseOf(names);
  await holder.enter();
  await leaseOf(names, { time: 100 }).enter();
  t.ok(Number(ask(server, 'PTTL', names.of('lease', 'r'))) > 1000);
});

t.test('a fencing number that is invalid, or that cannot grow, is replaced', async (t) => {
  for (const number of ['nonsense', '', 'nan', 'inf', '1e300', '-1', '9007199254740993', '99999999999999999999']) {
    const names = someNames();
    ask(server, 'SET', names.of('fence', 'r'), number);
    const lease = leaseOf(names);
    const first = await lease.enter();
    t.ok(Number.isSafeInteger(first.fence) && first.fence > 0, `${number}: ${first.fence}`);
    t.equal((await lease.enter()).fence, first.fence, 'the holder has it still');
    await lease.release();
    t.ok((await leaseOf(names).enter()).fence > first.fence, 'and the next one is above it');
  }
});
