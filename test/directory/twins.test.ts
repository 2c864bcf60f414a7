// Who is in a snapshot, and under which name: one rule for membership, one account for one name, memberOf from the groups.
import t from 'tap';
import { makeLayout } from '../../src/app/names.js';
import { Mirror, type MirrorEvent } from '../../src/directory/mirror.js';
import type { UpstreamEntry, UpstreamImage } from '../../src/directory/reader.js';
import { buildSnapshot } from '../../src/directory/snapshot.js';
import { NameResolver } from '../../src/gate/bind/resolve-name.js';
import { dnKey, formatDN, keyOfName } from '../../src/ldap/dn.js';
import { parseFilter } from '../../src/ldap/filter-text.js';
import { proxyConfig } from '../support/proxy.js';
import { ORG, USERS_DN, upstreamDN } from '../support/small-upstream.js';

const config = (settings = {}) =>
  proxyConfig(
    { url: 'ldaps://localhost', caPem: '', orgId: ORG, reader: { dn: upstreamDN('r'), password: 'r' } },
    settings,
  );
const layout = makeLayout(config());

const values = (...texts: string[]) => texts.map((text) => Buffer.from(text));
const groupDN = (cn: string) => `cn=${cn},${USERS_DN}`;

interface Extra {
  readonly uids?: readonly string[];
  readonly memberOf?: readonly string[] | undefined;
}

function person(uid: string, { uids = [], memberOf }: Extra = {}): UpstreamEntry {
  return {
    dn: upstreamDN(uid),
    attributes: [
      { type: 'objectClass', values: values('inetOrgPerson') },
      { type: 'uid', values: values(...uids, uid) },
      { type: 'mail', values: values(`${uid}@example.test`) },
      ...(memberOf === undefined ? [] : [{ type: 'memberOf', values: values(...memberOf.map(groupDN)) }]),
    ],
  };
}

function group(cn: string, ...members: string[]): UpstreamEntry {
  return {
    dn: groupDN(cn),
    attributes: [
      { type: 'objectClass', values: values('groupOfNames') },
      { type: 'cn', values: values(cn) },
      { type: 'member', values: values(...members.map(upstreamDN)) },
    ],
  };
}

function image(users: readonly UpstreamEntry[], ...groups: UpstreamEntry[]): UpstreamImage {
  const [first] = groups;
  return { gates: new Map(first && [['gate', first]]), everyone: first === undefined, users, groups };
}

const snapshotOf = (of: UpstreamImage) => buildSnapshot(of, layout, 0);

/** What becomes of a bind name: a uid, or why it belongs to nobody. */
function meaningOf(name: string, of: UpstreamImage): string {
  const names = new NameResolver(new Map(), dnKey(layout.localUsersDN), ['uid', 'mail']);
  const resolved = names.resolve(name, snapshotOf(of));
  switch (resolved.kind) {
    case 'member':
      return resolved.uid;
    case 'stranger':
      return resolved.reason;
    default:
      return resolved.kind;
  }
}

t.test('accounts with one name here are nobody: none is first, and none is in any view (R23, R111)', async (t) => {
  const uids = ['Ada.Example', 'ada.example', 'ada.example  ', 'other'];
  for (const order of [uids, uids.toReversed()]) {
    const of = image(
      order.map((uid) => person(uid)),
      group('gate', ...order),
    );
    const snapshot = snapshotOf(of);
    t.equal(snapshot.memberCount, 1);
    t.same(
      snapshot.twins.all.map(({ upstreamDNs }) => [...upstreamDNs].sort()),
      [uids.slice(0, 3).map(upstreamDN).sort()],
    );
    for (const uid of ['ada.example', 'ADA.EXAMPLE', 'Ada.Example']) {
      t.equal(meaningOf(uid, of), 'ambiguous-name', uid);
      t.equal(meaningOf(layout.localUserDN(uid), of), 'ambiguous-name', layout.localUserDN(uid));
      t.equal(snapshot.find(keyOfName(layout.localUserDN(uid))), undefined);
    }
    t.equal(meaningOf('other', of), 'other');
    t.equal(meaningOf(layout.localUserDN('other'), of), 'other');
  }
});

t.test('names that only a wider comparison takes for one are two people (R23)', async (t) => {
  for (const [one, other] of [
    ['ilker.demir', 'ılker.demir'],
    ['massen', 'maßen'],
    ['ada', 'a\u00adda'],
    ['ada', 'ad\u200ba'],
    ['οδος', 'οδοσ'],
  ] as const) {
    const of = image([person(one), person(other)], group('gate', one, other));
    t.same(snapshotOf(of).twins.all, []);
    for (const uid of [one, other]) {
      t.equal(meaningOf(uid, of), uid);
      t.equal(meaningOf(layout.localUserDN(uid), of), uid);
    }
  }
});

t.test('one entry that comes twice is one account', async (t) => {
  const snapshot = snapshotOf(image([person('ada'), person('ada')], group('gate', 'ada')));
  t.equal(snapshot.memberCount, 1);
  t.same(snapshot.twins.all, []);
});

t.test(
  'a uid is whose own name it is, and not another account’s that has it as a further value (R23, R112)',
  async (t) => {
    const tavian = person('tavian', { uids: ['odrienne', 'ghost'] });
    for (const users of [
      [tavian, person('odrienne')],
      [person('odrienne'), tavian],
    ]) {
      const of = image(users, group('gate', 'tavian', 'odrienne'));
      for (const [name, meaning] of [
        ['odrienne', 'odrienne'],
        ['tavian', 'tavian'],
        ['ghost', 'unseen'],
      ] as const) {
        t.equal(meaningOf(name, of), meaning, name);
        t.equal(meaningOf(layout.localUserDN(name), of), meaning, layout.localUserDN(name));
      }
    }
  },
);

t.test('a member is in both lists: who is removed from either is out (R92)', async (t) => {
  // The reader brings whose memberOf names the group; the group says whom it lists.
  const snapshot = snapshotOf(image([person('both'), person('only.memberof')], group('gate', 'both', 'only.member')));
  t.ok(snapshot.user('both'));
  t.equal(snapshot.user('only.memberof'), undefined);
  t.equal(snapshot.user('only.member'), undefined);
});

t.test('memberOf is made from the groups, whatever the upstream shows of it, and filters find it', async (t) => {
  const groups = [group('gate', 'ada', 'ben'), group('crew', 'ada', 'stranger'), group('strangers', 'stranger')];
  for (const memberOf of [undefined, ['gate'], ['gate', 'crew', 'strangers', 'nowhere']]) {
    const snapshot = snapshotOf(image([person('ada', { memberOf }), person('ben', { memberOf })], ...groups));
    const shown = (uid: string) => snapshot.user(uid)?.attributes.get('memberof')?.values.map(String);
    const local = (cn: string) => layout.localGroupDN(cn);
    t.same(shown('ada'), [local('gate'), local('crew')]);
    t.same(shown('ben'), [local('gate')]);
    const filter = parseFilter(`(memberOf=${local('crew')})`);
    t.same(
      filter === undefined
        ? []
        : snapshot
            .plan(filter)
            .lists.flat()
            .map(({ uid }) => uid),
      ['ada'],
    );
    // Both directions say the same.
    for (const { dn, attributes } of snapshot.entries.filter(({ kind }) => kind === 'group'))
      for (const name of attributes.get('member')?.values.map(String) ?? [])
        t.ok(
          snapshot.find(keyOfName(name))?.attributes.get('memberof')?.values.map(String).includes(dn),
          `${name} in ${dn}`,
        );
  }
  const hidden = makeLayout(config({ directory: { hiddenAttributes: ['memberOf'] } }));
  const none = buildSnapshot(image([person('ada', { memberOf: ['gate'] })], ...groups), hidden, 0);
  t.equal(none.user('ada')?.attributes.get('memberof'), undefined, 'hidden is hidden');
  t.match(formatDN(hidden.localUsersDN), /./);
});

t.test('twins are one line in the log, when they come and not at every read', async (t) => {
  const events: MirrorEvent[] = [];
  const snapshots = [
    snapshotOf(image([person('ada')], group('gate', 'ada'))),
    snapshotOf(image([person('ada'), person('ADA'), person('ben')], group('gate', 'ada', 'ben'))),
  ];
  let at = 0;
  const mirror = new Mirror({
    reader: { read: () => Promise.resolve(image([])) },
    build: () => snapshots[at]!,
    refresh: 60_000,
    doubt: 0,
    now: () => 0,
    random: () => 0.5,
    log: (event) => void events.push(event),
  });
  t.teardown(() => mirror.stop());
  const lines = () => events.filter(({ kind }) => kind === 'twins');
  await mirror.start();
  t.same(lines(), []);
  at = 1;
  for (let i = 0; i < 3; i++) await mirror.refreshNow();
  t.same(lines(), [{ kind: 'twins', count: 1, names: [`${upstreamDN('ada')} and ${upstreamDN('ADA')}`] }]);
});
