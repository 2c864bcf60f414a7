// The fair scheduler: a burst is served in slices, address by address, and new work is served in between. By a clock that the test moves.
import t from 'tap';
import { FairScheduler, Lane, Task } from '../../src/server/fair-scheduler.js';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

class Job extends Task {
  constructor(
    readonly lane: Lane,
    private readonly work: (job: Job) => void,
  ) {
    super();
  }

  run(): boolean {
    this.work(this);
    return true;
  }
}

function setUp() {
  let now = 1000;
  const defects: unknown[] = [];
  const scheduler = new FairScheduler(
    () => now,
    (error) => defects.push(error),
  );
  const lane = new Lane();
  return {
    scheduler,
    defects,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    later: (work: (job: Job) => void, of = lane) => scheduler.later(new Job(of, work)),
  };
}

t.test('a turn has time for a while, and again when the line has had its look (R72)', async (t) => {
  const { scheduler, later, pass } = setUp();
  t.ok(scheduler.hasTime());
  pass(4);
  t.ok(scheduler.hasTime());
  pass(2);
  t.notOk(scheduler.hasTime(), 'used up');
  let isDone = false;
  later(() => {
    isDone = true;
  });
  t.notOk(isDone, 'not now');
  await nextTurn();
  t.ok(isDone, 'in the next turn');
  t.ok(scheduler.hasTime(), 'which begins again');
});

t.test('a long line is served in order and in slices, with others between (R72)', async (t) => {
  const { scheduler, later, pass } = setUp();
  const served: number[] = [];
  for (let i = 0; i < 100; i++)
    later(() => {
      served.push(i);
      pass(1);
    });
  const perTurn: number[] = [];
  while (served.length < 100) {
    const before = served.length;
    await nextTurn();
    perTurn.push(served.length - before);
    t.ok(scheduler.hasTime(), 'a client that comes now is served immediately');
  }
  t.same(
    served,
    Array.from({ length: 100 }, (_, i) => i),
  );
  t.ok(Math.max(...perTurn) <= 5, `at most ${Math.max(...perTurn)} milliseconds a turn`);
});

t.test('what a work leaves for the next tick counts for the slice: handshakes are done there (R72)', async (t) => {
  const { later, pass } = setUp();
  let served = 0;
  for (let i = 0; i < 20; i++)
    later(() =>
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
  const { scheduler, later } = setUp();
  const done: string[] = [];
  later((job) => {
    done.push('again');
    if (done.length < 5) scheduler.later(job);
  });
  await nextTurn();
  t.same(done, ['again'], 'once a turn');
  while (done.length < 5) await nextTurn();
});

t.test('ten thousand works are served, each once', async (t) => {
  const { later, pass } = setUp();
  const served = new Set<number>();
  for (let i = 0; i < 10_000; i++)
    later(() => {
      served.add(i);
      pass(0.01);
    });
  while (served.size < 10_000) await nextTurn();
  await nextTurn();
  t.equal(served.size, 10_000);
});

t.test('lanes take turns: one with few tasks does not wait for one with many (R72)', async (t) => {
  const { later, pass } = setUp();
  const [crowd, other] = [new Lane(), new Lane()];
  const served: string[] = [];
  const say = (name: string) => () => {
    served.push(name);
    pass(1);
  };
  for (let i = 0; i < 500; i++) later(say('crowd'), crowd);
  for (let i = 0; i < 3; i++) later(say('other'), other);
  await nextTurn();
  await nextTurn();
  t.same(served.slice(0, 6), ['crowd', 'other', 'crowd', 'other', 'crowd', 'other']);
});

t.test('a task waits once, however often it is scheduled', async (t) => {
  const { scheduler, later } = setUp();
  let served = 0;
  const job = new Job(new Lane(), () => served++);
  for (let i = 0; i < 5; i++) scheduler.later(job);
  await nextTurn();
  t.equal(served, 1);
  let isOver = false;
  later(() => {
    isOver = true;
  });
  await nextTurn();
  t.ok(isOver);
  t.equal(served, 1);
});

t.test('a task that throws is reported, and the others have their turn', async (t) => {
  const { later, defects } = setUp();
  let served = 0;
  for (let i = 0; i < 3; i++)
    later(() => {
      throw new Error(`planted ${i}`);
    });
  later(() => served++);
  while (served === 0) await nextTurn();
  t.same(
    defects.map(String),
    [0, 1, 2].map((i) => `Error: planted ${i}`),
  );
});

t.test('the longest turn is reported once', async (t) => {
  const { scheduler, later, pass } = setUp();
  let served = 0;
  for (const time of [1, 7, 2]) {
    later(() => {
      pass(time);
      served++;
    });
    await nextTurn();
  }
  t.equal(served, 3);
  t.equal(scheduler.takeLongest(), 7);
  t.equal(scheduler.takeLongest(), 0);
});
