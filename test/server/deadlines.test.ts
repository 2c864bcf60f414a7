// What a client may take its time for: a table of situations and times, by a clock that the test moves (R60, R67 to R69).
import t from 'tap';
import { Deadlines, type Standing } from '../../src/server/deadlines.js';
import type { Limits } from '../../src/server/limits.js';

const LIMITS: Limits = {
  connections: 1,
  connectionsPerAddress: 1,
  unboundPerAddress: 1,
  unboundTime: 60_000,
  messageBytes: 1,
  messageBytesBeforeBind: 1,
  messageTime: 30_000,
  handshakeTime: 10_000,
  idleTime: 3_600_000,
  pendingOperations: 1,
  pendingBytes: 1,
  pendingBytesPerAddress: 1,
  pendingBytesInAll: 1,
  keptBytesPerAddress: 1,
  keptBytesInAll: 1,
  rankedEntries: 1,
};
/** Of a connection that waits for its client. */
const WAITING: Standing = { state: 'open', isStalled: false, isReading: true, isIdle: true, wasBound: true };

/** Created at 1000 ms; `at` moves the clock to this number of ms after that. */
function setUp(limits: Partial<Limits> = {}) {
  let now = 1000;
  const deadlines = new Deadlines({ ...LIMITS, ...limits }, () => now);
  return {
    deadlines,
    at: (time: number) => {
      now = 1000 + time;
    },
    overdue: (time: number, standing: Partial<Standing> = {}) =>
      deadlines.overdue({ ...WAITING, ...standing }, 1000 + time),
  };
}

const TABLE: readonly {
  readonly what: string;
  readonly before?: (set: ReturnType<typeof setUp>) => void;
  readonly limits?: Partial<Limits>;
  readonly standing?: Partial<Standing>;
  /** The last moment that is right, and what it is behind that; never if left out. */
  readonly until?: number;
  readonly fault?: string;
}[] = [
  { what: 'nothing is asked', until: 3_600_000, fault: 'idle' },
  { what: 'it has never bound', standing: { wasBound: false }, until: 60_000, fault: 'no bind in time' },
  {
    what: 'it has never bound, and moves',
    before: ({ deadlines, at }) => {
      at(50_000);
      deadlines.clientMoved();
    },
    standing: { wasBound: false },
    until: 60_000,
    fault: 'no bind in time',
  },
  { what: 'it has never bound, and a bind is under way', standing: { wasBound: false, isIdle: false } },
  {
    what: 'it has never bound, and nobody minds',
    limits: { unboundTime: 0 },
    standing: { wasBound: false },
    until: 3_600_000,
    fault: 'idle',
  },
  { what: 'nothing is asked, and nobody minds', limits: { idleTime: 0 } },
  { what: 'an operation is under way', standing: { isIdle: false } },
  {
    what: 'the client moved',
    before: ({ deadlines, at }) => {
      at(5000);
      deadlines.clientMoved();
    },
    until: 3_605_000,
    fault: 'idle',
  },
  {
    what: 'a message has begun',
    before: ({ deadlines }) => deadlines.messagePending(true),
    until: 30_000,
    fault: 'message too slow',
  },
  {
    what: 'a message has begun, and more of it came later (R68)',
    before: ({ deadlines, at }) => {
      deadlines.messagePending(true);
      at(20_000);
      deadlines.clientMoved();
      deadlines.messagePending(true);
    },
    until: 30_000,
    fault: 'message too slow',
  },
  {
    what: 'a message was whole, and the next has begun',
    before: ({ deadlines, at }) => {
      deadlines.messagePending(true);
      at(20_000);
      deadlines.messageTaken();
      deadlines.messagePending(true);
    },
    until: 50_000,
    fault: 'message too slow',
  },
  {
    what: 'a message was whole, and nothing is behind it',
    before: ({ deadlines }) => {
      deadlines.messagePending(true);
      deadlines.messagePending(false);
    },
    until: 3_600_000,
    fault: 'idle',
  },
  {
    what: 'a message has begun and it is we who do not read',
    before: ({ deadlines }) => deadlines.messagePending(true),
    standing: { isReading: false, isIdle: false },
  },
  {
    what: 'the client does not read',
    before: ({ deadlines, at }) => {
      at(7000);
      deadlines.outputStalled();
    },
    standing: { isStalled: true, isIdle: false },
    until: 37_000,
    fault: 'client does not read',
  },
  {
    what: 'the client does not read and sends no more',
    before: ({ deadlines }) => deadlines.outputStalled(),
    standing: { state: 'half-closed', isStalled: true, isIdle: false },
    until: 30_000,
    fault: 'client does not read',
  },
  {
    what: 'the client does not read, and a message has begun: it waits for itself',
    before: ({ deadlines, at }) => {
      deadlines.messagePending(true);
      at(25_000);
      deadlines.outputStalled();
    },
    standing: { isStalled: true },
    until: 55_000,
    fault: 'client does not read',
  },
  {
    what: 'a handshake',
    before: ({ deadlines }) => deadlines.stateBegan(),
    standing: { state: 'handshake' },
    until: 10_000,
    fault: 'TLS handshake too slow',
  },
  {
    what: 'a handshake in which the client moves',
    before: ({ deadlines, at }) => {
      at(2000);
      deadlines.stateBegan();
      at(9000);
      deadlines.clientMoved();
      deadlines.messagePending(true);
    },
    standing: { state: 'handshake' },
    until: 12_000,
    fault: 'TLS handshake too slow',
  },
  {
    what: 'a farewell',
    before: ({ deadlines, at }) => {
      at(100);
      deadlines.stateBegan();
    },
    standing: { state: 'closing' },
    until: 1100,
    fault: 'gone',
  },
  { what: 'the end', before: ({ deadlines }) => deadlines.messagePending(true), standing: { state: 'closed' } },
];

for (const { what, before, limits, standing, until, fault } of TABLE) {
  t.test(`${what}: ${fault === undefined ? 'for ever' : `${fault} after ${until} ms`}`, async (t) => {
    const set = setUp(limits);
    before?.(set);
    if (until === undefined) return void t.equal(set.overdue(1e9, standing), undefined);
    t.equal(set.overdue(until, standing), undefined);
    t.equal(set.overdue(until + 1, standing), fault);
  });
}
