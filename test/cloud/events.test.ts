// The poll of JumpCloud's events: whatever their order, delays and repetitions within the overlap, each is reported once, and none is lost.
import fc from 'fast-check';
import t from 'tap';
import { EventPoll, LONGEST_GAP, OVERLAP, type PollOutcome } from '../../src/cloud/events.js';
import {
  CloudError,
  type CloudEvent,
  type CloudFault,
  type EventPage,
  type EventQuery,
} from '../../src/cloud/ports.js';

const START = Date.UTC(2026, 10, 26, 12);

interface Entry {
  readonly event: CloudEvent;
  /** When it can be read. */
  readonly readableAt: number;
}

const eventOf = (id: string, at: number): CloudEvent => ({
  ...{ id, at, service: 'directory', type: 'user_suspended', username: 'ada', subject: 'u1', success: true },
  ...{ errorMessage: undefined, factors: {} },
});

/** JumpCloud's side: a scripted history, its own clock, and pages. */
class History {
  entries: Entry[] = [];
  private sorted: { readonly of: readonly Entry[]; readonly entries: readonly Entry[] } = { of: [], entries: [] };
  now = START;
  fault: CloudFault | undefined;
  asked: EventQuery[] = [];
  running = 0;
  most = 0;
  page = 1000;
  hold: Promise<void> | undefined;
  /** Calls that are left; 2 more for each poll. */
  budget = Number.POSITIVE_INFINITY;
  /** Whether the answers have the time. */
  tellsTime = false;

  add(id: string, at = this.now, readableAt = at) {
    this.entries.push({ event: eventOf(id, at), readableAt });
  }

  /** All entries by time, then id. They are sorted once for each change, for some tests have tens of thousands and ask as often. */
  private inOrder(): readonly Entry[] {
    const { entries } = this;
    if (this.sorted.of !== entries || this.sorted.entries.length !== entries.length)
      this.sorted = {
        of: entries,
        entries: [...entries].sort(({ event: a }, { event: b }) => a.at - b.at || (a.id < b.id ? -1 : 1)),
      };
    return this.sorted.entries;
  }

  /** What a question finds by now, in its order. */
  private readable({ since, newestFirst }: EventQuery): CloudEvent[] {
    const entries = this.inOrder();
    let [first, last] = [0, entries.length];
    while (first < last) {
      const middle = (first + last) >>> 1;
      if (entries[middle]!.event.at < since) first = middle + 1;
      else last = middle;
    }
    const found = [];
    for (let i = first; i < entries.length; i++) if (entries[i]!.readableAt <= this.now) found.push(entries[i]!.event);
    return newestFirst ? found.reverse() : found;
  }

  readonly api = {
    events: async (_: unknown, query: EventQuery): Promise<EventPage> => {
      this.asked.push(query);
      this.most = Math.max(this.most, ++this.running);
      await this.hold;
      this.running--;
      if (this.fault !== undefined) throw new CloudError(this.fault, 'failed');
      if (this.budget < 1) throw new CloudError('budget', 'enough');
      this.budget--;
      const limit = Math.min(query.limit, this.page);
      const all = this.readable(query);
      const from = query.after === undefined ? 0 : all.findIndex(({ id }) => id === query.after?.[0]) + 1;
      const events = all.slice(from, from + limit);
      const next = events.length < limit ? undefined : [events.at(-1)!.id];
      return { events, next, answeredAt: this.tellsTime ? Math.floor(this.now / 1000) * 1000 : undefined };
    },
  };
}

/** `apart`: how many milliseconds this machine's clock is behind JumpCloud's. */
function make({ apart = 0, history = new History(), throws = 0 } = {}) {
  const seen: string[] = [];
  const outcomes: PollOutcome[] = [];
  const expected = throws;
  let gaps = 0;
  let defects = 0;
  const poll = new EventPoll({
    seen: (events) => {
      if (throws-- > 0) throw new Error('a defect');
      seen.push(...events.map(({ id }) => id));
    },
    gap: () => void gaps++,
    turned: (outcome) => outcomes.push(outcome),
    defect: (error) => void (++defects > expected && t.fail(String(error))),
    clock: () => history.now - START,
    now: () => history.now - apart,
    random: () => 0.5,
  });
  t.teardown(() => poll.use(undefined));
  return { history, poll, seen, outcomes, gaps: () => gaps };
}

async function begun(options: Parameters<typeof make>[0] = {}) {
  const made = make(options);
  made.poll.use(made.history.api);
  await made.poll.poll();
  return made;
}

t.test('the first poll begins at now, and acts on nothing old', async (t) => {
  const history = new History();
  history.add('old', START - 1000);
  const { poll, seen } = await begun({ history });
  await poll.poll();
  t.same(seen, []);
  history.now += 12_000;
  history.add('new');
  await poll.poll();
  await poll.poll();
  t.same(seen, ['new']);
});

t.test('any order, delay and repetition within the overlap, clocks five minutes apart: each once, none lost', (t) =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ at: fc.integer({ min: 0, max: 600_000 }), late: fc.integer({ min: 0, max: OVERLAP - 15_000 }) }),
        { maxLength: 40 },
      ),
      fc.constantFrom(-300_000, 0, 300_000),
      fc.constantFrom(5, 7, 1000),
      fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 10 }),
      async (entries, apart, page, failing) => {
        const { history, poll, seen } = await begun({ apart });
        history.page = page;
        for (const [index, { at, late }] of entries.entries())
          history.add(`e${index}`, START + 1 + at, START + 1 + at + late);
        for (let n = 0; n < 80; n++) {
          history.now += 12_000;
          history.fault = failing.includes(n) ? 'away' : undefined;
          await poll.poll();
        }
        t.same([...seen].sort(), entries.map((_, index) => `e${index}`).sort());
        poll.use(undefined);
      },
    ),
    { numRuns: 40 },
  ),
);

t.test('after an outage it goes on from where it was; of more than an hour it says so', async (t) => {
  const { history, poll, seen, gaps, outcomes } = await begun();
  history.add('before', START + 1);
  history.fault = 'away';
  for (const minutes of [10, 20, 20]) {
    history.now += minutes * 60_000;
    history.add(`at ${minutes} ${history.now}`);
    await poll.poll();
  }
  history.fault = undefined;
  await poll.poll();
  t.equal(seen.length, 4);
  t.same([gaps(), outcomes], [0, ['away', 'ok']]);
  history.now += LONGEST_GAP + 1;
  history.add('missed');
  await poll.poll();
  t.same([seen.length, gaps()], [5, 1], 'what can be known of it is reported');
  history.now += 1000;
  history.add('next');
  await poll.poll();
  t.same([seen.at(-1), gaps()], ['next', 1]);
});

t.test('a poll with too many pages continues in the next one, even if all events have the same time', async (t) => {
  const { history, poll, seen } = await begun();
  history.now += 1000;
  for (let i = 0; i < 250; i++) history.add(`e${String(i).padStart(3, '0')}`);
  history.page = 10;
  await poll.poll();
  t.equal(history.asked.length, 1 + 10, 'pages are bounded');
  await poll.poll();
  await poll.poll();
  t.equal(seen.length, 250);
});

t.test('an event from the far future moves nothing on', async (t) => {
  const { history, poll, seen } = await begun();
  history.entries.push({ event: eventOf('future', START + 10 * 365 * 86_400_000), readableAt: START });
  await poll.poll();
  history.now += 12_000;
  history.add('next');
  await poll.poll();
  t.same(seen, ['future', 'next']);
});

t.test('polls never overlap, however slow the API; without a plan it is said once', async (t) => {
  const { history, poll, outcomes } = await begun();
  let go = () => {};
  history.hold = new Promise((resolve) => {
    go = resolve;
  });
  const all = [poll.poll(), poll.poll(), poll.poll()];
  go();
  await Promise.all(all);
  t.equal(history.most, 1);
  history.fault = 'no-plan';
  await poll.poll();
  await poll.poll();
  t.same(outcomes, ['no-plan']);
  t.equal(poll.polls.get('no-plan'), 2);
});

t.test('another API goes on from where the last one was', async (t) => {
  const { history, poll, seen } = await begun();
  history.now += 5000;
  history.add('meanwhile');
  poll.use({ events: history.api.events });
  await poll.poll();
  t.same(seen, ['meanwhile']);
});

/** Polls every 12 s, until it is so; after how many. */
async function until(history: History, poll: EventPoll, isSo: () => boolean, most = 400) {
  for (let polls = 0; ; polls++) {
    if (isSo() || polls === most) return polls;
    history.now += 12_000;
    history.budget = Math.min(100, history.budget + 2);
    await poll.poll();
  }
}

t.test('after a burst of any size the next events are reported soon, and quiet costs a call a poll', async (t) => {
  for (const size of [1999, 2000, 5000, 20_000])
    for (const during of [1, 100_000]) {
      const { history, poll, seen } = await begun();
      history.budget = 100;
      for (let i = 0; i < size; i++) history.add(`e${i}`, history.now + 1 + Math.floor((i * during) / size));
      history.now += during;
      await until(history, poll, () => seen.length === size);
      t.equal(new Set(seen).size, size);
      await until(history, poll, () => false, 200);
      history.asked = [];
      await until(history, poll, () => false, 10);
      t.equal(history.asked.length, 10, 'one call each');
      history.add('suspension');
      t.equal(await until(history, poll, () => seen.includes('suspension')), 1, `${size} in ${during} ms`);
      poll.use(undefined);
    }
});

t.test('in a flood that the budget has room for, events are reported within minutes', async (t) => {
  const { history, poll, seen, gaps } = await begun();
  history.budget = 100;
  let n = 0;
  const flood = () => {
    for (let i = 0; i < 600; i++) history.add(`e${n++}`, history.now - 12_000 + i * 20);
    history.entries = history.entries.slice(-60_000);
    return false;
  };
  await until(history, poll, flood, 350);
  history.add('suspension');
  t.ok((await until(history, poll, () => flood() || seen.includes('suspension'))) < 20);
  t.equal(gaps(), 0);
});

t.test('any fault in mid-page leaves the place; an address that is refused does not', async (t) => {
  for (const fault of ['away', 'slow', 'busy', 'budget', 'garbled'] as const) {
    const { history, poll, seen } = await begun();
    history.now += 1000;
    for (let i = 0; i < 50; i++) history.add(`e${String(i).padStart(2, '0')}`);
    history.page = 2;
    const { events } = history.api;
    let calls = 0;
    history.api.events = async (...call) => {
      if (++calls % 3 === 0) throw new CloudError(fault, 'failed');
      return events(...call);
    };
    await until(history, poll, () => seen.length === 50);
    t.equal(seen.length, 50, fault);
    poll.use(undefined);
  }
  const { history, poll, seen } = await begun();
  history.now += 1000;
  for (let i = 0; i < 30; i++) history.add(`e${String(i).padStart(2, '0')}`);
  history.page = 2;
  await poll.poll();
  const { events } = history.api;
  let isRefused = true;
  history.api.events = async (...[purpose, query]) => {
    if (isRefused && query.after !== undefined) {
      isRefused = false;
      throw new CloudError('garbled', 'no such place', 400);
    }
    return events(purpose, query);
  };
  await until(history, poll, () => seen.length === 30);
  t.equal(new Set(seen).size, 30);
});

t.test(
  'while there is no answer for over an hour all is forgotten, once, and once more with the first answer',
  async (t) => {
    for (const isStart of [true, false]) {
      const history = new History();
      if (isStart) history.fault = 'away';
      const { poll, gaps } = await begun({ history });
      history.fault = 'away';
      await until(history, poll, () => gaps() > 0);
      t.ok(history.now - START > LONGEST_GAP && history.now - START < LONGEST_GAP + 30_000);
      await until(history, poll, () => gaps() > 1, 400);
      t.equal(gaps(), 1);
      history.fault = undefined;
      await until(history, poll, () => gaps() > 1, 1);
      t.equal(gaps(), 2);
      await until(history, poll, () => gaps() > 2, 100);
      t.equal(gaps(), 2);
      poll.use(undefined);
    }
  },
);

t.test('without a plan nothing is forgotten: events were never expected', async (t) => {
  const history = new History();
  history.fault = 'no-plan';
  const { poll, gaps } = await begun({ history });
  await until(history, poll, () => false);
  t.equal(gaps(), 0);
});

t.test('what happens between the first question and the first answer is reported, however much it is', async (t) => {
  for (const apart of [-60_000, 0, 60_000])
    for (const count of [1, 3000]) {
      const history = new History();
      history.fault = 'away';
      history.tellsTime = true;
      history.add('old', START - OVERLAP - 2000);
      const { poll, seen } = await begun({ history, apart });
      history.now += 12_000;
      for (let i = 0; i < count; i++) history.add(`e${i}`, history.now + i);
      await until(history, poll, () => false, 100);
      history.fault = undefined;
      await until(history, poll, () => seen.length >= count, 20);
      t.equal(new Set(seen).size, count);
      t.notOk(seen.includes('old'));
      poll.use(undefined);
    }
});

t.test('an event with a time from ahead of JumpCloud’s clock moves nothing on', async (t) => {
  for (const apart of [0, 300_000, -300_000, 48 * 3_600_000, -48 * 3_600_000])
    for (const ahead of [2000, 60_000, 14 * 60_000, 30 * 60_000, 48 * 3_600_000]) {
      const history = new History();
      history.tellsTime = true;
      history.add('old', START - 1000);
      const { poll, seen } = await begun({ history, apart });
      history.now += 12_000;
      history.entries.push({ event: eventOf('ahead', history.now + ahead), readableAt: history.now });
      await poll.poll();
      history.now += 1;
      history.add('now');
      await until(history, poll, () => seen.length === 2, 2);
      t.same(seen, ['ahead', 'now'], `${ahead} ms ahead, clocks ${apart} ms apart`);
      poll.use(undefined);
    }
});

t.test(
  'a clock here that is ahead, and an answer without the time: nothing from later than that clock counts',
  async (t) => {
    const { history, poll, seen } = await begun();
    history.entries.push({ event: eventOf('ahead', history.now + 14 * 60_000), readableAt: history.now });
    await poll.poll();
    history.add('now');
    await poll.poll();
    t.same(seen, ['ahead', 'now']);
  },
);

t.test('events at which a listener throws are given to it again; after three times all is forgotten', async (t) => {
  for (const throws of [1, 2, 3]) {
    const { history, poll, seen, gaps } = await begun({ throws });
    history.now += 1000;
    history.add('suspension');
    await until(history, poll, () => false, 5);
    history.add('next');
    await until(history, poll, () => false, 2);
    t.same([seen, gaps()], throws < 3 ? [['suspension', 'next'], 0] : [['next'], 1]);
    poll.use(undefined);
  }
});
