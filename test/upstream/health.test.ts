// Which address is asked first, and when one that failed is tried again; how long a connection may stay unused. By a clock of the test's.
import t from 'tap';
import { parseEndpoint } from '../../src/upstream/endpoint.js';
import { EndpointHealth } from '../../src/upstream/health.js';
import { IdleLimit } from '../../src/upstream/idle-limit.js';

const [A, B, C] = ['a', 'b', 'c'].map((host) => parseEndpoint(`ldaps://${host}.example`, false)) as [
  ReturnType<typeof parseEndpoint>,
  ReturnType<typeof parseEndpoint>,
  ReturnType<typeof parseEndpoint>,
];

/** `random` always gives the same. */
function setUp(random = 0) {
  let now = 0;
  const health = new EndpointHealth(
    [A, B, C],
    () => now,
    () => random,
  );
  const order = () =>
    health
      .order()
      .map(({ host }) => host[0])
      .join('');
  return {
    health,
    order,
    at: (time: number) => {
      now = time;
    },
  };
}

t.test('an address is down since the first of its failures in a row', async (t) => {
  const { health, at } = setUp();
  t.equal(health.failingSinceOf(A), undefined);
  at(7);
  health.failed(A);
  at(100);
  health.failed(A);
  t.same([health.failingSinceOf(A), health.failingSinceOf(B)], [7, undefined]);
  health.succeeded(A);
  t.equal(health.failingSinceOf(A), undefined);
  at(200);
  health.failed(A);
  t.equal(health.failingSinceOf(A), 200);
});

t.test('addresses are tried as configured, those that fail behind, soonest rested first', async (t) => {
  const { health, order, at } = setUp();
  t.equal(order(), 'abc');
  health.failed(A);
  t.equal(order(), 'bca');
  t.same([health.healthy, health.isHealthy(A), health.failuresOf(A)], [2, false, 1]);
  at(10);
  health.failed(B);
  t.equal(order(), 'cab');
  health.failed(C);
  t.equal(order(), 'abc', 'B and C rest as long as each other: as configured');
  health.failed(A);
  t.equal(order(), 'bca', 'A failed again and rests longer');
  health.succeeded(B);
  t.equal(order(), 'bca');
  health.succeeded(A);
  t.equal(order(), 'abc');
  t.same([health.healthy, health.failuresOf(A), health.failuresOf(C)], [2, 0, 1]);
});

t.test('an address that nobody configured changes nothing', async (t) => {
  const { health, order } = setUp();
  const other = parseEndpoint('ldaps://other.example', false);
  health.failed(other);
  health.succeeded(other);
  t.same([order(), health.healthy, health.failuresOf(other)], ['abc', 3, 0]);
});

/** Milliseconds of rest after this number of failures, without chance and with most of it. */
const RESTS: readonly [number, number, number][] = [
  [1, 187.5, 250],
  [2, 375, 500],
  [3, 750, 1000],
  [4, 900, 1200],
  [50, 900, 1200],
];

for (const [failures, least, most] of RESTS) {
  t.test(`after ${failures} failures an address rests from ${least} to ${most} ms`, async (t) => {
    for (const [random, rest] of [
      [0, least],
      [1, most],
    ] as const) {
      const { health, at } = setUp(random);
      for (let i = 0; i < failures; i++) health.failed(A);
      at(rest - 1);
      t.equal(health.toTry(), undefined);
      at(rest);
      t.equal(health.toTry(), A);
      t.equal(health.toTry(), undefined, 'one trial at a time: the next is put off');
      at(2 * rest);
      t.equal(health.toTry(), A);
      health.succeeded(A);
      at(1e9);
      t.equal(health.toTry(), undefined, 'nothing to try where all are well');
    }
  });
}

t.test('of several that have rested the first as configured is tried', async (t) => {
  const { health, at } = setUp();
  health.failed(C);
  health.failed(B);
  at(5000);
  t.same([health.toTry(), health.toTry(), health.toTry()], [B, C, undefined]);
});

const HOUR = 3_600_000;
const LONGEST = 60_000;

/** What the upstream closed: idle time and moment of each; then the limit at a moment. */
const LESSONS: readonly [string, [number, number][], number, number][] = [
  ['nothing was closed', [], 0, LONGEST],
  ['one was closed: it may have restarted', [[10_000, 0]], 1, LONGEST],
  [
    'two after the same time: four fifths of it',
    [
      [10_000, 0],
      [10_000, 5000],
    ],
    5001,
    8000,
  ],
  [
    'two after similar times: of the shorter',
    [
      [10_000, 0],
      [9000, 5000],
    ],
    5001,
    7200,
  ],
  [
    'two after the same time in one moment are one event',
    [
      [10_000, 0],
      [10_000, 1999],
    ],
    5000,
    LONGEST,
  ],
  [
    'two after times that differ',
    [
      [10_000, 0],
      [20_000, 30_000],
    ],
    30_001,
    LONGEST,
  ],
  [
    'the third agrees with the second',
    [
      [10_000, 0],
      [20_000, 30_000],
      [20_500, 60_000],
    ],
    60_001,
    16_000,
  ],
  [
    'never below half a second',
    [
      [100, 0],
      [100, 5000],
    ],
    5001,
    500,
  ],
  [
    'never above our own',
    [
      [500_000, 0],
      [500_000, 5000],
    ],
    5001,
    LONGEST,
  ],
  [
    'a lesson holds for an hour',
    [
      [10_000, 0],
      [10_000, 5000],
    ],
    5000 + HOUR,
    8000,
  ],
  [
    'and is then forgotten',
    [
      [10_000, 0],
      [10_000, 5000],
    ],
    5001 + HOUR,
    LONGEST,
  ],
];

for (const [what, closed, now, expected] of LESSONS) {
  t.test(`how long a connection may stay unused: ${what}`, async (t) => {
    const limit = new IdleLimit(LONGEST);
    for (const [idle, at] of closed) limit.closedByUpstream(idle, at);
    t.equal(limit.at(now), expected);
  });
}

t.test('a lesson that was forgotten needs two closings again', async (t) => {
  const limit = new IdleLimit(LONGEST);
  limit.closedByUpstream(10_000, 0);
  limit.closedByUpstream(10_000, 5000);
  limit.at(5001 + HOUR);
  limit.closedByUpstream(10_000, 6000 + HOUR);
  t.equal(limit.at(6001 + HOUR), LONGEST);
  limit.closedByUpstream(10_000, 16_000 + HOUR);
  t.equal(limit.at(16_001 + HOUR), 8000);
});
