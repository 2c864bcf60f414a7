// The poll of JumpCloud's events: whatever their order, delays and repetitions within the overlap, each is told once, and none is lost.
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
  now = START;
  fault: CloudFault | undefined;
  asked: EventQuery[] = [];
  running = 0;
  most = 0;
  page = 1000;
  hold: Promise<void> | undefined;

  add(id: string, at = this.now, readableAt = at) {
    this.entries.push({ event: eventOf(id, at), readableAt });
  }

  readonly api = {
    events: async (_: unknown, query: EventQuery): Promise<EventPage> => {
      this.asked.push(query);
      this.most = Math.max(this.most, ++this.running);
      await this.hold;
      this.running--;
      if (this.fault !== undefined) throw new CloudError(this.fault, 'failed');
      const limit = Math.min(query.limit, this.page);
      const sign = query.newestFirst ? -1 : 1;
      const all = this.entries
        .filter(({ event, readableAt }) => readableAt <= this.now && event.at >= query.since)
        .map(({ event }) => event)
        .sort((a, b) => sign * (a.at - b.at || (a.id < b.id ? -1 : 1)));
      const from = query.after === undefined ? 0 : all.findIndex(({ id }) => id === query.after?.[0]) + 1;
      const events = all.slice(from, from + limit);
      return { events, next: events.length < limit ? undefined : [events.at(-1)!.id] };
    },
  };
}

/** `apart`: how many milliseconds this machine's clock is behind JumpCloud's. */
function make({ apart = 0, history = new History() } = {}) {
  const seen: string[] = [];
  const outcomes: PollOutcome[] = [];
  let gaps = 0;
  const poll = new EventPoll({
    seen: (events) => void seen.push(...events.map(({ id }) => id)),
    gap: () => void gaps++,
    turned: (outcome) => outcomes.push(outcome),
    defect: (error) => t.fail(String(error)),
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
      fc.constantFrom(2, 7, 1000),
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
  t.same([seen.length, gaps()], [4, 1]);
  history.now += 1000;
  history.add('next');
  await poll.poll();
  t.same([seen.at(-1), gaps()], ['next', 1]);
});

t.test('a poll of more pages than one takes goes on in the next one, also where all are of one moment', async (t) => {
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
