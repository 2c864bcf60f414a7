// Several groups let people in: who is in which, and what the mirror believes of one that shrinks or vanishes.
import fc from 'fast-check';
import t, { type Test as Tap } from 'tap';
import { Mirror, type MirrorEvent } from '../../src/directory/mirror.js';
import { ReadError, type UpstreamEntry, type UpstreamImage } from '../../src/directory/reader.js';
import { buildSnapshot } from '../../src/directory/snapshot.js';
import { attribute, person, renamed, upstreamGroup, upstreamUser } from '../layout/image.js';

/** A person, the groups that list it, and those that its own `memberOf` names. */
interface Somebody {
  readonly uid: string;
  readonly listedBy: readonly string[];
  readonly memberOf: readonly string[];
}

function imageOf(people: readonly Somebody[], gates: readonly string[], everyone = false): UpstreamImage {
  const groups = gates.map((cn): [string, UpstreamEntry] => {
    const members = people.filter(({ listedBy }) => listedBy.includes(cn)).map(({ uid }) => upstreamUser(uid));
    const attributes = [attribute('objectClass', 'groupOfNames'), attribute('cn', cn)];
    return [cn, { dn: upstreamGroup(cn), attributes: [...attributes, attribute('member', ...members)] }];
  });
  // The upstream selects by memberOf alone.
  const users = people
    .filter(({ memberOf }) => everyone || memberOf.some((cn) => gates.includes(cn)))
    .map(({ uid, memberOf }) => person(uid, attribute('memberOf', ...memberOf.map(upstreamGroup))));
  return { gates: new Map(groups), everyone, users, groups: groups.map(([, group]) => group) };
}

const snapshotOf = (image: UpstreamImage) => buildSnapshot(image, renamed, 0);
const both = (uid: string, ...gates: string[]): Somebody => ({ uid, listedBy: gates, memberOf: gates });

t.test(
  'a person is in the gates that list it and that its own memberOf names, and in no other (R1, R92)',
  async (t) => {
    // More than fit into one word of bits.
    const names = Array.from({ length: 40 }, (_, i) => `gate ${i}`);
    const some = fc.subarray([...names.slice(0, 3), ...names.slice(-3)]);
    const somebody = fc.record({ listedBy: some, memberOf: some });
    fc.assert(
      fc.property(fc.array(somebody, { maxLength: 12 }), fc.boolean(), some, (all, everyone, asked) => {
        const people = all.map((one, i): Somebody => ({ ...one, uid: `p${i}` }));
        const snapshot = snapshotOf(imageOf(people, names, everyone));
        const gatesOf = ({ listedBy, memberOf }: Somebody) => listedBy.filter((cn) => memberOf.includes(cn));
        const isAsked = (one: Somebody) => gatesOf(one).some((cn) => asked.includes(cn));
        for (const one of people) {
          const isIn = everyone || gatesOf(one).length > 0;
          if ((snapshot.user(one.uid) !== undefined) !== isIn) return false;
          if (snapshot.isIn(one.uid, 'everyone') !== isIn) return false;
          if (snapshot.isIn(one.uid, asked) !== isAsked(one)) return false;
          if (snapshot.membersOf(asked).has(one.uid) !== isAsked(one)) return false;
        }
        if (snapshot.membersOf(asked).count !== people.filter(isAsked).length) return false;
        return names.every(
          (name) => snapshot.gates.sizes.get(name) === people.filter((one) => gatesOf(one).includes(name)).length,
        );
      }),
    );
    const snapshot = snapshotOf(imageOf([both('ada', 'crew')], ['crew', 'deck']));
    for (const asked of [[], ['deck'], ['no such gate'], ['CREW']]) t.notOk(snapshot.isIn('ada', asked), asked.join());
    for (const uid of ['nobody', '', 'ADA', '__proto__']) {
      t.notOk(snapshot.isIn(uid, ['crew']), uid);
      t.notOk(snapshot.membersOf(['crew']).has(uid), uid);
      t.notOk(snapshot.membersOf('everyone').has(uid), uid);
    }
  },
);

t.test('with one gate everyone in the image is in it, because the upstream has compared memberOf', async (t) => {
  const people = [both('ada', 'crew'), { uid: 'ben', listedBy: ['crew'], memberOf: [] }, both('cyd', 'deck')];
  const image = imageOf(people, ['crew']);
  const asked = { ...image, users: people.map(({ uid }) => person(uid)) };
  const snapshot = snapshotOf(asked);
  t.equal(snapshot.memberCount, 2, 'whom the group lists');
  for (const [uid, isIn] of [
    ['ada', true],
    ['ben', true],
    ['cyd', false],
  ] as const)
    t.equal(snapshot.isIn(uid, ['crew']), isIn, uid);
  t.notOk(snapshot.isIn('ada', ['deck']));
  t.same([...snapshot.gates.sizes], [['crew', 2]]);
});

t.test('two configured names of one group are two gates with the same members', async (t) => {
  const image = imageOf([both('ada', 'crew'), both('ben', 'deck')], ['crew', 'deck']);
  const gates = new Map([...image.gates, ['CREW', image.gates.get('crew')!]]);
  const snapshot = snapshotOf({ ...image, gates });
  for (const name of ['crew', 'CREW']) {
    t.ok(snapshot.isIn('ada', [name]), name);
    t.notOk(snapshot.isIn('ben', [name]), name);
  }
});

t.test('accounts that have one name here are in no gate', async (t) => {
  const image = imageOf([both('ada', 'crew'), both('ADA', 'deck'), both('ben', 'deck')], ['crew', 'deck']);
  const snapshot = snapshotOf(image);
  t.equal(snapshot.memberCount, 1);
  t.same(
    [...snapshot.gates.sizes],
    [
      ['crew', 0],
      ['deck', 1],
    ],
  );
  for (const uid of ['ada', 'ADA']) t.notOk(snapshot.isIn(uid, ['crew', 'deck']), uid);
});

/** A mirror over groups with these numbers of members, or a fault; `at` sets the time. */
function mirrorOver(t: Tap) {
  type Found = Readonly<Record<string, number>> | ReadError['kind'];
  let [time, next]: [number, Found] = [0, {}];
  const events: MirrorEvent[] = [];
  const image = (sizes: Exclude<Found, string>): UpstreamImage => {
    const people = Object.entries(sizes).flatMap(([cn, size]) =>
      Array.from({ length: size }, (_, i) => both(`${cn} ${i}`, cn)),
    );
    const [there, gone] = [Object.keys(sizes).filter((cn) => sizes[cn] !== 0), ['a', 'b', 'c']];
    const missing = gone.filter((name) => !there.includes(name)).map((name) => ({ name, cause: 'no-group' as const }));
    return { ...imageOf(people, there), missing };
  };
  const mirror = new Mirror({
    reader: {
      read: () => (typeof next === 'string' ? Promise.reject(new ReadError(next, next)) : Promise.resolve(image(next))),
    },
    build: snapshotOf,
    refresh: 3_600_000,
    doubt: 60_000,
    now: () => time,
    random: () => 0.5,
    log: (event) => void events.push(event),
  });
  t.teardown(() => mirror.stop());
  const readAt = async (at: number, found: Found) => {
    [time, next] = [at, found];
    await mirror.refreshNow();
    return mirror.snapshot === undefined ? undefined : Object.fromEntries(mirror.snapshot.gates.sizes);
  };
  return { mirror, events, readAt };
}

t.test('the loss of one gate is doubted on its own, even where it is few of all members (R93)', async (t) => {
  const { mirror, events, readAt } = mirrorOver(t);
  const all = { a: 4, b: 20, c: 20 };
  t.same(await readAt(0, all), all);
  t.same(await readAt(1000, { a: 1, b: 20, c: 20 }), all, 'a has shrunk');
  t.match(mirror.state().lastError, { cause: 'shrunk', message: /^1 of 4 members of a are left/ });
  t.same(await readAt(31_000, { a: 1, b: 20 }), all, 'c has vanished');
  t.match(mirror.state().lastError, { message: /1 of 4 members of a, 0 of 20 members of c are left/ });
  t.same(await readAt(61_000, { a: 1, b: 20 }), all, 'a is accepted by now, c is not');
  t.match(mirror.state().lastError, { message: /^0 of 20 members of c are left/ });
  t.same(await readAt(62_000, { a: 1, b: 20, c: 20 }), { a: 1, b: 20, c: 20 }, 'c is back');
  t.same(await readAt(63_000, { a: 1, b: 20 }), { a: 1, b: 20, c: 20 }, 'its next loss is a new one');
  t.same(await readAt(122_000, { a: 1, b: 20 }), { a: 1, b: 20, c: 20 });
  t.same(await readAt(123_000, { a: 1, b: 20 }), { a: 1, b: 20 });
  t.match(events.at(-1), { kind: 'missing', groups: [{ name: 'c', cause: 'no-group' }] });
  t.same(mirror.state().missing, [{ name: 'c', cause: 'no-group' }]);
});

t.test(
  'a loss that an outage interrupts is doubted from its beginning; one that ends is forgotten (R93)',
  async (t) => {
    const { readAt } = mirrorOver(t);
    const all = { a: 10, b: 10 };
    const less = { a: 10, b: 2 };
    await readAt(0, all);
    t.same(await readAt(1000, less), all);
    t.same(await readAt(30_000, 'unreachable'), all);
    t.same(await readAt(61_000, less), less);
    t.same(await readAt(62_000, all), all);
    t.same(await readAt(63_000, less), all);
    t.same(await readAt(64_000, all), all);
    t.same(await readAt(123_500, less), all);
  },
);

t.test('all gates are given up when it has lasted that all are gone (R92)', async (t) => {
  const { events, readAt } = mirrorOver(t);
  const all = { a: 10, b: 10 };
  await readAt(0, all);
  t.same(await readAt(1000, 'no-group'), all);
  t.same(await readAt(2000, { a: 10 }), all, 'b is gone, and a was for a moment');
  t.same(await readAt(3000, 'no-group'), all);
  t.same(await readAt(61_000, 'no-group'), all, 'a is gone for less than the doubt lasts');
  t.same(await readAt(63_000, 'no-group'), undefined);
  t.match(events.at(-1), { kind: 'gave-up', cause: 'no-group' });
  t.same(await readAt(64_000, { a: 1 }), { a: 1 });
});

t.test('one event says which groups are missing, at each change', async (t) => {
  const { events, readAt } = mirrorOver(t);
  const names = () =>
    events.flatMap((event) => (event.kind === 'missing' ? [event.groups.map(({ name }) => name).join()] : []));
  for (let i = 0; i < 3; i++) await readAt(i, { a: 1 });
  t.same(names(), ['b,c'], 'at the first read immediately, because there is nothing to lose');
  await readAt(3, 'unreachable');
  await readAt(4, { a: 1, b: 1 });
  await readAt(5, { a: 1, b: 1, c: 1 });
  await readAt(6, { a: 1, b: 1, c: 1 });
  t.same(names(), ['b,c', 'c', '']);
});
