// Several groups let people in: one read of their union, and look-ups that say who is in which, with as many questions whatever the answer.
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { makeLayout } from '../../src/app/names.js';
import { schema } from '../../src/config/schema.js';
import { GROUPS, ORG_ID, PEOPLE } from '../../src/demo/people.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { USERS_DN } from '../../src/demo/tree.js';
import { makeEntry } from '../../src/directory/entry.js';
import { ReadError, type UpstreamEntry, type UpstreamImage } from '../../src/directory/reader.js';
import { makeRootDSE } from '../../src/directory/root-dse.js';
import { NO_LIMITS, openSearch } from '../../src/directory/search.js';
import { buildSnapshot, uidOf } from '../../src/directory/snapshot.js';
import { makeSubschema } from '../../src/directory/subschema.js';
import { View } from '../../src/directory/view.js';
import { UNLIMITED } from '../../src/directory/work.js';
import type { Lookup } from '../../src/gate/ports.js';
import type { Response, SearchRequest } from '../../src/ldap/message.js';
import { Dialer } from '../../src/upstream/dialer.js';
import { parseEndpoint } from '../../src/upstream/endpoint.js';
import { NameLookup } from '../../src/upstream/name-lookup.js';
import { LdaptsReader, type LdaptsReaderOptions } from '../../src/upstream/reader.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { bindResponse, FakeUpstream } from '../support/fake-upstream.js';
import { proxyConfig } from '../support/proxy.js';
import { assertions } from '../support/small-upstream.js';

const GATES = ['wayk-users', 'Engineering', 'VPN (Full Tunnel)'];
const layout = makeLayout(
  proxyConfig({
    url: 'ldaps://localhost:1',
    caPem: '',
    orgId: ORG_ID,
    reader: { dn: `uid=ldap-reader,${USERS_DN}`, password: 'reader-secret-5000' },
  }),
);
const membersOf = (name: string) => GROUPS.find((group) => group.name === name)?.members ?? [];

async function standIn(t: Test): Promise<StandIn> {
  const upstream = await StandIn.start({});
  t.teardown(() => upstream.stop());
  return upstream;
}

function readerFor(
  t: Test,
  upstream: Pick<StandIn, 'caPem' | 'url'>,
  options: Partial<LdaptsReaderOptions> = {},
): LdaptsReader {
  const reader = new LdaptsReader({
    endpoints: [parseEndpoint(upstream.url, false)],
    dialer: new Dialer({ ca: upstream.caPem }),
    connectTime: 3000,
    operationTime: 3000,
    dn: `uid=ldap-reader,${USERS_DN}`,
    password: 'reader-secret-5000',
    usersDN: USERS_DN,
    gates: GATES,
    everyone: false,
    limits: schema.parse({}).directory.limits,
    ...options,
  });
  t.teardown(() => reader.close());
  return reader;
}

async function fault(read: Promise<unknown>): Promise<string> {
  try {
    await read;
    return 'none';
  } catch (error) {
    return error instanceof ReadError ? `${error.kind}: ${error.message}` : `another error: ${String(error)}`;
  }
}

t.test('one read brings the members of all groups, each once, and says who is in which (R1)', async (t) => {
  const upstream = await standIn(t);
  const reader = readerFor(t, upstream);
  const image = await reader.read();
  const union = new Set(GATES.flatMap(membersOf));
  t.equal(image.users.length, union.size);
  t.equal(new Set(image.users.map(({ dn }) => dn)).size, union.size);
  t.same([...image.gates.keys()], GATES);
  t.equal(image.missing, undefined);
  const snapshot = buildSnapshot(image, layout, 0);
  t.equal(snapshot.memberCount, union.size);
  for (const { uid } of PEOPLE) {
    for (const gate of [...GATES, 'Finance'])
      t.equal(snapshot.isIn(uid, [gate]), gate !== 'Finance' && membersOf(gate).includes(uid), `${uid} in ${gate}`);
  }
  const before = upstream.counters.searches;
  await reader.read();
  const { searches } = upstream.counters;
  t.ok(searches - before <= 4, `the gates, the people, the groups and perhaps the schema: ${searches - before}`);
});

t.test('everybody and groups beside: all are there, and the groups are known', async (t) => {
  const upstream = await standIn(t);
  const image = await readerFor(t, upstream, { gates: ['Finance', 'no-such'], everyone: true }).read();
  const snapshot = buildSnapshot(image, layout, 0);
  t.equal(snapshot.memberCount, PEOPLE.length);
  t.same([...snapshot.gates.sizes], [['Finance', membersOf('Finance').length]]);
  t.same(image.missing, [{ name: 'no-such', cause: 'no-group' }]);
  const none = await readerFor(t, upstream, { gates: ['no-such'], everyone: true }).read();
  t.equal(buildSnapshot(none, layout, 0).memberCount, PEOPLE.length, 'even where no group is left');
});

t.test('a group that is missing lets nobody in, and the others do; with none left the read fails (R93)', async (t) => {
  const upstream = await standIn(t);
  const image = await readerFor(t, upstream, { gates: ['no-such', 'Finance', 'nor-this'] }).read();
  t.same([...image.gates.keys()], ['Finance']);
  t.same(image.missing, [
    { name: 'no-such', cause: 'no-group' },
    { name: 'nor-this', cause: 'no-group' },
  ]);
  t.equal(buildSnapshot(image, layout, 0).memberCount, 2);
  const none = readerFor(t, upstream, { gates: ['no-such', 'nor-this'] });
  t.match(await fault(none.read()), /^no-group: none of the groups no-such, nor-this exists, or the reader may not/);
  t.match(await fault(none.lookUp('uid', 'quillon.varrek')), /^no-group/);
});

t.test('a look-up says of each person which gates it is in, as the mirror does', async (t) => {
  const upstream = await standIn(t);
  for (const everyone of [false, true]) {
    const reader = readerFor(t, upstream, { everyone });
    for (const { uid } of PEOPLE) {
      const expected = GATES.filter((gate) => membersOf(gate).includes(uid));
      for (const [attribute, value] of [
        ['uid', uid],
        ['mail', `${uid}@example.test`],
      ] as const) {
        const [found, second] = await reader.lookUp(attribute, value);
        t.same(found?.gates, expected, `${attribute}=${value}`);
        t.equal(found?.isMember, everyone || expected.length > 0);
        t.equal(second, undefined);
      }
    }
  }
});

t.test('as many questions whatever the answer: by uid one, by mail two (R25)', async (t) => {
  const upstream = await standIn(t);
  const many = Array.from({ length: 250 }, (_, i) => `group ${i}`);
  for (const [gates, parts] of [
    [['wayk-users'], 1],
    [GATES, 1],
    [['no-such', ...GATES], 1],
    [[...GATES, ...many], 3],
  ] as const) {
    const reader = readerFor(t, upstream, { gates });
    await reader.lookUp('uid', 'first');
    const questions = async (attribute: 'uid' | 'mail', value: string) => {
      const before = upstream.counters.searches;
      await reader.lookUp(attribute, value);
      return upstream.counters.searches - before;
    };
    // In several gates, in one, in none of these, nobody.
    for (const uid of ['mirelle.oskand', 'bastel.ironquay', 'corvane.thessly', 'nobody']) {
      t.equal(await questions('uid', uid), parts, `${uid}, ${gates.length} gates`);
      t.equal(await questions('mail', `${uid}@example.test`), 1 + parts, `${uid}’s mail, ${gates.length} gates`);
    }
  }
});

const entry = (dn: string, attributes: Record<string, readonly string[]>): UpstreamEntry => ({
  dn,
  attributes: Object.entries(attributes).map(([type, values]) => ({ type, values: values.map((v) => Buffer.from(v)) })),
});
const groupDN = (cn: string) => `cn=${cn},${USERS_DN}`;
const userDN = (uid: string) => `uid=${uid},${USERS_DN}`;
const group = (cn: string, ...members: string[]) =>
  entry(groupDN(cn), { objectClass: ['groupOfNames'], cn: [cn], member: members.map(userDN) });
const person = (uid: string, ...groups: string[]) =>
  entry(userDN(uid), {
    objectClass: ['inetOrgPerson'],
    uid: [uid],
    mail: [`${uid}@example.test`],
    memberOf: groups.map(groupDN),
  });

const SPECIALS = {
  rootDSE: makeRootDSE({
    namingContexts: [],
    supportedExtension: [],
    supportedControl: [],
    supportedSASLMechanisms: [],
    vendorVersion: '',
  }),
  subschema: makeSubschema(),
};

/** An upstream of these entries that ends a search at `most` of them, and what it was asked. It may be given others. */
async function upstreamOf(t: Test, entries: readonly UpstreamEntry[] = [], most = Number.POSITIVE_INFINITY) {
  const asked: SearchRequest[] = [];
  const state = { view: new View([]), most };
  const hold = (some: readonly UpstreamEntry[]) => {
    const container = makeEntry('container', USERS_DN, []);
    state.view = new View([container, ...some.map(({ dn, attributes }) => makeEntry('user', dn, attributes))]);
  };
  hold(entries);
  const fake = await FakeUpstream.start(({ messageID, op }, socket) => {
    const send = (answer: Response) => socket.write(encodeMessage({ messageID, op: answer }));
    if (op.kind === 'bindRequest') socket.write(bindResponse(messageID, 0));
    if (op.kind !== 'searchRequest') return;
    asked.push(op);
    const cursor = openSearch(state.view, SPECIALS, op, NO_LIMITS);
    const found: Response[] = [];
    for (;;) {
      const next = cursor.advance(UNLIMITED, 0);
      if (next === 'again') continue;
      if (!('kind' in next)) break;
      found.push(next);
    }
    const isOver = found.length > state.most;
    for (const one of isOver ? [] : found) send(one);
    send({ kind: 'searchResultDone', result: { code: isOver ? 4 : 0, matchedDN: '', text: '' } });
  });
  t.teardown(() => fake.stop());
  return { fake, asked, state, hold };
}

t.test('an upstream that ends searches early is read in parts: gates, union and all (R79)', async (t) => {
  const uids = Array.from({ length: 240 }, (_, i) => `p${i}`);
  const gates = ['red', 'green', 'blue'];
  const gatesOf = (i: number) => gates.filter((_, gate) => i % 4 === gate || i % 4 === 3);
  const people = uids.map((uid, i) => person(uid, ...gatesOf(i)));
  const groups = gates.map((cn) => group(cn, ...uids.filter((_, i) => gatesOf(i).includes(cn))));
  const { fake, asked } = await upstreamOf(t, [...groups, ...people], 2);
  const image = await readerFor(t, fake, { gates }).read();
  t.same(image.users.map(({ dn }) => dn).sort(), people.map(({ dn }) => dn).sort(), 'each once');
  t.match(image.searchLimit, { code: 4 });
  const names = asked.map(({ filter }) => assertions(filter).filter((one) => one.startsWith('uid=')));
  t.ok(Math.max(...names.map(({ length }) => length)) <= 100, 'in questions of a bounded size');
  const all = names.flat();
  t.same(new Set(all).size, uids.length);
});

t.test('very many groups are asked about in parts, and each person comes once', async (t) => {
  const names = Array.from({ length: 230 }, (_, i) => `g${i}`);
  const people = [person('ada', 'g0', 'g120', 'g229'), person('ben', 'g130'), person('cyd', 'other')];
  const groups = names.map((cn, i) => group(cn, ...(i % 10 === 0 ? ['ada', 'ben'] : ['x'])), 'other');
  groups.push(group('g229x', 'ada'));
  const { fake, asked } = await upstreamOf(t, [...groups, ...people]);
  const image = await readerFor(t, fake, { gates: names }).read();
  t.same(image.users.map(({ dn }) => dn).sort(), [people[0]!.dn, people[1]!.dn]);
  t.equal(image.gates.size, 230);
  const counts = asked.map(({ filter }) => assertions(filter).length);
  t.ok(Math.max(...counts) <= 102, `no question names more: ${Math.max(...counts)}`);
});

t.test(
  'a group’s name that memberOf spells otherwise is still its name, without a further question (R23)',
  async (t) => {
    const groups = [group('red', 'ada'), group('green', 'ada'), group('red 2', 'ada')];
    const { fake, asked } = await upstreamOf(t, [...groups, person('ada', 'RED', 'blue', 'Red 2')]);
    const reader = readerFor(t, fake, { gates: ['red', 'green', 'blue'] });
    await reader.lookUp('uid', 'first');
    for (const [attribute, value, questions] of [
      ['uid', 'ada', 1],
      ['mail', 'ada@example.test', 2],
    ] as const) {
      const before = asked.length;
      const found = await reader.lookUp(attribute, value);
      t.same(
        found.map(({ gates }) => gates),
        [['red']],
        'green is not named by it, blue does not list it, red 2 is not a gate',
      );
      t.equal(asked.length - before, questions);
    }
    const snapshot = buildSnapshot(await reader.read(), layout, 0);
    t.same(
      [...snapshot.gates.sizes],
      [
        ['red', 1],
        ['green', 0],
      ],
    );
  },
);

t.test('for any organisation and limit, a read and look-ups say who is in which gate (R1, R23, R79)', async (t) => {
  const { fake, state, hold } = await upstreamOf(t);
  const cns = ['red', 'green', 'blue', 'Violet (2)', 'empty'];
  const some = fc.subarray(cns.slice(0, 4));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ listed: some, named: some }), { maxLength: 8 }),
      fc.subarray([...cns, 'no such'], { minLength: 1 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 30 }),
      async (all, gates, everyone, most) => {
        const uids = all.map((_, i) => `p${i}`);
        const members = (cn: string) => uids.filter((_, i) => all[i]!.listed.includes(cn));
        hold([
          ...cns.map((cn) => group(cn, ...members(cn))),
          ...uids.map((uid, i) => person(uid, ...all[i]!.named)),
          person('stranger'),
        ]);
        state.most = most;
        const expected = (i: number) =>
          gates.filter((cn) => all[i]!.listed.includes(cn) && all[i]!.named.includes(cn)).join();
        const open = gates.filter((cn) => members(cn).length > 0);
        const found = all.filter(({ named }) => named.some((cn) => open.includes(cn)));
        // A list that the upstream ends early is read by the names that the groups list: others are not asked for.
        const seen = found.length > most ? found.filter(({ listed }) => listed.some((cn) => open.includes(cn))) : found;
        const isSeen = everyone || seen.length > 0;
        const reader = readerFor(t, fake, { gates, everyone });
        try {
          const read = await reader.read().catch((error: unknown) => (error instanceof ReadError ? error.kind : error));
          if (open.length === 0 && !everyone) return read === 'no-group' || read === 'empty-group';
          if (!isSeen) return read === 'unseen';
          if (typeof read !== 'object') return false;
          const image = read as UpstreamImage;
          const snapshot = buildSnapshot(image, layout, 0);
          const missing = gates.filter((cn) => !open.includes(cn));
          if (
            (image.missing ?? [])
              .map(({ name }) => name)
              .sort()
              .join() !== missing.sort().join()
          )
            return false;
          if (snapshot.user('stranger') !== undefined && !everyone) return false;
          state.most = Number.POSITIVE_INFINITY;
          for (const [i, uid] of uids.entries()) {
            if (gates.filter((cn) => snapshot.isIn(uid, [cn])).join() !== expected(i)) return false;
            if ((snapshot.user(uid) !== undefined) !== (everyone || expected(i) !== '')) return false;
            for (const [attribute, value] of [
              ['uid', uid],
              ['mail', `${uid}@example.test`],
            ] as const) {
              const [found] = await reader.lookUp(attribute, value);
              const isIn = gates.filter((cn) => found?.gates.includes(cn)).join();
              if (isIn !== expected(i) || found?.isMember !== (everyone || isIn !== '')) return false;
            }
          }
          return true;
        } finally {
          reader.close();
        }
      },
    ),
    {
      numRuns: 60,
      examples: [
        [
          [
            { listed: ['red'], named: [] },
            { listed: [], named: ['red'] },
            { listed: [], named: ['red'] },
          ],
          ['red', 'no such'],
          false,
          1,
        ],
      ],
    },
  );
  t.pass('they do');
});

t.test('for each app anyone in none of its gates is an outsider; all share one question (R1, R25)', async (t) => {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const people: Record<string, string[]> = { ada: ['red'], ben: ['green', 'blue'], cyd: [] };
  const upstream = await standIn(t);
  const account = (uid: string, ...gates: string[]) =>
    entry(layout.upstreamUserDN(uid), {
      uid: [uid],
      memberOf: gates.map((gate) => `cn=${gate},${upstream.usersDN}`),
    });
  const groups = ['red', 'green', 'blue'].map((cn) =>
    entry(`cn=${cn},${upstream.usersDN}`, {
      cn: [cn],
      member: Object.keys(people)
        .filter((uid) => people[uid]!.includes(cn))
        .map((uid) => layout.upstreamUserDN(uid)),
    }),
  );
  const image = (): UpstreamImage => ({
    gates: new Map(groups.map((one, i) => [['red', 'green', 'blue'][i]!, one])),
    everyone: false,
    users: ['ada', 'ben'].map((uid) => account(uid, ...people[uid]!)),
    groups,
  });
  let refreshes = 0;
  const mirror = {
    isWithoutList: false,
    snapshot: buildSnapshot({ ...image(), users: [] }, layout, 0),
    refreshNow: () => {
      refreshes++;
      mirror.snapshot = buildSnapshot(image(), layout, 0);
      return Promise.resolve(true);
    },
  };
  const lookups = new NameLookup({
    reader: {
      lookUp: (_attribute, value) => {
        asked.push(value);
        const gates = people[value];
        const found = gates === undefined ? [] : [{ entry: account(value), gates, isMember: gates.length > 0 }];
        return new Promise((resolve) => waiting.push(() => resolve(found)));
      },
    },
    mirror,
    uidOf: (one) => uidOf(one, layout),
    time: 60_000,
    defect: (error) => t.fail(String(error)),
  });
  const apps = {
    red: lookups.forGates(['red']),
    sea: lookups.forGates(['green', 'blue']),
    all: lookups.forGates('everyone'),
    none: lookups.forGates([]),
  };
  const ask = (app: keyof typeof apps, how: 'lookUp' | 'confirm', value: string) =>
    new Promise<[Lookup, boolean]>((resolve) => {
      if (how === 'confirm') apps[app].confirm(value, (found, isFirst) => resolve([found, isFirst]));
      else apps[app].lookUp('uid', value, (found, isFirst) => resolve([found, isFirst]));
    });
  const askAll = async (how: 'lookUp' | 'confirm', value: string) => {
    const all = Promise.all((Object.keys(apps) as (keyof typeof apps)[]).map((app) => ask(app, how, value)));
    for (const answer of waiting.splice(0)) answer();
    return all;
  };
  const member = (uid: string) => ({ kind: 'member', uid, upstreamDN: layout.upstreamUserDN(uid) });
  const outsider = (uid: string) => ({ kind: 'outsider', uid });
  for (const how of ['confirm', 'lookUp'] as const) {
    asked.length = 0;
    const kinds = (answers: [Lookup, boolean][]) => answers.map(([found]) => found);
    t.same(kinds(await askAll(how, 'ada')), [member('ada'), outsider('ada'), member('ada'), outsider('ada')], how);
    t.same(kinds(await askAll(how, 'cyd')), Array(4).fill(outsider('cyd')), how);
    const nobody = await askAll(how, 'nobody');
    t.same(kinds(nobody), Array(4).fill({ kind: 'nobody' }), how);
    t.same(
      nobody.map(([, isFirst]) => isFirst),
      [true, false, false, false],
      'one of them was the first',
    );
    t.same(asked, ['ada', 'cyd', 'nobody'], `${how}: one question for all apps`);
  }
  t.equal(refreshes, 1, 'one read brings the newcomer to all of its apps');
  asked.length = 0;
  for (const uid of ['ada', 'cyd', 'nobody']) {
    const [found, isFirst] = await ask('sea', 'lookUp', uid);
    t.match(found, uid === 'nobody' ? { kind: 'nobody' } : outsider(uid));
    t.notOk(isFirst);
  }
  t.same(asked, [], 'what another app learns of a member is cached like what it learns of nobody');
  const again = ask('red', 'lookUp', 'ada');
  t.same(asked, ['ada'], 'but a user who gets in is asked about again');
  people.ada = ['red', 'green'];
  for (const answer of waiting.splice(0)) answer();
  t.same((await again)[0], member('ada'));
});

t.test('an outsider is answered without waiting for the read that brings another app’s newcomer (R25)', async (t) => {
  let finish: (isRead: boolean) => void = () => {};
  const lookups = new NameLookup({
    reader: {
      lookUp: (_attribute, uid) => {
        const found = entry(layout.upstreamUserDN(uid), { uid: [uid] });
        return Promise.resolve([{ entry: found, gates: ['red'], isMember: true }]);
      },
    },
    mirror: {
      isWithoutList: false,
      snapshot: buildSnapshot({ gates: new Map(), everyone: true, users: [], groups: [] }, layout, 0),
      refreshNow: () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    },
    uidOf: (one) => uidOf(one, layout),
    time: 60_000,
    defect: (error) => t.fail(String(error)),
  });
  const told: string[] = [];
  const [red, blue] = [lookups.forGates(['red']), lookups.forGates(['blue'])];
  const newcomer = new Promise<void>((resolve) =>
    red.lookUp('uid', 'ada', ({ kind }) => resolve(void told.push(`red: ${kind}`))),
  );
  await new Promise<void>((resolve) =>
    blue.lookUp('uid', 'ada', ({ kind }) => resolve(void told.push(`blue: ${kind}`))),
  );
  t.same(told, ['blue: outsider']);
  finish(true);
  await newcomer;
  t.same(told, ['blue: outsider', 'red: member']);
});

t.test('questions of all apps together are bounded in number', async (t) => {
  const asked: string[] = [];
  const lookups = new NameLookup({
    reader: {
      lookUp: (_attribute, value) => {
        asked.push(value);
        return new Promise(() => {});
      },
    },
    mirror: { snapshot: undefined, isWithoutList: false, refreshNow: () => Promise.resolve(true) },
    uidOf: () => undefined,
    time: 50,
    defect: (error) => t.fail(String(error)),
  });
  const apps = Array.from({ length: 20 }, (_, i) => lookups.forGates([`gate ${i}`]));
  const answers = await Promise.all(
    Array.from(
      { length: 400 },
      (_, i) => new Promise<Lookup>((resolve) => apps[i % 20]!.lookUp('uid', `x${i}`, resolve)),
    ),
  );
  t.equal(asked.length, 256);
  t.equal(answers.filter(({ kind }) => kind === 'busy').length, 400 - 256);
});
