// The snapshot of an app: it answers as one of the app's people alone would, and nobody else is in it.
import { deepEqual, ok } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { type AppShape, appSnapshotSteps, LargeValues } from '../../../src/directory/apps/app-snapshot.js';
import { compareEntry } from '../../../src/directory/compare.js';
import type { UpstreamImage } from '../../../src/directory/reader.js';
import { NO_LIMITS, openSearch } from '../../../src/directory/search.js';
import { buildSnapshot, type Snapshot } from '../../../src/directory/snapshot.js';
import { View } from '../../../src/directory/view.js';
import { Work } from '../../../src/directory/work.js';
import { readAttributeRules } from '../../../src/layout/attribute-rules.js';
import { type Face, JUMPCLOUD_FACE } from '../../../src/layout/face.js';
import { Layout } from '../../../src/layout/layout.js';
import { textsOf } from '../../../src/ldap/attributes.js';
import { formatDN, keyOfName, parseDN } from '../../../src/ldap/dn.js';
import { parseFilter } from '../../../src/ldap/filter-text.js';
import { Scope, type SearchRequest } from '../../../src/ldap/message.js';
import { STANDARD } from '../../../src/ldap/schema.js';
import { runToEnd } from '../../../src/runtime/cooperative.js';
import { attribute, ORG_BASE, octets, person, rdn, upstreamGroup, upstreamUser } from '../../layout/image.js';
import { SPECIALS } from '../specials.js';
import { type App, app, BASE_LAYOUT, OWN_TYPES, organisation, requestOf, UIDS } from './organisation.js';

const NOTHING = { attributeTypes: [], objectClasses: [] };
const shapeOf = ({ layout, isIn }: App): AppShape => ({
  layout,
  members: isIn,
  face: JUMPCLOUD_FACE,
  derived: [],
  dropped: [],
  schema: NOTHING,
});

const EVERYTHING = {
  kind: 'searchRequest',
  scope: Scope.wholeSubtree,
  derefAliases: 0,
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
} as const;

/** As it would be if there were nobody but the app's people. */
const alone = (image: UpstreamImage, { layout, isIn }: App): Snapshot =>
  buildSnapshot({ ...image, users: image.users.filter((user) => isIn(textsOf(user, 'uid')[0]!)) }, layout, 0);

function answer(view: View, request: SearchRequest, budget = 7) {
  const cursor = openSearch(view, SPECIALS, request, NO_LIMITS);
  const found: unknown[] = [];
  for (;;) {
    const next = cursor.advance(new Work(budget), 0);
    if (next === 'again') continue;
    if (!('kind' in next)) return { found: found.sort(byText), result: next.result };
    const attributes = next.attributes.map(({ type, values }) => `${type}: ${values.map(String).join(' | ')}`);
    found.push(`${next.objectName}\n${attributes.sort().join('\n')}`);
  }
}
const byText = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : 1);

const typesOf = ({ schema: { attributeTypes, objectClasses } }: Snapshot) =>
  [...attributeTypes, ...objectClasses].map(({ names }) => names[0].toLowerCase()).sort();

/** Asks for each value of each entry that has a comparison key: the entry is found. */
function findsAll(snapshot: Snapshot): void {
  for (const entry of snapshot.entries)
    for (const attribute of entry.attributes.values())
      for (const [i, value] of attribute.values.entries()) {
        if (attribute.type?.equality === undefined || attribute.keys()[i] === undefined) continue;
        const filter = { kind: 'equalityMatch', attribute: attribute.name, value } as const;
        const request = { ...EVERYTHING, baseObject: snapshot.entries[0]!.dn, filter, attributes: ['1.1'] };
        const { found } = answer(snapshot, request, 10_000);
        ok(found.includes(`${entry.dn}\n`), `${entry.dn} by ${attribute.name}=${value}`);
      }
}

const namesIn = (snapshot: Snapshot) => snapshot.entries.map((entry) => entry.dn);

t.test('an app answers every search, compare and name as a snapshot of its people alone (R29, R31, R35)', async () => {
  const arbitrary = fc.tuple(organisation, app).chain(([image, one]) => {
    const expected = alone(image, one);
    const base = buildSnapshot(image, BASE_LAYOUT, 0);
    const derived = runToEnd(appSnapshotSteps(base, shapeOf(one), new LargeValues()));
    const own = OWN_TYPES.filter((type) => typesOf(derived).includes(type) === typesOf(expected).includes(type));
    return fc.record({
      // As a function, because they are too long to be printed.
      made: fc.constant(() => ({ derived, expected })),
      requests: fc.array(requestOf(expected.entries, own), { minLength: 12, maxLength: 12 }),
    });
  });
  fc.assert(
    fc.property(arbitrary, ({ made, requests }) => {
      const { derived, expected } = made();
      deepEqual([...namesIn(derived)].sort(), [...namesIn(expected)].sort());
      deepEqual(derived.memberCount, expected.memberCount);
      deepEqual([...derived.attributes.keys()].sort(), [...expected.attributes.keys()].sort());
      // It may lack what no entry shows a value of.
      for (const type of typesOf(derived)) ok(typesOf(expected).includes(type), type);
      findsAll(derived);
      const views = ['', ...UIDS].map((uid) => [derived.viewOf(uid), expected.viewOf(uid)] as const);
      for (const request of requests) {
        for (const [view, other] of [[derived, expected] as const, ...views])
          deepEqual(answer(view, request), answer(other, request));
        const { filter } = request;
        if (filter.kind !== 'equalityMatch') continue;
        for (const entry of namesIn(expected)) {
          const compare = { kind: 'compareRequest', entry, attribute: filter.attribute, value: filter.value } as const;
          deepEqual(compareEntry(derived, SPECIALS, compare), compareEntry(expected, SPECIALS, compare));
        }
      }
      const uidOf = (hit: ReturnType<Snapshot['named']>) => (typeof hit === 'object' ? hit.dn : hit);
      for (const attribute of ['uid', 'mail', 'cn'] as const)
        for (const uid of UIDS)
          for (const value of [uid, uid.toUpperCase(), `${uid}@x.test`, `${uid} Name`])
            deepEqual(uidOf(derived.named(attribute, value)), uidOf(expected.named(attribute, value)));
      for (const uid of UIDS) deepEqual(derived.user(uid)?.dn, expected.user(uid)?.dn);
    }),
    { numRuns: 40 },
  );
});

/** Rules of all kinds: with an index of the base, with one of their own, and in place of what is there. */
const RULES = {
  nick: 'cn',
  boss: 'manager',
  isMemberOf: { from: 'memberOf', for: 'all' },
  handle: '{uid:lower}-{title}',
  kind: { value: 'same' },
  mail: '{uid}@app.test',
  title: 'sn',
  sn: 'title',
  description: false,
} as const;
const FACE: Face = {
  ...JUMPCLOUD_FACE,
  namedBy: { user: 'CN', group: 'cn' },
  derived: [
    {
      name: 'objectClass',
      kinds: ['user'],
      make: () => octets('top', 'person', 'organizationalPerson', 'inetOrgPerson', 'mailThing'),
    },
    {
      name: 'label',
      kinds: ['user', 'group'],
      make: ({ kind, cn, uid, values }) => octets(`${kind}:${cn}:${uid}:${values('member').length}`),
    },
  ],
  dropped: ['gidNumber'],
  entries: [
    {
      kind: 'container',
      dn: 'cn=System,dc=app,dc=test',
      attributes: [attribute('objectClass', 'top'), attribute('cn', 'System')],
      uuid: '00000000-0000-4000-8000-000000000001',
    },
    {
      kind: 'group',
      dn: 'cn=Everybody,ou=Teams,dc=app,dc=test',
      attributes: [attribute('objectClass', 'top', 'groupOfNames'), attribute('cn', 'Everybody')],
      uuid: '00000000-0000-4000-8000-000000000002',
    },
  ],
  schema: {
    attributeTypes: [{ ...STANDARD.attributeType('displayName')!, oid: '1.2.3.4.9', names: ['label'] }],
    objectClasses: [
      { oid: '1.2.3.5.9', names: ['mailThing'], kind: 'AUXILIARY', superiors: ['top'], must: [], may: [] },
    ],
  },
};
const SHOWN = ['nick', 'boss', 'isMemberOf', 'handle', 'kind', 'label', 'mail', 'title'];
const faced = app.filter(
  ({ layout: { isRenamed, localUsersDN, localGroupsDN } }) =>
    isRenamed && formatDN(localUsersDN) !== formatDN(localGroupsDN),
);

t.test('with rules and a face, indexes find what looking at all entries finds', async () => {
  const rules = readAttributeRules(RULES);
  if ('faults' in rules) throw new Error(JSON.stringify(rules.faults));
  const arbitrary = fc.tuple(organisation, faced, fc.boolean()).chain(([image, one, hasFace]) => {
    const base = buildSnapshot(image, BASE_LAYOUT, 0);
    const shape = { ...shapeOf(one), ...rules, face: hasFace ? FACE : JUMPCLOUD_FACE };
    const derived = runToEnd(appSnapshotSteps(base, shape, new LargeValues()));
    return fc.record({
      made: fc.constant(() => derived),
      requests: fc.array(requestOf(derived.entries, SHOWN), { minLength: 12, maxLength: 12 }),
    });
  });
  fc.assert(
    fc.property(arbitrary, ({ made, requests }) => {
      const derived = made();
      // The same entries, with indexes that are made of what they show.
      const plain = new View(derived.entries, undefined, derived.schema);
      for (const request of requests) deepEqual(answer(derived, request), answer(plain, request));
      findsAll(derived);
      const own = derived.entries.filter(({ kind }) => kind === 'user');
      for (const entry of own) {
        deepEqual(derived.find(entry.key), entry);
        deepEqual(entry.key, keyOfName(entry.dn));
        const [mail] = entry.attributes.get('mail')?.values ?? [];
        if (mail !== undefined) deepEqual(derived.named('mail', String(mail)), entry);
        ok(!entry.attributes.has('description'));
        deepEqual(entry.attributes.get('kind')?.values.map(String), ['same']);
      }
      for (const uid of ['', ...UIDS])
        for (const entry of derived.viewOf(uid).entries) deepEqual(derived.find(entry.key)?.dn, entry.dn);
    }),
    { numRuns: 40 },
  );
});

const MANY = 600;
const manyOf = (number: number) => `person${number}`;
const numbers = Array.from({ length: MANY }, (_, i) => i);
const large: UpstreamImage = {
  gates: new Map(),
  everyone: true,
  users: numbers.map((number) => person(manyOf(number))),
  groups: [
    {
      dn: upstreamGroup('all'),
      attributes: [
        attribute('objectClass', 'top', 'groupOfNames'),
        attribute('cn', 'all'),
        attribute('member', ...numbers.map((number) => upstreamUser(manyOf(number)))),
        attribute('uniqueMember', ...numbers.slice(300).map((number) => upstreamUser(manyOf(number)))),
        attribute('owner', ...numbers.slice(0, 280).map((number) => upstreamUser(manyOf(number)))),
      ],
    },
    {
      dn: upstreamGroup('all linux'),
      attributes: [
        attribute('objectClass', 'top', 'posixGroup'),
        attribute('cn', 'all linux'),
        attribute('gidNumber', '7777'),
        attribute('memberUid', ...numbers.map(manyOf).reverse()),
      ],
    },
  ],
};

t.test('groups of very many members are what they would be in a snapshot of their own', async (t) => {
  const base = buildSnapshot(large, BASE_LAYOUT, 0);
  for (const classes of [
    ['groupOfNames'],
    ['groupOfNames', 'groupOfUniqueNames', 'posixGroup'],
    ['posixGroup'],
  ] as const)
    for (const from of [0, 290, 595]) {
      const isIn = (uid: string) => Number(uid.slice(6)) >= from;
      const one = { layout: new Layout({ ...LARGE_LAYOUT, groupClasses: classes }), isIn };
      const derived = runToEnd(appSnapshotSteps(base, shapeOf(one), new LargeValues()));
      const expected = alone(large, one);
      const [last, first] = [manyOf(MANY - 1), manyOf(0)];
      const nameOf = (uid: string) => one.layout.localUserDN(uid);
      const filters = [
        '(objectClass=*)',
        '(cn=all)',
        `(member=${nameOf(last)})`,
        `(member=${nameOf(first)})`,
        `(uniqueMember=${nameOf(last)})`,
        `(memberUid=${last})`,
        `(memberUid=${first})`,
        `(&(cn=all*)(member=${nameOf(last)}))`,
        `(&(cn=all*)(owner=${nameOf(last)}))`,
        `(&(cn=all*)(owner=${nameOf(manyOf(270))}))`,
        `(memberUid=${last.toUpperCase()})`,
        '(memberUid=*5)',
        '(owner=*)',
        '(uniqueMember=*)',
        `(member:dnSubtreeMatch:=${nameOf(last)})`,
      ];
      for (const filter of filters)
        for (const attributes of [['*', '+'], ['cn'], ['member', 'memberUid'], []]) {
          const request = { ...EVERYTHING, baseObject: 'dc=app,dc=test', filter: parseFilter(filter)!, attributes };
          for (const [view, other] of [
            [derived, expected],
            [derived.viewOf(last), expected.viewOf(last)],
          ] as const)
            deepEqual(answer(view, request, 50), answer(other, request, 50), `${classes.join()} ${from} ${filter}`);
        }
    }
  t.pass('alike');
});

const LARGE_LAYOUT = {
  orgBaseDN: parseDN(ORG_BASE)!,
  localBaseDN: parseDN('dc=app,dc=test')!,
  usersRDN: rdn('ou=People'),
  groupsRDN: rdn('ou=Teams'),
  hiddenAttributes: [],
} as const;

t.test('what is kept of large values is bounded, and used again', async (t) => {
  const base = buildSnapshot(large, BASE_LAYOUT, 0);
  const room = new LargeValues(200_000);
  const snapshots = [1, 2, 3].map(() => {
    const one = { layout: new Layout({ ...LARGE_LAYOUT, groupClasses: ['groupOfNames'] }), isIn: () => true };
    return runToEnd(appSnapshotSteps(base, shapeOf(one), room));
  });
  const members = (snapshot: Snapshot) =>
    snapshot.named('cn', 'nobody') ?? snapshot.find(keyOfName('cn=all,ou=Teams,dc=app,dc=test'));
  for (const snapshot of [...snapshots, ...snapshots]) {
    const group = members(snapshot);
    const all = typeof group === 'object' ? group.attributes.get('member')?.values : undefined;
    t.equal(all?.length, MANY);
    t.ok(room.size > 0 && room.size <= 200_000, String(room.size));
  }
  const [one] = snapshots;
  const [before, after] = [members(one!), members(one!)];
  const octetsOf = (entry: typeof before) =>
    typeof entry === 'object' ? entry.attributes.get('member')?.values[0] : undefined;
  t.equal(octetsOf(before), octetsOf(after), 'the same bytes');
});

t.test('a snapshot of an app is as old as the one it is made from, and knows its twins alone', async (t) => {
  const users = ['anna', 'eve'].map((uid) => person(uid));
  const twin = { ...person('EVE'), dn: upstreamUser('EVE') };
  const base = buildSnapshot({ gates: new Map(), everyone: true, users: [...users, twin], groups: [] }, BASE_LAYOUT, 5);
  const of = (...uids: string[]) =>
    runToEnd(
      appSnapshotSteps(
        base,
        shapeOf({
          layout: new Layout({ ...LARGE_LAYOUT, groupClasses: ['groupOfNames'] }),
          isIn: (uid) => uids.includes(uid),
        }),
        new LargeValues(),
      ),
    );
  const [one, other] = [of('anna'), of('anna', 'eve')];
  base.confirm(77);
  t.equal(one.takenAt, 77);
  t.equal(one.memberCount, 1);
  t.same(one.twins.all, []);
  t.equal(other.named('uid', 'eve'), 'ambiguous');
  t.ok(other.twins.hasName(keyOfName('uid=eve,ou=People,dc=app,dc=test')));
  t.equal(other.memberCount, 1);
});
