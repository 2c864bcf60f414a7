// Turns: a burst is served in slices, and whoever comes meanwhile is served between. By a clock that the test moves.
import t from 'tap';
import { Turns } from '../../src/server/turns.js';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

function setUp(): { turns: Turns; pass: (milliseconds: number) => void } {
  let now = 1000;
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { turns: new Turns(() => now), pass };
}

t.test('a turn has time for a while, and again when the line has had its look (R72)', async (t) => {
  const { turns, pass } = setUp();
  t.ok(turns.hasTime());
  pass(4);
  t.ok(turns.hasTime());
  pass(2);
  t.notOk(turns.hasTime(), 'used up');
  let isDone = false;
  turns.later(() => {
    isDone = true;
  });
  t.notOk(isDone, 'not now');
  await nextTurn();
  t.ok(isDone, 'in the next turn');
  t.ok(turns.hasTime(), 'which begins anew');
});

t.test('a long line is served in order and in slices, with others between (R72)', async (t) => {
  const { turns, pass } = setUp();
  const served: number[] = [];
  for (let i = 0; i < 100; i++)
    turns.later(() => {
      served.push(i);
      pass(1);
    });
  const perTurn: number[] = [];
  while (served.length < 100) {
    const before = served.length;
    await nextTurn();
    perTurn.push(served.length - before);
    t.ok(turns.hasTime(), 'whoever comes now is served at once');
  }
  t.same(
    served,
    Array.from({ length: 100 }, (_, i) => i),
  );
  t.ok(Math.max(...perTurn) <= 5, `at most ${Math.max(...perTurn)} milliseconds a turn`);
});

t.test('what a work leaves for the next tick counts for the slice: handshakes are done there (R72)', async (t) => {
  const { turns, pass } = setUp();
  let served = 0;
  for (let i = 0; i < 20; i++)
    turns.later(() =>
      process.nextTick(() => {
        served++;
        pass(2);
      }),
    );
  await nextTurn();
  t.ok(served <= 3, `${served} of 20 in the first turn`);
  while (served < 20) await nextTurn();
  t.pass('and all in the end');
});

t.test('who comes back during a slice waits for the next one: others are served between', async (t) => {
  const { turns } = setUp();
  const done: string[] = [];
  const again = () => {
    done.push('again');
    if (done.length < 5) turns.later(again);
  };
  turns.later(again);
  await nextTurn();
  t.same(done, ['again'], 'once a turn');
  while (done.length < 5) await nextTurn();
});

t.test('ten thousand works are served, each once', async (t) => {
  const { turns, pass } = setUp();
  const served = new Set<number>();
  for (let i = 0; i < 10_000; i++)
    turns.later(() => {
      served.add(i);
      pass(0.01);
    });
  while (served.size < 10_000) await nextTurn();
  await nextTurn();
  t.equal(served.size, 10_000);
});
