// One reader for all: instances over one real Redis and an upstream that counts how often it is read.
import { randomBytes } from 'node:crypto';
import t from 'tap';
import type { FleetNames } from '../../src/fleet/names.js';
import { type Script, type Store, StoreError } from '../../src/fleet/store.js';
import { CountingUpstream, type Instance, instanceOf, LIMITS } from '../support/fleet-instance.js';
import { ask, connected, someNames } from '../support/fleet-store.js';
import { eventually } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';

const server = await TestRedis.start(t);

type Options = Parameters<typeof instanceOf>[3];
/** With a connection of its own. */
const instance = async (
  t: Pick<typeof import('tap').t, 'teardown'>,
  upstream: CountingUpstream,
  names: FleetNames,
  options: Options = {},
  change: (store: Store) => Store = (store) => store,
): Promise<Instance> => {
  const store = await connected(t, server);
  const made = instanceOf(upstream, change(store), names, options);
  t.teardown(async () => {
    await made.stop();
    await store.close();
  });
  return made;
};
const many = (
  t: Pick<typeof import('tap').t, 'teardown'>,
  count: number,
  ...rest: [CountingUpstream, FleetNames, Options?]
) => Promise.all(Array.from({ length: count }, () => instance(t, ...rest)));

t.test('20 instances that start at the same time make one read, and all have its members', async (t) => {
  const upstream = new CountingUpstream();
  const names = someNames();
  // As slow as all of them need to have asked.
  let go = () => {};
  upstream.hold = new Promise<void>((resolve) => {
    go = resolve;
  });
  const all = await many(t, 20, upstream, names);
  const started = all.map(({ mirror }) => mirror.start());
  await eventually(() => upstream.reads > 0);
  await eventually(() => Number(ask(server, 'PUBSUB', 'NUMSUB', names.of('reads', 'r')).split('\n')[1]) === 20);
  go();
  await Promise.all(started);
  t.equal(upstream.reads, 1);
  for (const each of all) t.same(each.members(), ['ada', 'grace']);
  t.equal(all.filter(({ reader }) => reader.state.isReader).length, 1);
  t.same(all.map(({ roles }) => roles.join()).sort(), ['reader', ...Array<string>(19).fill('taker')]);
});

t.test('what has changed reaches everybody with the next read of one', async (t) => {
  const upstream = new CountingUpstream();
  const all = await many(t, 3, upstream, someNames());
  await Promise.all(all.map(({ mirror }) => mirror.start()));
  upstream.members = ['ada', 'grace', 'edsger'];
  await all.find(({ reader }) => reader.state.isReader)!.mirror.refreshNow();
  await eventually(() => all.every((each) => each.members().includes('edsger')));
  t.equal(upstream.reads, 2);
  const generations = all.map(({ reader }) => reader.state.generation);
  t.equal(new Set(generations).size, 1, 'all are at the same generation');
});

t.test('a read that says the same is confirmed, and no piece is published or taken again', async (t) => {
  const upstream = new CountingUpstream();
  const names = someNames();
  const [reader, taker] = await many(t, 2, upstream, names);
  await reader!.mirror.start();
  await taker!.mirror.start();
  const pieces = ask(server, 'KEYS', names.of('piece', '*'));
  const before = taker!.mirror.snapshot;
  const generation = taker!.reader.state.generation!;
  await reader!.mirror.refreshNow();
  await eventually(() => taker!.reader.state.generation! > generation);
  await eventually(() => taker!.reader.state.reads.repeated > 0);
  t.equal(taker!.mirror.snapshot, before, 'the same snapshot');
  t.equal(taker!.reader.state.reads.taken, 1);
  t.equal(ask(server, 'KEYS', names.of('piece', '*')), pieces);
});

t.test('an instance that needs something new has the holder read, and waits for that', async (t) => {
  const upstream = new CountingUpstream();
  const [reader, taker] = await many(t, 2, upstream, someNames());
  await reader!.mirror.start();
  await taker!.mirror.start();
  upstream.members = ['ada', 'grace', 'newcomer'];
  t.ok(await taker!.mirror.refreshNow());
  t.ok(taker!.members().includes('newcomer'));
  t.equal(upstream.reads, 2);
  t.equal(reader!.reader.state.reads.shared, 2);
});

t.test('the reading instance is killed in mid-publication: nobody takes a part, one of the others reads', async (t) => {
  const upstream = new CountingUpstream();
  const names = someNames();
  let isDead = false;
  // It dies when its last piece is there, and its head is not.
  const mortal = await instance(t, upstream, names, { leaseTime: 1500 }, (store) =>
    changed(store, async ({ text }, run) => {
      if (text.includes('HSET')) isDead = true;
      if (isDead) throw new StoreError('away', 'this process is dead');
      return run();
    }),
  );
  await mortal.mirror.start();
  await eventually(() => isDead);
  t.not(ask(server, 'KEYS', names.of('piece', '*')), '', 'pieces are there');
  t.equal(ask(server, 'EXISTS', names.of('head', 'r')), '0', 'and no head');
  const others = await many(t, 5, upstream, names, { leaseTime: 1500 });
  await Promise.all(others.map(({ mirror }) => mirror.start()));
  t.equal(upstream.reads, 2, 'the dead one, and one of the others');
  for (const each of others) t.same(each.members(), ['ada', 'grace']);
});

for (const hasPublished of [true, false]) {
  const when = hasPublished ? 'that has published' : 'that is still reading';
  t.test(`a process that was stopped and goes on publishes nothing over its successor ${when} (fencing)`, async (t) => {
    const upstream = new CountingUpstream();
    const names = someNames();
    let wake = () => {};
    let isPaused = true;
    let said: unknown;
    const stopped = new Promise<void>((resolve) => {
      wake = resolve;
    });
    // Stopped just before the last step of its publication: that is what reaches the store when it goes on. Its lease is not renewed meanwhile.
    const paused = await instance(t, upstream, names, { leaseTime: 600 }, (store) =>
      changed(store, async ({ text }, run) => {
        const isLast = text.includes("'sealed', ARGV");
        if (isPaused && isLast) await stopped;
        else if (isPaused && text.includes('~= ARGV[3]')) throw new StoreError('slow', 'stopped');
        const answer = await run();
        if (isLast) said = answer;
        return answer;
      }),
    );
    upstream.members = ['ada', 'grace', 'of-before'];
    await paused.mirror.start();
    upstream.members = ['ada', 'grace'];
    let goOn = () => {};
    if (!hasPublished)
      upstream.hold = new Promise<void>((resolve) => {
        goOn = resolve;
      });
    const next = await instance(t, upstream, names, { leaseTime: 600 });
    const started = next.mirror.start();
    await eventually(() => next.reader.state.isReader && upstream.reads === 2);
    if (hasPublished) await eventually(() => next.reader.state.generation !== undefined);
    const published = ask(server, 'HGET', names.of('head', 'r'), 'generation');
    t.equal(published !== '', hasPublished);
    isPaused = false;
    wake();
    await eventually(() => said !== undefined);
    t.equal(said, 'fence');
    t.equal(ask(server, 'HGET', names.of('head', 'r'), 'generation'), published);
    goOn();
    await started;
    const third = await instance(t, upstream, names, { leaseTime: 600 });
    await third.mirror.start();
    t.same(third.members(), ['ada', 'grace'], 'nobody sees what the stopped one had read');
  });
}

t.test('clocks that are five minutes apart change nothing', async (t) => {
  const upstream = new CountingUpstream();
  const names = someNames();
  const at = (shift: number) => instance(t, upstream, names, { clock: () => performance.now() + shift });
  const all = await Promise.all([at(0), at(300_000), at(-300_000)]);
  for (const { mirror } of all) await mirror.start();
  t.equal(upstream.reads, 1);
  for (const { reader } of all) t.ok(reader.state.age! < 20_000, `${reader.state.age} ms old`);
  for (const each of all) t.same(each.members(), ['ada', 'grace']);
});

t.test('the age of a snapshot is that of its read, and not of its taking', async (t) => {
  const upstream = new CountingUpstream();
  const names = someNames();
  const [reader] = await many(t, 1, upstream, names);
  await reader!.mirror.start();
  await eventually(() => reader!.reader.state.generation !== undefined);
  const before = performance.now();
  const shift = 10_000;
  // Ten seconds later, by the store's clock.
  const later = await instance(t, upstream, names, {}, (store) =>
    changed(store, async (_script, run) => {
      const answer = await run();
      return Array.isArray(answer) ? [(answer[0] as number) + shift, ...(answer.slice(1) as unknown[])] : answer;
    }),
  );
  await later.mirror.start();
  t.equal(upstream.reads, 1);
  t.ok(later.mirror.snapshot!.takenAt <= before - shift + 1000);
});

t.test('the store’s clock goes back: what was read before does not stay fresh until it has caught up', async (t) => {
  const upstream = new CountingUpstream();
  const names = someNames();
  const ahead = (shift: number) => (store: Store) =>
    changed(store, async (_script, run) => {
      const answer = await run();
      return Array.isArray(answer) ? [(answer[0] as number) + shift, ...(answer.slice(1) as unknown[])] : answer;
    });
  const first = await instance(t, upstream, names, {}, ahead(3_600_000));
  await first.mirror.start();
  await eventually(() => first.reader.state.generation !== undefined);
  await first.stop();
  upstream.members = ['ada'];
  const second = await instance(t, upstream, names);
  await second.mirror.start();
  t.same(second.members(), ['ada'], 'an instance that reads now reads the upstream');
  const { generation: before = 0 } = first.reader.state;
  await eventually(() => (second.reader.state.generation ?? 0) > before);
  const third = await instance(t, upstream, names);
  await third.mirror.start();
  t.same(third.members(), ['ada'], 'and publishes it to the others');
  upstream.members = ['ada', 'joined'];
  await third.mirror.refreshNow();
  t.ok(third.members().includes('joined'), 'something new is newer than what was read before');
});

t.test('another configuration, another key and another format are other fleets', async (t) => {
  const upstream = new CountingUpstream();
  const key = randomBytes(32);
  const one = await instance(t, upstream, someNames(key));
  await one.mirror.start();
  await eventually(() => one.reader.state.generation !== undefined);
  const other = await instance(t, upstream, someNames(key), { reading: 'other' });
  await other.mirror.start();
  t.equal(upstream.reads, 2, 'what reads something else reads itself');
  t.ok(other.reader.state.isReader);
  const stranger = await instance(t, upstream, someNames());
  await stranger.mirror.start();
  t.equal(upstream.reads, 3, 'and so does who has another key');
});

/** Changes what is under a key, byte by byte. */
const flip = async (key: string, read: (store: Store) => Promise<Buffer>, write: (octets: Buffer) => void) => {
  const store = await connected(t, server);
  const octets = Buffer.from(await read(store));
  octets[octets.length >> 1]! ^= 1;
  write(octets);
  await store.close();
  return key;
};

t.test(
  'a flipped bit in a piece: it is not accepted, the instance that finds it reads, and it is published again',
  async (t) => {
    const upstream = new CountingUpstream();
    const names = someNames();
    const [reader] = await many(t, 1, upstream, names);
    await reader!.mirror.start();
    await eventually(() => reader!.reader.state.generation !== undefined);
    const key = ask(server, 'KEYS', names.of('piece', '*'));
    const store = await connected(t, server);
    t.teardown(() => store.close());
    await flip(
      key,
      async () => (await store.get(key, 2 ** 20, 1000))!,
      (octets) => void store.run(PUT, [key], [octets], 1000),
    );
    const taker = await instance(t, upstream, names);
    await taker.mirror.start();
    t.same(taker.members(), ['ada', 'grace']);
    t.match(taker.roles, [/alone: .*damaged/]);
    await eventually(() => upstream.reads >= 3 && reader!.reader.state.reads.shared === 2);
    await eventually(() => taker.reader.state.role === 'taker');
    const third = await instance(t, upstream, names);
    await third.mirror.start();
    t.equal(third.reader.state.reads.taken, 1, 'what was published again can be taken');
  },
);

t.test('a flipped bit in the head, and an invalid head', async (t) => {
  const upstream = new CountingUpstream();
  const names = someNames();
  const [reader] = await many(t, 1, upstream, names);
  await reader!.mirror.start();
  await eventually(() => reader!.reader.state.generation !== undefined);
  const sealed = Buffer.from(ask(server, 'HGET', names.of('head', 'r'), 'sealed'), 'base64');
  for (const bad of [flipped(sealed), sealed.subarray(0, 5), Buffer.from('{"generation":9}')]) {
    ask(server, 'HSET', names.of('head', 'r'), 'sealed', bad.toString('base64'));
    const taker = await instance(t, upstream, names, { leaseTime: 100 });
    const reads = upstream.reads;
    await taker.mirror.start();
    t.ok(upstream.reads > reads, 'it reads itself, or has somebody read');
    t.same(taker.members(), ['ada', 'grace']);
    await taker.stop();
  }
});

t.test('an older head that somebody puts back is not taken by who has seen a newer one', async (t) => {
  const upstream = new CountingUpstream();
  const names = someNames();
  const [reader, taker] = await many(t, 2, upstream, names);
  upstream.members = ['ada', 'grace', 'dismissed'];
  await reader!.mirror.start();
  await taker!.mirror.start();
  const old = ask(server, 'HGET', names.of('head', 'r'), 'sealed');
  upstream.members = ['ada', 'grace'];
  await reader!.mirror.refreshNow();
  await eventually(() => !taker!.members().includes('dismissed'));
  // With the highest numbers that its clear part could have, and all its pieces.
  ask(server, 'HSET', names.of('head', 'r'), 'sealed', old);
  await taker!.mirror.look();
  t.notOk(taker!.members().includes('dismissed'));
});

t.test('cleartext numbers that somebody sets high keep nobody from publishing, or from taking', async (t) => {
  const upstream = new CountingUpstream();
  const names = someNames();
  const [reader, taker] = await many(t, 2, upstream, names);
  await reader!.mirror.start();
  await taker!.mirror.start();
  for (const number of [String(2 ** 52), '1e300', 'none']) {
    ask(server, 'HSET', names.of('head', 'r'), 'generation', number, 'fence', number);
    upstream.members = ['ada', 'grace', `newcomer-${number}`];
    await reader!.mirror.refreshNow();
    await eventually(() => taker!.members().includes(`newcomer-${number}`));
  }
  t.equal(upstream.reads, 4, 'one for each');
  t.same(taker!.roles, ['taker']);
});

t.test('the store goes away in the middle: each reads itself, and shares again when it is back', async (t) => {
  const own = await TestRedis.start(t);
  const upstream = new CountingUpstream();
  const names = someNames();
  const stores = await Promise.all([connected(t, own), connected(t, own)]);
  const all = stores.map((store) => instanceOf(upstream, store, names));
  t.teardown(() => Promise.all([...all.map((each) => each.stop()), ...stores.map((store) => store.close())]));
  await all[0]!.mirror.start();
  await all[1]!.mirror.start();
  t.equal(upstream.reads, 1);
  await own.kill();
  upstream.members = ['ada', 'grace', 'edsger'];
  for (const { mirror } of all) t.ok(await mirror.refreshNow());
  t.equal(upstream.reads, 3);
  for (const each of all) {
    t.ok(each.members().includes('edsger'));
    t.match(each.roles.at(-1), /alone: the store cannot be used/);
  }
  await own.begin();
  await eventually(() => stores.every(({ health }) => health === 'well'));
  upstream.members = ['ada', 'grace', 'edsger', 'barbara'];
  await all[0]!.mirror.refreshNow();
  await all[1]!.mirror.look();
  t.equal(upstream.reads, 4, 'one reads for both, though the store has forgotten everything');
  for (const each of all) t.ok(each.members().includes('barbara'));
});

t.test('a holder that cannot read lets another one do it', async (t) => {
  const names = someNames();
  const dead = new CountingUpstream();
  dead.members = undefined;
  const well = new CountingUpstream();
  const first = await instance(t, dead, names);
  const second = await instance(t, well, names);
  await first.mirror.start();
  t.equal(dead.reads, 1);
  await second.mirror.start();
  await eventually(() => first.mirror.snapshot !== undefined);
  t.same(first.members(), ['ada', 'grace'], 'who cannot reach the upstream has its members from the other');
  t.ok(second.reader.state.isReader);
});

t.test('one that stops hands over, and nobody reads for that', async (t) => {
  const upstream = new CountingUpstream();
  const [reader, ...takers] = await many(t, 3, upstream, someNames());
  await reader!.mirror.start();
  await Promise.all(takers.map(({ mirror }) => mirror.start()));
  await reader!.stop();
  await eventually(() => takers.some((taker) => taker.reader.state.isReader));
  t.equal(upstream.reads, 1);
});

t.test('20,000 members: what lies in the store, and no long turn', async (t) => {
  const upstream = new CountingUpstream();
  upstream.members = Array.from({ length: 20_000 }, (_, i) => `m${String(i).padStart(6, '0')}`);
  const names = someNames();
  const [reader, taker] = await many(t, 2, upstream, names);
  await reader!.mirror.start();
  await taker!.mirror.start();
  t.equal(upstream.reads, 1);
  t.equal(taker!.mirror.snapshot?.memberCount, 20_000);
  const keys = ask(server, 'KEYS', names.of('*')).split('\n');
  const octets = keys.map((key) => Number(ask(server, 'MEMORY', 'USAGE', key)));
  t.comment(`${keys.length} keys, ${octets.reduce((sum, each) => sum + each, 0)} bytes in the store`);
  t.ok(Math.max(...octets) < 600 * 1024, 'no piece is above half a MiB');
  t.ok(octets.reduce((sum, each) => sum + each, 0) < 4 * 1024 * 1024, 'far less than the directory has');
  // Each entry is a step of its own, in writing, hashing and reading: a turn ends after the step in which its millisecond is over.
  t.ok(reader!.slices.steps > 2 * 20_000, `${reader!.slices.steps} steps to hash and write`);
  t.ok(taker!.slices.steps > 20_000, `${taker!.slices.steps} steps to read`);
});

t.test('an image beyond directory.limits is not taken', async (t) => {
  const upstream = new CountingUpstream();
  const names = someNames();
  const [reader] = await many(t, 1, upstream, names);
  await reader!.mirror.start();
  await eventually(() => reader!.reader.state.generation !== undefined);
  const small = await instance(t, upstream, names, { limits: { ...LIMITS, octets: 100 } });
  await small.mirror.start();
  t.equal(small.reader.state.reads.taken, 0);
  t.equal(small.reader.state.role, 'alone');
});

t.test('no name, and nothing of an entry, can be read in the store', async (t) => {
  const upstream = new CountingUpstream();
  upstream.members = ['marker-of-a-name', 'grace'];
  const names = someNames();
  const [reader] = await many(t, 1, upstream, names);
  await reader!.mirror.start();
  await eventually(() => reader!.reader.state.generation !== undefined);
  const store = await connected(t, server);
  t.teardown(() => store.close());
  const keys = ask(server, 'KEYS', '*').split('\n');
  t.ok(keys.length > 3);
  for (const key of keys) {
    t.notMatch(key, /marker|wayk|grace/);
    const value =
      ask(server, 'TYPE', key) === 'string' ? await store.get(key, 2 ** 20, 1000) : ask(server, 'HGETALL', key);
    t.notOk(value!.includes('marker-of-a-name'));
    t.notOk(value!.includes('wayk-users'));
  }
});

const PUT: Script = { text: "redis.call('SET', KEYS[1], ARGV[1]) return 1", digest: '' };

function flipped(octets: Buffer): Buffer {
  const copy = Buffer.from(octets);
  copy[copy.length >> 1]! ^= 1;
  return copy;
}

/** A store whose scripts go another way. */
function changed(store: Store, run: (script: Script, go: () => Promise<unknown>) => Promise<unknown>): Store {
  return {
    run: (script, ...rest) => run(script, () => store.run(script, ...rest)),
    get: store.get.bind(store),
    publish: store.publish.bind(store),
    subscribe: store.subscribe.bind(store),
    onHealth: store.onHealth.bind(store),
    close: store.close.bind(store),
    get health() {
      return store.health;
    },
    trouble: undefined,
  };
}
