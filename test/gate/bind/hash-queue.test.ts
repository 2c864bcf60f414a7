// The queue of hashes, by values: order, fairness, bounds, giving up, sharing, defects. The hash function is the test's.
import t from 'tap';
import { type HashOutcome, HashQueue, type HashQueueOptions } from '../../../src/gate/bind/hash-queue.js';

/** Everything that is due without a clock. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

interface Running {
  /** As it was when the hash began. */
  readonly text: string;
  readonly octets: Buffer;
  readonly answer: (isRight: boolean) => void;
  readonly fail: (error: Error) => void;
}

function make(options: Partial<HashQueueOptions> = {}) {
  const queue = new HashQueue({
    concurrency: 2,
    waitingPerClient: 4,
    placesPerAddress: 1000,
    places: 1000,
    ...options,
  });
  /** Hashes that are being computed now; and the passwords of all, in order. */
  const running: Running[] = [];
  const computed: string[] = [];
  const verify = (octets: Buffer) =>
    new Promise<boolean>((resolve, reject) => {
      const text = octets.toString();
      const end = () => running.splice(running.indexOf(one), 1);
      const one: Running = {
        text,
        octets,
        answer: (isRight) => {
          end();
          resolve(isRight);
        },
        fail: (error) => {
          end();
          reject(error);
        },
      };
      computed.push(text);
      running.push(one);
    });
  const ask = (account: string, password: string, address = 'a', by = verify, isKnown = false) => {
    const seen: HashOutcome[] = [];
    const id = `${account}/${password}`;
    const request = { account, id, address, isKnown, password: Buffer.from(password), verify: by };
    const leave = queue.check(request, (outcome) => void seen.push(outcome));
    if (seen.length > 0) throw new Error('answered within the call');
    return { seen, leave };
  };
  /** Ends the oldest hash, all `times`, and lets what follows happen. */
  const answer = async (isRight = false, times = 1) => {
    for (let i = 0; i < times; i++) {
      running[0]?.answer(isRight);
      await settled();
    }
  };
  const askKnown = (account: string, password: string, address = 'known') =>
    ask(account, password, address, verify, true);
  return { queue, running, computed, ask, askKnown, answer };
}

t.test('a password is compared, and the answer comes later, once', async (t) => {
  const { ask, answer, computed } = make();
  const [right, wrong] = [ask('x', 'good'), ask('y', 'bad')];
  t.same(computed, [], 'not within the call');
  await settled();
  t.same(computed, ['good', 'bad']);
  await answer(true);
  await answer(false);
  t.same([right.seen, wrong.seen], [['right'], ['wrong']]);
});

t.test('a limited number at a time in all, and one of each account (R109)', async (t) => {
  const { ask, answer, computed, running, queue } = make();
  for (const [account, password] of [
    ['x', '1'],
    ['x', '2'],
    ['y', '3'],
    ['z', '4'],
  ] as const)
    ask(account, password);
  await settled();
  t.same(computed, ['1', '3'], 'the second of x waits though it came before');
  t.equal(queue.waiting, 2);
  running[1]?.answer(false);
  await settled();
  t.same(computed, ['1', '3', '4'], 'x is still under way');
  await answer();
  t.same(computed, ['1', '3', '4', '2']);
  await answer(false, 2);
  t.same([queue.waiting, running.length], [0, 0]);
});

t.test('addresses take turns, whatever each has waiting (R109)', async (t) => {
  const { ask, answer, computed } = make({ concurrency: 1 });
  for (let i = 0; i < 4; i++) ask(`x${i}`, `a${i}`, 'a');
  for (let i = 0; i < 2; i++) ask(`x${i}`, `b${i}`, 'b');
  ask('x0', 'c0', 'c');
  await settled();
  await answer(false, 7);
  t.same(computed, ['a0', 'a1', 'b0', 'c0', 'a2', 'b1', 'a3']);
});

t.test('who is known comes before all strangers, however many addresses they have (R109, R115)', async (t) => {
  const { ask, askKnown, answer, computed } = make({ concurrency: 1, places: 300 });
  const strangers = Array.from({ length: 300 }, (_, i) => ask('app', `guess ${i}`, `address ${i}`));
  await settled();
  ask('app', 'one more', 'the last place');
  const known = askKnown('app', 'the right one');
  await answer();
  await answer(true);
  t.same(computed.slice(0, 2), ['guess 0', 'the right one']);
  t.same(known.seen, ['right']);
  t.equal(strangers.filter(({ seen }) => seen[0] === 'busy').length, 1, 'a stranger made room');
});

t.test('an address whose accounts are all under way keeps its turn for later', async (t) => {
  const { ask, running, computed } = make();
  ask('x', 'a0', 'a');
  ask('x', 'b0', 'b');
  ask('y', 'c0', 'c');
  await settled();
  t.same(computed, ['a0', 'c0'], 'b waits for its account');
  ask('z', 'a1', 'a');
  running[0]?.answer(false);
  await settled();
  t.same(computed, ['a0', 'c0', 'b0'], 'and is the next when that is free');
});

t.test(
  'of one account, only a limited number waits for an address; other addresses and accounts are not affected',
  async (t) => {
    const { ask, answer, computed, queue } = make({ waitingPerClient: 2 });
    const mine = Array.from({ length: 5 }, (_, i) => ask('x', `a${i}`));
    await settled();
    t.same(
      mine.map(({ seen }) => seen),
      [[], [], [], ['busy'], ['busy']],
      'one runs, two wait',
    );
    const [other, elsewhere] = [ask('y', 'y'), ask('x', 'b', 'b')];
    await answer(false, 5);
    t.same([other.seen, elsewhere.seen], [['wrong'], ['wrong']]);
    t.same([...computed].sort(), ['a0', 'a1', 'a2', 'b', 'y'], 'nothing is computed for the busy ones');
    t.equal(queue.waiting, 0);
  },
);

t.test('one address that takes all places loses its newest to one that has fewer', async (t) => {
  const { ask, answer, computed, queue } = make({ concurrency: 1, places: 4 });
  const flood = Array.from({ length: 7 }, (_, i) => ask(`x${i}`, `a${i}`, 'a'));
  await settled();
  t.same(
    flood.map(({ seen }) => seen),
    [[], [], [], [], [], ['busy'], ['busy']],
    'one runs, four wait',
  );
  const others = [ask('x', 'b0', 'b'), ask('y', 'b1', 'b'), ask('z', 'b2', 'b')];
  await settled();
  t.same([flood[4]?.seen, flood[3]?.seen, flood[2]?.seen], [['busy'], ['busy'], []], 'down to an equal share');
  t.same(
    others.map(({ seen }) => seen),
    [[], [], ['busy']],
    'the other address has no more than its share either',
  );
  t.equal(queue.waiting, 4);
  await answer(false, 5);
  t.same([...computed].sort(), ['a0', 'a1', 'a2', 'b0', 'b1']);
});

t.test('one address has a limited number of places, however many are free', async (t) => {
  const { ask, answer, computed } = make({ concurrency: 1, placesPerAddress: 2 });
  const mine = Array.from({ length: 5 }, (_, i) => ask(`x${i}`, `a${i}`, 'a'));
  const other = ask('y', 'b0', 'b');
  await settled();
  await answer(false, 4);
  t.same(
    mine.map(({ seen }) => seen[0]),
    ['wrong', 'wrong', 'wrong', 'busy', 'busy'],
  );
  t.same([other.seen, computed], [['wrong'], ['a0', 'a1', 'b0', 'a2']]);
});

t.test('places are counted in bytes: a long password takes as many as it has KiB', async (t) => {
  const { ask, answer, queue } = make({ concurrency: 1, places: 8 });
  ask('first', 'runs');
  await settled();
  const [long, second, short] = [ask('x', 'l'.repeat(7000)), ask('y', 'm'.repeat(2000)), ask('z', 'short')];
  await settled();
  t.same([long.seen, second.seen, short.seen], [[], ['busy'], []]);
  const endless = ask('w', 'n'.repeat(9000), 'b');
  await settled();
  t.same(endless.seen, ['busy'], 'one that would never fit');
  t.equal(queue.waiting, 2, 'and nobody loses a place for it that it cannot use');
  await answer(false, 3);
  t.equal(queue.waiting, 0);
});

t.test('what nobody waits for any more is not computed, and its place is free (R86)', async (t) => {
  const { ask, answer, computed, queue } = make({ waitingPerClient: 3 });
  const all = Array.from({ length: 4 }, (_, i) => ask('x', `a${i}`));
  await settled();
  for (const { leave } of all) leave();
  for (const { leave } of all) leave();
  t.equal(queue.waiting, 0);
  const later = ask('x', 'right');
  await answer(true, 2);
  t.same(computed, ['a0', 'right'], 'only what was running already');
  t.same(
    all.map(({ seen }) => seen),
    [[], [], [], []],
    'who has left is not answered',
  );
  t.same(later.seen, ['right']);
});

t.test('who leaves between the end of the hash and its answer is not answered', async (t) => {
  const { ask, running } = make();
  const first = ask('x', 'a');
  const busy = make({ places: 0 }).ask('x', 'b');
  busy.leave();
  await settled();
  running[0]?.answer(true);
  first.leave();
  await settled();
  t.same([first.seen, busy.seen], [[], []]);
});

t.test('the same password of the same account is computed once, waiting or running', async (t) => {
  const { ask, answer, computed } = make({ concurrency: 1, waitingPerClient: 1 });
  const running = [ask('x', 'one'), ask('x', 'one', 'b')];
  await settled();
  const late = ask('x', 'one', 'c');
  const waiting = [ask('x', 'two'), ask('x', 'two'), ask('x', 'two', 'b')];
  await answer(true);
  await answer(false);
  t.same(computed, ['one', 'two']);
  t.same(
    [...running, late, ...waiting].map(({ seen }) => seen[0]),
    ['right', 'right', 'right', 'wrong', 'wrong', 'wrong'],
  );
});

t.test('a shared one goes on while anybody waits for it, in the line of one who does', async (t) => {
  const { ask, answer, computed, queue } = make({ concurrency: 1 });
  ask('first', 'runs');
  await settled();
  const mine = ask('x', 'shared', 'a');
  const theirs = ask('x', 'shared', 'b');
  ask('y', 'b1', 'b');
  ask('z', 'a1', 'a');
  mine.leave();
  t.equal(queue.waiting, 3);
  await answer(true, 4);
  t.same(computed, ['runs', 'a1', 'b1', 'shared'], 'address b pays for it now');
  t.same([mine.seen, theirs.seen], [[], ['right']]);
});

t.test(
  'a hash function that throws or rejects is a defect for those who wait for it, and the queue goes on',
  async (t) => {
    const { ask, answer, running } = make({ concurrency: 1 });
    const thrown = ask('x', 'a', 'a', () => {
      throw new Error('no memory');
    });
    const [rejected, shared, next] = [ask('y', 'b'), ask('y', 'b'), ask('z', 'c')];
    const odd = ask('w', 'd', 'a', async () => 'yes' as unknown as boolean);
    await settled();
    t.same(thrown.seen, ['defect']);
    running[0]?.fail(new Error('no thread'));
    await settled();
    t.same([rejected.seen, shared.seen], [['defect'], ['defect']]);
    await answer(true, 2);
    t.same([next.seen, odd.seen], [['right'], ['wrong']], 'nothing but true is right');
    const again = ask('x', 'a');
    await settled();
    await answer(true);
    t.same(again.seen, ['right'], 'nothing is left of the defect');
  },
);

t.test('one that throws when it is answered keeps no other from its answer', async (t) => {
  const { queue, ask, answer } = make({ concurrency: 1 });
  const request = {
    account: 'x',
    id: 'x/a',
    address: 'a',
    isKnown: false,
    password: Buffer.from('a'),
    verify: async () => true,
  };
  const thrown: unknown[] = [];
  // In place of the runner's own, which would take it for a failure of the test.
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', (error) => thrown.push(error));
  queue.check(request, () => {
    throw new Error('a defect of the caller');
  });
  const [same, next] = [ask('x', 'a'), ask('x', 'b')];
  await settled();
  await answer(true);
  await settled();
  for (const listener of before) process.on('uncaughtException', listener);
  t.match(thrown, [{ message: 'a defect of the caller' }]);
  t.same([same.seen, next.seen], [['right'], ['right']]);
});

t.test('the password is copied, and the copy is wiped when it was compared, displaced or left', async (t) => {
  const { queue, running, ask } = make({ concurrency: 1, places: 1 });
  const password = Buffer.from('secret');
  const request = { account: 'x', id: '1', address: 'a', isKnown: false, password, verify: async () => true };
  const copies: Buffer[] = [];
  const from = Buffer.from.bind(Buffer);
  t.intercept(Buffer, 'from', {
    value: (...args: Parameters<typeof Buffer.from>) => {
      const copy = from(...args);
      if ((args[0] as unknown) === password) copies.push(copy);
      return copy;
    },
  });
  ask('first', 'runs');
  await settled();
  const leave = queue.check(request, () => {});
  password.fill(0x2a);
  t.same(copies[0]?.toString(), 'secret', 'the client’s own may be wiped meanwhile');
  leave();
  queue.check({ ...request, id: '2' }, () => {});
  ask('y', 'also', 'b');
  running[0]?.answer(false);
  await settled();
  t.equal(copies.length, 2);
  for (const copy of copies) t.ok(copy.every((octet) => octet === 0));
});
