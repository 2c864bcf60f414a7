// Anyone who may write to the store decides how long and how many its values and messages are: an instance takes no more of them than it needs.
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { MOST_MESSAGE } from '../../src/fleet/channels.js';
import { BATCH } from '../../src/fleet/decision-scripts/batch.js';
import { GREET } from '../../src/fleet/decision-scripts/meta.js';
import { Decisions } from '../../src/fleet/decisions.js';
import { MOST_HEAD } from '../../src/fleet/head.js';
import { Lease } from '../../src/fleet/lease.js';
import { Notices } from '../../src/fleet/notices.js';
import { type Purge, Purges } from '../../src/fleet/purges.js';
import { Seal } from '../../src/fleet/seal.js';
import { type Store, StoreError } from '../../src/fleet/store.js';
import { CountingUpstream, instanceOf } from '../support/fleet-instance.js';
import { ask, connected, someNames } from '../support/fleet-store.js';
import { eventually } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';

const server = await TestRedis.start(t);
const store = await connected(t, server);

/** `redis-cli` takes its arguments from the command line, which is shorter than these. */
const long = (key: string, octets: number) =>
  ask(server, 'EVAL', `return redis.call('SET', KEYS[1], string.rep('x', ${octets}))`, '1', key);

t.test('a head that is longer than any of ours stays in the store', async (t) => {
  const names = someNames();
  const lease = new Lease({ store, names, reading: 'r', clock: () => performance.now() });
  t.teardown(() => lease.release());
  const head = names.of('head', 'r');
  const put = (octets: number) =>
    ask(server, 'EVAL', `return redis.call('HSET', KEYS[1], 'sealed', string.rep('x', ${octets}))`, '1', head);
  put(MOST_HEAD);
  t.equal((await lease.enter()).head?.length, (MOST_HEAD / 4) * 3);
  put(MOST_HEAD + 1);
  const { head: none, fence } = await lease.enter();
  t.equal(none, undefined);
  t.ok(fence > 0, 'and the lease is held');
});

t.test('a store that sends a longer head than it should is refused', async (t) => {
  const run = () => Promise.resolve([1, 1, 'x'.repeat(MOST_HEAD + 1)]);
  const lease = new Lease({
    store: { run } as Partial<Store> as Store,
    names: someNames(),
    reading: 'r',
    clock: () => 0,
  });
  await t.rejects(lease.enter(), /an unexpected answer about the lease/);
});

t.test('with a long head in the store instances still have a reader for all', async (t) => {
  const names = someNames();
  const upstream = new CountingUpstream();
  ask(
    server,
    'EVAL',
    `return redis.call('HSET', KEYS[1], 'sealed', string.rep('x', ${8 * MOST_HEAD}))`,
    '1',
    names.of('head', 'r'),
  );
  const [one, two] = [instanceOf(upstream, store, names), instanceOf(upstream, store, names)];
  t.teardown(() => Promise.all([one.stop(), two.stop()]));
  await one.mirror.start();
  await two.mirror.start();
  t.same([upstream.reads, one.roles, two.roles], [1, ['reader'], ['taker']]);
});

t.test('a read with more missing groups than a head can name is not shared', async (t) => {
  const upstream = new CountingUpstream();
  const read = upstream.read.bind(upstream);
  const missing = Array.from({ length: 10_000 }, (_, i) => ({
    name: `${i} ${'x'.repeat(100)}`,
    cause: 'no-group' as const,
  }));
  const one = instanceOf({ read: async () => ({ ...(await read()), missing }) }, store, someNames());
  t.teardown(() => one.stop());
  await one.mirror.start();
  await eventually(() => one.reader.state.why !== '');
  t.match(one.reader.state, { role: 'reader', why: /names of missing groups are too long/ });
});

t.test('no more of a value is taken than was asked for', async (t) => {
  const { key } = { key: `long ${randomBytes(9).toString('hex')}` };
  long(key, 1_000_000);
  t.equal((await store.get(key, 1000, 1000))?.length, 1000);
});

t.test('a message that is longer than any of ours reaches nobody, and the next one does', async (t) => {
  const names = someNames();
  const heard: number[] = [];
  t.teardown(store.subscribe(names.of('c'), ({ length }) => heard.push(length)));
  await eventually(() => ask(server, 'PUBSUB', 'NUMSUB', names.of('c')).endsWith('1'));
  for (const octets of [MOST_MESSAGE + 1, 10_000_000, MOST_MESSAGE, 3])
    ask(server, 'EVAL', `return redis.call('PUBLISH', KEYS[1], string.rep('x', ${octets}))`, '1', names.of('c'));
  await eventually(() => heard.includes(3));
  t.same(heard, [MOST_MESSAGE, 3]);
});

/** As another instance of the fleet announces it. */
function messageOf(seal: Seal, number: number, purge: Purge): string {
  const text = Buffer.from(JSON.stringify({ from: 'another', ...purge }));
  return `${number} ${seal.seal(text, ['purge']).toString('base64url')}`;
}

t.test('a list of more missed purges than any store keeps counts as a gap', async (t) => {
  const heard: Purge[] = [];
  const [key, names] = [randomBytes(32), someNames()];
  const options = { store, names, realm: 'o', seal: new Seal(key, 'purges'), random: randomBytes };
  const purges = new Purges({ ...options, stuck: () => {}, heard: (purge) => heard.push(purge) });
  t.teardown(() => purges.close());
  await purges.caughtUp(0, [], () => false);
  await purges.caughtUp(4096, Array<string>(4096).fill('1 x'), () => false);
  t.same(heard, []);
  await purges.caughtUp(8193, Array<string>(4097).fill('1 x'), () => false);
  t.same(heard, [{ kind: 'revokeAll' }]);
});

t.test(
  'an instance that sees the store for the first time receives what is listed, and keeps its own counts',
  async (t) => {
    const [heard, forgotten]: [Purge[], string[]] = [[], []];
    const [key, names] = [randomBytes(32), someNames()];
    const seal = new Seal(key, 'purges');
    const purged: readonly Purge[] = [
      { kind: 'revoke', account: 'ada', sessions: true },
      { kind: 'forget', account: 'ben' },
    ];
    const listed = purged.map((purge, i) => messageOf(seal, i + 1, purge));
    const options = { store, names, realm: 'o', seal, random: randomBytes, stuck: () => {} };
    const purges = new Purges({ ...options, heard: (purge) => heard.push(purge) });
    t.teardown(() => purges.close());
    purges.forgotten = (account) => forgotten.push(account);
    await purges.caughtUp(2, listed, () => false);
    t.match(heard, [
      { kind: 'revoke', account: 'ada', sessions: true },
      { kind: 'revoke', account: 'ben', sessions: undefined },
    ]);
    t.same(forgotten, [], 'its attempts may be from later');
    t.equal(purges.last, 2);
  },
);

t.test(
  'a purge that came before an earlier one is not carried out once more with the list that has both',
  async (t) => {
    const heard: (string | undefined)[] = [];
    const [key, names] = [randomBytes(32), someNames()];
    const seal = new Seal(key, 'purges');
    const message = (number: number, account: string) => messageOf(seal, number, { kind: 'forget', account });
    const options = { store, names, realm: 'o', seal, random: randomBytes, stuck: () => {} };
    const purges = new Purges({ ...options, heard: ({ account }) => heard.push(account) });
    t.teardown(() => purges.close());
    await purges.caughtUp(5, [], () => false);
    await eventually(() => ask(server, 'PUBSUB', 'NUMSUB', names.of('purged')).endsWith('1'));
    const [six, seven] = [message(6, 'ada'), message(7, 'ben')];
    // Somebody who can write to the store, and has no key: the number alone is no reason to leave one out.
    for (const sent of [`6 ${'x'.repeat(60)}`, seven]) await store.publish(names.of('purged'), Buffer.from(sent), 1000);
    await eventually(() => heard.length === 1);
    await purges.caughtUp(7, [six, seven], () => false);
    t.same(heard, ['ben', 'ada']);
    t.equal(purges.last, 7);
  },
);

t.test('a purge is kept although an equal one is on its way, which may have been carried out before', async (t) => {
  const [key, names] = [randomBytes(32), someNames()];
  const answers: (() => void)[] = [];
  const run = () => new Promise<void>((resolve) => answers.push(resolve));
  const slow = { health: 'away', subscribe: () => () => {}, run };
  const options = { store: slow as unknown as Store, names, realm: 'o', seal: new Seal(key, 'purges') };
  const purges = new Purges({ ...options, random: randomBytes, stuck: () => {}, heard: () => {} });
  t.teardown(() => purges.close());
  const again = () => purges.announce({ kind: 'revoke', account: 'ada' });
  again();
  slow.health = 'well';
  const isTold = purges.tellWaiting(() => false);
  again();
  t.equal(purges.unsent.length, 2);
  answers[0]?.();
  await isTold;
  t.ok(purges.areWaiting);
  const isToldAgain = purges.tellWaiting(() => false);
  answers[1]?.();
  await isToldAgain;
  t.same(purges.unsent, []);
});

t.test('purges that wait are kept once each', async (t) => {
  const [key, names] = [randomBytes(32), someNames()];
  const away = { health: 'away', subscribe: () => () => {} } as unknown as Store;
  const seal = new Seal(key, 'purges');
  const options = { store: away, names, realm: 'o', seal, random: randomBytes, stuck: () => {}, heard: () => {} };
  const purges = new Purges(options);
  t.teardown(() => purges.close());
  for (let i = 0; i < 3000; i++) purges.announce({ kind: 'revoke', account: `person ${i % 1500}`, sessions: true });
  t.equal(purges.unsent.length, 1500);
  for (let i = 0; i < 5000; i++) purges.announce({ kind: 'revoke', account: `other ${i}` });
  t.ok(purges.unsent.length <= 4096);
});

t.test(
  'missed purges are done in many turns of the event loop, and what is announced meanwhile is not lost',
  async (t) => {
    const heard: (string | undefined)[] = [];
    const [key, names] = [randomBytes(32), someNames()];
    const seal = new Seal(key, 'purges');
    const message = (number: number) => messageOf(seal, number, { kind: 'revoke', account: `person ${number}` });
    const listed = Array.from({ length: 4096 }, (_, i) => message(i + 1));
    const options = { store, names, realm: 'o', seal, random: randomBytes, stuck: () => {} };
    const purges = new Purges({ ...options, heard: ({ account }) => heard.push(account) });
    t.teardown(() => purges.close());
    await eventually(() => ask(server, 'PUBSUB', 'NUMSUB', names.of('purged')).endsWith('1'));
    const publish = (number: number) => store.publish(names.of('purged'), Buffer.from(message(number)), 1000);
    // Between the answer with the list and the moment in which it is read.
    await publish(4097);
    await eventually(() => heard.length === 1);
    await purges.caughtUp(4096, listed, () => heard.length > 1000);
    t.equal(purges.last, undefined, 'given up: all of it comes again');
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    count();
    const isDone = purges.caughtUp(4096, listed, () => false);
    await publish(4098);
    await isDone;
    isOver = true;
    t.ok(turns > 60, `${turns} turns`);
    await eventually(() => heard.includes('person 4098'));
    t.equal(new Set(heard).size, 4098);
    t.equal(purges.last, 4098);
    await publish(4099);
    await eventually(() => purges.last === 4099);
  },
);

t.test(
  'an announced purge takes effect whatever its number is, because an emptied store counts from the beginning',
  async (t) => {
    const heard: (string | undefined)[] = [];
    const [key, names] = [randomBytes(32), someNames()];
    const seal = new Seal(key, 'purges');
    const options = { store, names, realm: 'o', seal, random: randomBytes, stuck: () => {} };
    const purges = new Purges({ ...options, heard: ({ account }) => heard.push(account) });
    t.teardown(() => purges.close());
    await purges.caughtUp(500, [], () => false);
    const another = new Purges({ ...options, heard: () => {} });
    t.teardown(() => another.close());
    await eventually(() => ask(server, 'PUBSUB', 'NUMSUB', names.of('purged')).endsWith('1'));
    another.announce({ kind: 'revoke', account: 'ada' });
    await eventually(() => heard.length > 0);
    t.same(heard, ['ada']);
  },
);

t.test(
  'notices that somebody repeats make an instance that reads alone look now and then, not each time',
  async (t) => {
    const names = someNames();
    let now = 0;
    const upstream = new CountingUpstream();
    const looks: number[] = [];
    const broken = {
      ...bound(store),
      run: () => Promise.reject(new StoreError('away', 'no')),
      health: 'well',
    } as Store;
    const one = instanceOf(upstream, broken, names, { clock: () => now, random: () => 0, look: () => looks.push(now) });
    t.teardown(() => one.stop());
    const other = new Notices(store, names, 'r', () => {});
    t.teardown(() => other.close());
    await eventually(() => ask(server, 'PUBSUB', 'NUMSUB', names.of('reads', 'r')).endsWith('1'));
    await one.reader.read();
    const heard: Buffer[] = [];
    t.teardown(store.subscribe(names.of('reads', 'r'), (message) => heard.push(message)));
    await other.send({ kind: 'free' });
    await eventually(() => looks.length === 1);
    // What an instance has sent, somebody else can repeat.
    for (let i = 0; i < 1000; i++) await store.publish(names.of('reads', 'r'), heard[0]!, 1000);
    await eventually(() => heard.length === 1001);
    // Behind every look that would be due now.
    await new Promise((resolve) => setTimeout(resolve, 1));
    t.equal(looks.length, 1);
    now = 5000;
    await store.publish(names.of('reads', 'r'), heard[0]!, 1000);
    await eventually(() => looks.length === 2);
  },
);

function bound(store: Store): Partial<Store> {
  return {
    onHealth: store.onHealth.bind(store),
    subscribe: store.subscribe.bind(store),
    publish: store.publish.bind(store),
  };
}

t.test('an instance takes no more purges from the list than it can have missed', async (t) => {
  const names = someNames();
  const [meta, purges] = [names.of('meta'), names.of('purges')];
  const greet = (last: string) => store.run(GREET, [meta, purges], ['e', last, 60_000, names.of('epoch')], 1000);
  await greet('');
  const list = (count: number, length: number) =>
    ask(
      server,
      'EVAL',
      `redis.call('DEL', KEYS[2]) for i = 1, ${count} do redis.call('RPUSH', KEYS[2], string.rep('x', ${length})) end
       return redis.call('HSET', KEYS[1], 'seq', ${count})`,
      '2',
      meta,
      purges,
    );
  for (const [count, length, isWhole] of [
    [3, 300, true],
    [4096, 400, true],
    [4097, 10, false],
    [20, 1_000_000, false],
  ] as const) {
    list(count, length);
    const [, , seq, ...missed] = (await greet('0')) as string[];
    t.equal(seq, String(count));
    t.equal(missed.length, isWhole ? count : 1);
    if (!isWhole) t.same(missed, ['gap']);
  }
});

t.test('what is recalled from the store is no longer than what instances write there', async (t) => {
  const names = someNames();
  const [meta, purges] = [names.of('meta'), names.of('purges')];
  const [epoch] = (await store.run(GREET, [meta, purges], ['e', '', 60_000, names.of('epoch')], 1000)) as [string];
  const decide = (token: string) =>
    store.run(BATCH, [meta], [epoch, `l 3 60000 50 100 60000 60000 60000\nd a ${token} ad co pw ar -\n`], 1000);
  const put = (key: string, field: string, value: string) =>
    ask(server, 'EVAL', `return redis.call('HSET', KEYS[1], '${field}', ${value})`, '1', key);
  const account = names.of('account', 'a');
  put(account, 'a', "'pw ' .. redis.call('TIME')[1] .. '000 0.0 ' .. string.rep('x', 100)");
  t.match(await decide('one'), /^accepted \d+ 0\.0 \d+ x{100}$/);
  put(account, 'a', "'pw ' .. redis.call('TIME')[1] .. '000 0.0 ' .. string.rep('x', 1000000)");
  t.match(await decide('two'), /^allowed \d+ 0\.0$/);
  put(account, 'g', "string.rep('1', 1000000)");
  t.equal(await decide('three'), 'error');
});

t.test('a flood of epochs that nobody has starts one greeting, and not one for each', async (t) => {
  const names = someNames();
  let greetings = 0;
  const counting: Store = Object.create(store, {
    run: {
      value: (...asked: Parameters<Store['run']>) => {
        if (asked[0] === GREET) greetings++;
        return store.run(...asked);
      },
    },
  }) as Store;
  const known = { store: counting, names, realm: 'o=org', random: randomBytes };
  const key = Buffer.alloc(32, 1);
  const decisions = new Decisions({
    ...{ ...known, seal: new Seal(key, 'verdicts'), clock: () => performance.now() },
    purges: new Purges({ ...known, seal: new Seal(key, 'purges'), heard: () => {}, stuck: () => {} }),
    ...{ decisionTime: 5000, flight: 1000, refusedTtl: 0, equalTime: 0, acceptedTtl: 0, grace: 0, took: () => {} },
  });
  t.teardown(() => decisions.close());
  await eventually(() => decisions.isTogether);
  const before = greetings;
  const flood = `for i = 1, 2000 do redis.call('PUBLISH', KEYS[1], 'epoch' .. i) end return 1`;
  ask(server, 'EVAL', flood, '1', names.of('epoch'));
  await eventually(() => greetings > before);
  await eventually(() => decisions.isTogether);
  t.ok(greetings - before <= 3, `${greetings - before} greetings`);
});
