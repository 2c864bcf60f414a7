// How far LDAP is behind the console: exactly those whom two looks have found, whatever the order and the pages; and nothing where nobody can say.
import fc from 'fast-check';
import t from 'tap';
import { GroupDifferences } from '../../src/cloud/lag/group-difference.js';
import { type InSlices, KnownUsers } from '../../src/cloud/lag/known-users.js';
import { type Direction, LaggingMembers } from '../../src/cloud/lag/lagging.js';
import { Lag, type LagReport } from '../../src/cloud/lag.js';
import type { CloudUser } from '../../src/cloud/ports.js';
import type { Steps } from '../../src/runtime/cooperative.js';
import { FakeOrganisation } from '../support/fake-organisation.js';
import { eventually } from '../support/proxy.js';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 27, 2);

function make(organisation = new FakeOrganisation(), groups: readonly string[] = ['staff']) {
  let time = 1;
  let reads = 0;
  const reports: LagReport[] = [];
  const defects: unknown[] = [];
  const lag = new Lag({
    groups: () => groups,
    ldap: () => organisation.ldapMembers(),
    refresh: async () => {
      reads++;
      organisation.takenAt = time;
    },
    compared: (report) => reports.push(report),
    defect: (error) => defects.push(error),
    clock: () => time,
    now: () => START + time,
    random: () => 0.5,
  });
  t.teardown(() => lag.use(undefined));
  lag.use(organisation.api);
  return {
    ...{ organisation, lag, reports, defects },
    reads: () => reads,
    at: () => time,
    pass: (ms: number) => {
      time += ms;
    },
    /** LDAP is read, and a minute later members are compared. */
    async look(isRead = true) {
      time += MINUTE;
      if (isRead) organisation.takenAt = time;
      await lag.compare();
      return lag.report;
    },
  };
}

const names = (report: LagReport, direction: Direction) =>
  report.kind === 'known' ? report[direction].some.map(({ name }) => name).sort() : report.why;
const counts = (report: LagReport) =>
  report.kind === 'known' ? [report.missing.count, report.left.count] : report.why;

const CHANGES = {
  active: {},
  suspended: { isSuspended: true, state: 'suspended' },
  staged: { state: 'staged' },
  expired: { isPasswordExpired: true },
  locked: { isLocked: true },
  unknown: { state: 'unknown' },
  'without password': { isActivated: false },
  unbound: {},
} satisfies Record<string, Partial<CloudUser>>;
type Kind = keyof typeof CHANGES;

const person = fc.record({
  kind: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Kind>('active') },
    fc.constantFrom(...(Object.keys(CHANGES) as Kind[])),
  ),
  /** Where it is at each look. */
  places: fc.array(fc.record({ api: fc.boolean(), ldap: fc.boolean() }), { minLength: 4, maxLength: 4 }),
  isUpper: fc.boolean(),
});

t.test(
  'any two sets in any order and pages: exactly those who differ at two looks in a row, and never at the first',
  (t) =>
    fc.assert(
      fc.asyncProperty(
        fc.array(person, { maxLength: 120 }),
        fc.integer({ min: 1, max: 100 }),
        fc.infiniteStream(fc.nat()),
        async (people, page, order) => {
          const { organisation, look, reports, defects } = make();
          organisation.page = page;
          const ids = people.map(({ kind }, i) => organisation.add(`user${i}`, CHANGES[kind] as Partial<CloudUser>));
          for (const [i, { kind }] of people.entries()) if (kind === 'unbound') organisation.unbound.add(ids[i]!);
          let before = { missing: new Set<string>(), left: new Set<string>() };
          for (let n = 0; n < 4; n++) {
            const inApi = ids.filter((_, i) => people[i]!.places[n]!.api);
            const ranks = new Map(inApi.map((id) => [id, order.next().value ?? 0]));
            const inLdap = people.flatMap(({ places, isUpper }, i) =>
              places[n]!.ldap ? [isUpper ? `USER${i}` : `user${i}`] : [],
            );
            organisation.group(
              'staff',
              inApi.sort((a, b) => ranks.get(a)! - ranks.get(b)!),
              inLdap,
            );
            const differ = (holds: (one: (typeof people)[number]) => boolean) =>
              new Set(people.flatMap((one, i) => (holds(one) ? [`user${i}`] : [])));
            const now = {
              missing: differ(({ kind, places }) => kind === 'active' && places[n]!.api && !places[n]!.ldap),
              left: differ(({ places }) => !places[n]!.api && places[n]!.ldap),
            };
            const report = await look();
            for (const direction of ['missing', 'left'] as const) {
              const twice = [...now[direction]].filter((name) => before[direction].has(name));
              t.equal(report.kind === 'known' && report[direction].count, twice.length);
              const listed = (names(report, direction) as string[]).map((name) => name.toLowerCase());
              if (twice.length <= 100) t.same(listed.sort(), twice.sort());
            }
            before = now;
          }
          t.same(defects, []);
          t.equal(reports.length, 4);
        },
      ),
      { numRuns: 60 },
    ),
);

t.test('an item that moved between pages is not a lag: a user whose own groups say so is a member', async (t) => {
  const organisation = new FakeOrganisation();
  const ids = Array.from({ length: 250 }, (_, i) => organisation.add(`user${i}`));
  organisation.group(
    'staff',
    ids,
    ids.map((_, i) => `user${i}`),
  );
  const { look } = make(organisation);
  // Each time a person on the first page moves to the end after it has been read, so another one is on no page.
  organisation.onPage = (page) => {
    const list = organisation.members.get('staff')!;
    if (page === 0) list.splice(0, 250, ...ids);
    if (page === 1) list.push(list.shift()!);
  };
  for (let n = 0; n < 3; n++) t.same(counts(await look()), [0, 0]);
  // The same for one who has really left.
  organisation.onPage = () => {};
  organisation.members.get('staff')!.splice(7, 1);
  await look();
  t.same(counts(await look()), [0, 1]);
});

t.test('what LDAP has not been read for since says nothing: it is read before the second look', async (t) => {
  const organisation = new FakeOrganisation();
  organisation.group('staff', [organisation.add('ada')], []);
  const { look, reads, pass, lag } = make(organisation);
  await look(false);
  t.equal(reads(), 0);
  // In the meantime it came into LDAP, and nobody has looked.
  organisation.ldap.set('staff', ['ada']);
  t.same(counts(await look(false)), [0, 0]);
  t.equal(reads(), 1);
  organisation.ldap.set('staff', []);
  await look();
  t.same(counts(await look(false)), [1, 0], 'and where it is really missing, it is');
  t.match(lag.missing('ADA'), { name: 'ada', group: 'staff' });
  t.equal(lag.missing('bob'), undefined);
  pass(30 * MINUTE);
  const late = await look();
  t.equal(late.kind === 'known' && late.oldest, START + 3 * MINUTE + 1, 'since it was seen first');
});

t.test('while LDAP cannot be read, nothing that was seen once counts, and nothing is known', async (t) => {
  const organisation = new FakeOrganisation();
  organisation.group('staff', [organisation.add('ada')], []);
  let time = 0;
  const lag = new Lag({
    groups: () => ['staff'],
    ldap: () => organisation.ldapMembers(),
    refresh: async () => false,
    ...{ compared: () => {}, defect: (error: unknown) => t.fail(String(error)) },
    ...{ clock: () => time, now: () => time, random: () => 0 },
  });
  t.teardown(() => lag.use(undefined));
  lag.use(organisation.api);
  await lag.compare();
  time += MINUTE;
  await lag.compare();
  t.same(lag.report, { kind: 'unknown', why: 'no-directory' });
  organisation.isRead = false;
  await lag.compare();
  t.same(lag.report, { kind: 'unknown', why: 'no-directory' });
});

t.test('somebody who was renamed is one, and a rename that LDAP lacks is lag', async (t) => {
  const organisation = new FakeOrganisation();
  const id = organisation.add('ada');
  organisation.group('staff', [id], ['ada']);
  const { look } = make(organisation);
  await look();
  organisation.users.set(id, { ...organisation.users.get(id)!, username: 'ada.byron' });
  organisation.ldap.set('staff', ['ada.byron']);
  await look();
  t.same(counts(await look()), [0, 0]);
});

t.test('deleted, ambiguous, in two groups; a group that LDAP lacks as a whole', async (t) => {
  const organisation = new FakeOrganisation();
  const [ada, bob] = [organisation.add('ada'), organisation.add('bob')];
  organisation.group('staff', [ada, bob, 'id-gone'], ['gone']);
  organisation.group('wiki', [ada], []);
  organisation.ambiguous.add('bob');
  const { look } = make(organisation, ['staff', 'wiki']);
  await look();
  const report = await look();
  t.same([names(report, 'missing'), names(report, 'left')], [['ada'], ['gone']], 'one in two groups is one');
});

t.test('a user who need not be in LDAP is asked about once an hour, or when an event reports a change', async (t) => {
  const organisation = new FakeOrganisation();
  const id = organisation.add('ada', { isSuspended: true, state: 'suspended' });
  organisation.group('staff', [id], []);
  const { look, lag, pass } = make(organisation);
  await look();
  const asked = () => organisation.calls.filter((call) => call === 'userById').length;
  const first = asked();
  await look();
  t.equal(asked(), first);
  organisation.users.set(id, { ...organisation.users.get(id)!, isSuspended: false, state: 'activated' });
  await look();
  t.equal(asked(), first);
  lag.doubt('Ada');
  await look();
  t.equal(asked(), first + 1);
  t.same(counts(await look()), [1, 0]);
  organisation.users.set(id, { ...organisation.users.get(id)!, isLocked: true });
  t.same(counts(await look()), [0, 0], 'who is missing is looked at each time');
  organisation.users.set(id, { ...organisation.users.get(id)!, isLocked: false });
  pass(61 * MINUTE);
  await look();
  t.same(counts(await look()), [1, 0], 'and everybody within the hour');
});

t.test(
  'where the API is away, slow, refused, or of another shape, nothing is known; afterwards it goes on',
  async (t) => {
    const organisation = new FakeOrganisation();
    organisation.group('staff', [organisation.add('ada')], []);
    const { look, defects } = make(organisation);
    await look();
    t.same(counts(await look()), [1, 0]);
    for (const call of ['membersOfGroup', 'userById'] as const)
      for (const fault of ['away', 'slow', 'busy', 'refused', 'garbled', 'budget'] as const) {
        organisation.faults.set(call, fault);
        t.equal(counts(await look()), fault);
        organisation.faults.clear();
        t.same(counts(await look()), [1, 0]);
      }
    const { membersOfGroup } = organisation.api;
    Object.assign(organisation.api, {
      membersOfGroup: () => {
        throw new TypeError('a defect');
      },
    });
    t.equal(counts(await look()), 'garbled');
    t.match(defects, [/a defect/]);
    Object.assign(organisation.api, { membersOfGroup });
    t.same(counts(await look()), [1, 0]);
  },
);

t.test(
  'groups that cannot be compared are named, and others are compared; without any, nothing is known',
  async (t) => {
    const organisation = new FakeOrganisation();
    organisation.group('staff', [organisation.add('ada')], []);
    organisation.group('renamed', [], []);
    organisation.ldapNames.set('renamed', ['other']);
    organisation.group('unbound', [], []);
    organisation.groupsInLdap.delete('unbound');
    organisation.group(
      'huge',
      Array.from({ length: 25_000 }, (_, i) => `x${i}`),
      [],
    );
    const all = ['staff', 'renamed', 'unbound', 'huge', 'none'];
    const { look } = make(organisation, all);
    await look();
    const report = await look();
    t.same(counts(report), [1, 0]);
    t.same(report.kind === 'known' && report.notCompared, [
      { group: 'renamed', why: 'other-name' },
      { group: 'unbound', why: 'not-in-ldap' },
      { group: 'huge', why: 'too-large' },
      { group: 'none', why: 'no-group' },
    ]);
    t.same(await make(organisation, ['huge']).look(), { kind: 'unknown', why: 'too-large' });
    t.same(await make(organisation, []).look(), { kind: 'unknown', why: 'everyone' });
  },
);

/** Runs steps one by one, and counts what is done in each, and outside of all. */
function counted() {
  const work = { isInStep: false, step: 0, most: 0, outside: 0, steps: 0 };
  const inSlices: InSlices = async <Result>(steps: Steps<Result>) => {
    for (;;) {
      work.isInStep = true;
      work.step = 0;
      const { done, value } = steps.next();
      work.most = Math.max(work.most, work.step);
      work.steps++;
      work.isInStep = false;
      if (done === true) return value;
    }
  };
  const did = () => {
    if (work.isInStep) work.step++;
    else work.outside++;
  };
  return { work, inSlices, did };
}

t.test(
  '20,000 members, all of them differing: names are bounded, the number is exact, and no step does much',
  async (t) => {
    const organisation = new FakeOrganisation();
    const ids = Array.from({ length: 20_000 }, (_, i) => organisation.add(`user${i}`));
    organisation.group(
      'staff',
      ids,
      Array.from({ length: 20_000 }, (_, i) => `other${i}`),
    );
    const { work, inSlices, did } = counted();
    const users = new KnownUsers(organisation.api, () => 1, inSlices);
    const counting =
      <Args extends unknown[], Result>(original: (...args: Args) => Result) =>
      (...args: Args) => {
        did();
        return original(...args);
      };
    for (const method of ['nameOf', 'isExpected', 'isUnexpected'] as const) {
      const original = users[method].bind(users) as (...args: unknown[]) => unknown;
      Object.assign(users, { [method]: counting(original) });
    }
    const members = new LaggingMembers(0);
    const differences = new GroupDifferences({
      api: organisation.api,
      users,
      inSlices,
      clock: () => 1,
      isKnown: counting(() => false),
      ldap: () => ({
        takenAt: 2,
        *namesIn(group) {
          for (const name of organisation.ldap.get(group) ?? []) {
            did();
            yield name;
          }
        },
        isAmbiguous: counting(() => false),
      }),
    });
    const found = await differences.of('staff');
    if (typeof found === 'string') throw new Error(found);
    t.same([found.missing.length, found.left.length], [20_000, 20_000]);
    for (let n = 0; n < 2; n++) await inSlices(members.compare([{ ...found, group: 'staff' }], START + n));
    for (const direction of ['missing', 'left'] as const) {
      t.equal(members.list(direction).count, 20_000);
      t.equal(members.list(direction).some.length, 100);
    }
    t.ok(work.most <= 4, `${work.most} in one step`);
    t.ok(work.steps > 200_000, `${work.steps} steps`);
    t.equal(work.outside, 0, 'and nothing outside of steps');
  },
);

t.test('of many the oldest are listed', async (t) => {
  const organisation = new FakeOrganisation();
  const ids = Array.from({ length: 150 }, (_, i) => organisation.add(`user${i}`));
  organisation.group('staff', ids.slice(100), []);
  const { look } = make(organisation);
  await look();
  organisation.group('staff', ids, []);
  await look();
  const report = await look();
  t.same(counts(report), [150, 0]);
  const listed = names(report, 'missing') as string[];
  t.equal(listed.length, 100);
  for (let i = 100; i < 150; i++) t.ok(listed.includes(`user${i}`));
});

/** On real timers, which only have to fire. */
function timed(organisation: FakeOrganisation, between: number) {
  const begun: number[] = [];
  const reports: LagReport[] = [];
  let read = 0;
  const clock = () => {
    read = performance.now();
    return read;
  };
  const lag = new Lag({
    groups: () => {
      // As the comparison read it, whatever came between.
      begun.push(read);
      return ['staff'];
    },
    ldap: () => ({ ...organisation.ldapMembers()!, takenAt: clock() }),
    refresh: async () => true,
    compared: (report) => reports.push(report),
    defect: (error) => t.fail(String(error)),
    ...{ clock, now: Date.now, random: () => 0.5 },
    pace: { every: 1e8, jitter: 0, between, settle: 0, read: 0 },
  });
  t.teardown(() => lag.use(undefined));
  return { lag, begun, reports };
}

t.test(
  'events make one comparison, and the next one not before its time; one that comes meanwhile makes another',
  async (t) => {
    const organisation = new FakeOrganisation();
    organisation.group('staff', [organisation.add('ada')], ['ada']);
    const { lag, begun, reports } = timed(organisation, 60);
    let pages = 0;
    organisation.onPage = () => {
      if (++pages === 2) for (let n = 0; n < 100; n++) lag.soon();
    };
    lag.use(organisation.api);
    for (let n = 0; n < 100; n++) lag.soon();
    await eventually(() => reports.length === 1);
    for (let n = 0; n < 100; n++) lag.soon();
    await eventually(() => reports.length === 3);
    // Timers have whole milliseconds, and may be one early.
    for (const i of [1, 2]) t.ok(begun[i]! - begun[i - 1]! > 50, 'not before its time');
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.equal(reports.length, 3, 'and no more');
  },
);

t.test(
  'a difference is checked again automatically; without the API, or with another one, the result is dropped',
  async (t) => {
    const organisation = new FakeOrganisation();
    organisation.group('staff', [organisation.add('ada')], []);
    const { lag, reports } = timed(organisation, 5);
    lag.use(organisation.api);
    await eventually(() => reports.length === 2);
    t.same(reports.map(counts), [
      [0, 0],
      [1, 0],
    ]);
    let go = () => {};
    let isHeld = false;
    organisation.onPage = () =>
      new Promise<void>((resolve) => {
        isHeld = true;
        go = resolve;
      });
    const running = lag.compare();
    await eventually(() => isHeld);
    lag.use(undefined);
    t.same([lag.report, lag.missing('ada')], [{ kind: 'unknown', why: 'not-yet' }, undefined]);
    organisation.onPage = () => {};
    lag.use({ ...organisation.api });
    go();
    await running;
    await eventually(() => reports.length === 4);
    t.same(reports.slice(2).map(counts), [
      [0, 0],
      [1, 0],
    ]);
  },
);

t.test('a large group is compared less often: what it costs comes back by the hour', async (t) => {
  const organisation = new FakeOrganisation();
  const ids = Array.from({ length: 20_000 }, (_, i) => organisation.add(`user${i}`));
  organisation.group(
    'staff',
    ids,
    ids.map((_, i) => `user${i}`),
  );
  const { lag, look, at } = make(organisation);
  t.same(counts(await look()), [0, 0]);
  lag.soon();
  // 201 pages of members, 201 of names, and two questions about the group, of which 300 may go out immediately: at 600 an hour.
  const due = (lag as unknown as { dueAt: number }).dueAt - at();
  t.ok(due >= 40 * MINUTE && due <= 60 * MINUTE, `${due} ms`);
});
