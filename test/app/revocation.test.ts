// What JumpCloud's events change here: by kind, by account, once, and without holding anybody up.
import t, { type Test } from 'tap';
import { kindOf, Revocation } from '../../src/app/revocation.js';
import { eventIn } from '../../src/cloud/client/records.js';
import { type CloudEvent, TOO_LONG } from '../../src/cloud/ports.js';
import type { Mirror } from '../../src/directory/mirror.js';
import { CredentialCache } from '../../src/gate/bind/credential-cache.js';
import { textKey } from '../../src/ldap/matching.js';

const RIGHT = Buffer.from('right');
const WRONG = Buffer.from('wrong');
const version = () => undefined;

const event = (type: string, username?: string, success?: boolean): CloudEvent => ({
  ...{ id: '', at: 0, service: 'directory', type, username, subject: undefined, success },
  ...{ errorMessage: undefined, factors: {} },
});

/** Users with a right and a wrong password cached, and a session each. */
function make(t: Test, users: readonly string[], names: Readonly<Record<string, string>> = {}) {
  const ttls = { ttl: 60_000, refusedTtl: 60_000, staleIfError: 0 };
  const cache = new CredentialCache({ ...ttls, entries: 50_000, clock: () => 0 });
  for (const user of users) {
    cache.remember(cache.keyOf(user, WRONG), 'refused', version);
    // As an accepted one makes it due, the refused one comes first only where it is looked at.
    cache.remember(cache.keyOf(user, RIGHT), 'accepted', version);
    cache.remember(cache.keyOf(user, WRONG), 'refused', version);
  }
  const sessions = new Set(users);
  const told: [string, readonly string[], number][] = [];
  const unresolved: [readonly string[], number][] = [];
  let reads = 0;
  let more = 0;
  const mirror = {
    snapshot: {
      named: (attribute: string, name: string) =>
        users
          .map((uid) => ({ uid }))
          .find(({ uid }) => textKey('uid', attribute === 'mail' ? `${uid}@x.io` : uid) === textKey('uid', name)),
    },
    refreshNow: async () => {
      reads++;
      return true;
    },
  } as unknown as Mirror;
  const revocation = new Revocation({
    credentialCache: () => cache,
    mirror: () => mirror,
    *revokeSessions(isRevoked) {
      let count = 0;
      for (const uid of [...sessions]) {
        if (isRevoked(uid)) {
          sessions.delete(uid);
          count++;
        }
        yield;
      }
      return count;
    },
    revoked: (...line) => told.push(line),
    moreRevoked: (accounts) => {
      more += accounts;
    },
    unresolved: (...line) => unresolved.push(line),
    nameOf: (id) => names[id],
    turned: () => {},
    gap: () => {},
    defect: (error) => t.fail(String(error)),
    between: 3_600_000,
  });
  t.teardown(() => revocation.stop());
  const remembered = (user: string) => ({
    accepted: cache.recall(cache.keyOf(user, RIGHT), version) === 'accepted',
    refused: cache.recall(cache.keyOf(user, WRONG), version) === 'refused',
    session: sessions.has(user),
  });
  return { revocation, remembered, told, unresolved, reads: () => reads, more: () => more };
}

const ALL = { accepted: true, refused: true, session: true };

for (const [type, left, reads] of [
  ['user_suspended', { accepted: false, refused: true, session: false }, 1],
  ['user_lockout', { accepted: false, refused: true, session: false }, 1],
  ['user_delete', { accepted: false, refused: true, session: false }, 1],
  ['user_password_expired', { accepted: false, refused: true, session: false }, 1],
  ['user_password_change', { accepted: false, refused: false, session: false }, 1],
  ['user_password_set', { accepted: false, refused: false, session: false }, 1],
  ['user_unlocked', { accepted: true, refused: false, session: true }, 1],
  ['user_unsuspended', { accepted: true, refused: false, session: true }, 1],
  ['user_mfa_exclusion_expired', { accepted: false, refused: true, session: true }, 0],
  ['user_update', { accepted: false, refused: false, session: true }, 1],
  ['association_change', ALL, 1],
  ['group_update', ALL, 1],
  ['user_login_attempt', ALL, 0],
] as const)
  t.test(`${type}: what it changes of its account, and nothing of another`, async (t) => {
    const { revocation, remembered, reads: made } = make(t, ['Ada', 'adam']);
    t.same([remembered('Ada'), remembered('adam')], [ALL, ALL]);
    await revocation.apply([event(type, 'ada')]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    t.same(remembered('Ada'), left);
    t.same(remembered('adam'), ALL);
    t.equal(made(), reads);
  });

t.test('a policy concerns everybody; an event that did not succeed concerns nobody', async (t) => {
  const { revocation, remembered } = make(t, ['ada', 'bob']);
  await revocation.apply([event('user_password_change', 'ada', false)]);
  t.same(remembered('ada'), ALL);
  await revocation.apply([event('authnpolicy_update', 'bob')]);
  for (const user of ['ada', 'bob']) t.same(remembered(user), { ...ALL, accepted: false });
  t.equal(kindOf({ type: 'user_lockout', success: false }), 'locked');
  for (const type of ['__proto__', 'constructor', '']) t.equal(kindOf({ type, success: true }), 'other');
});

t.test(
  'an event that is too long to read may be anybody’s: accepted passwords are forgotten, and members read',
  async (t) => {
    const { revocation, remembered, reads } = make(t, ['ada', 'bob']);
    await revocation.apply([{ ...event(TOO_LONG), at: Number.MAX_SAFE_INTEGER }]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const user of ['ada', 'bob']) t.same(remembered(user), { ...ALL, accepted: false });
    t.equal(reads(), 1);
    t.equal(revocation.counts.events.get('unreadable'), 1);
    t.equal(revocation.counts.delay, undefined);
  },
);

t.test('ten thousand events: few lines, one read, and others have their turns between', async (t) => {
  const users = Array.from({ length: 5000 }, (_, i) => `user${i}`);
  const { revocation, remembered, told, reads, more } = make(t, users);
  const flood = [...users, ...users].map((user) => event('user_suspended', user));
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await revocation.apply(flood);
  isOver = true;
  await new Promise((resolve) => setTimeout(resolve, 5));
  t.ok(turns > 10, `${turns} turns`);
  for (const user of users) if (remembered(user).accepted || remembered(user).session) t.fail(user);
  t.same([told.length, told.length + more(), reads()], [10, 5000, 1]);
  t.equal(revocation.counts.events.get('suspended'), 10_000);
  t.equal(revocation.counts.sessions, 5000);
});

/** As Directory Insights have it. */
const read = (record: object): CloudEvent => {
  const common = { id: 'e1', service: 'directory', timestamp: '2026-11-27T01:00:00Z', success: true };
  return eventIn({ ...common, event_type: 'user_suspended', ...record })!;
};

t.test('passwords and sessions end alike, however the name is spelled', async (t) => {
  for (const uid of ['İlker', 'ΟΔΟΣ', 'STRASSE.ß', 'Ada  Byron', '__proto__', 'ǅ.x', 'quillon.varrek'])
    for (const spelled of [
      uid,
      uid.toLowerCase(),
      uid.toUpperCase().replaceAll('SS', uid.includes('ß') ? 'ß' : 'SS'),
    ]) {
      const isSame = textKey('uid', uid) === textKey('uid', spelled) || spelled === 'i̇lker';
      const { revocation, remembered } = make(t, [uid, 'adam']);
      await revocation.apply([read({ resource: { type: 'user', id: 'a1', username: spelled } })]);
      const { accepted, session } = remembered(uid);
      t.same({ accepted, session }, { accepted: !isSame, session: !isSame }, `${uid} as ${spelled}`);
      t.same(remembered('adam'), ALL);
    }
});

t.test('an event leads to its user by the ID or a mail address', async (t) => {
  const GONE = { accepted: false, refused: true, session: false };
  for (const record of [
    { resource: { type: 'user', id: 'a1' } },
    { resource: { type: 'user', id: 'a1', username: '' } },
    { username: '', resource: { type: 'user', id: 'a1', username: 'x'.repeat(2000) } },
    { username: 'nobody@x.io', resource: { type: 'user', id: 'a1' } },
    { username: 'Ada@X.io', resource: { type: 'user', id: 'z9' } },
    { username: '', resource: { type: 'user', username: 'ada' } },
  ]) {
    const { revocation, remembered, unresolved } = make(t, ['ada', 'bob'], { a1: 'Ada', b1: 'bob', c1: '' });
    await revocation.apply([read(record)]);
    t.same([remembered('ada'), remembered('bob')], [GONE, ALL], JSON.stringify(record).slice(0, 90));
    t.same(unresolved, []);
  }
});

t.test(
  'an event without a known user drops all cached accepted passwords, and is reported once for a page',
  async (t) => {
    const unknown = [
      { resource: { type: 'user', id: 'c1' } },
      { resource: { type: 'user', id: 'z9' } },
      { username: 'nobody@x.io' },
      { event_type: 'user_mfa_exclusion_expired' },
      { event_type: 'user_update', changes: [{ field: 'username', to: 'bob' }], username: 'bob' },
    ];
    for (const records of [...unknown.map((one) => [one]), unknown]) {
      const { revocation, remembered, unresolved, reads } = make(t, ['ada', 'bob'], { c1: '' });
      await revocation.apply(records.map(read));
      await new Promise((resolve) => setTimeout(resolve, 5));
      t.same(remembered('ada'), { ...ALL, accepted: false });
      t.equal(remembered('bob').accepted, false);
      t.equal(unresolved.length, 1);
      t.equal(unresolved[0]?.[1], records.length);
      t.equal(reads(), 1);
    }
    const { revocation, remembered, unresolved } = make(t, ['ada']);
    await revocation.apply(['user_unlocked', 'group_update', 'user_login_attempt'].map((type) => event(type)));
    t.same([remembered('ada'), unresolved], [ALL, []], 'these take nothing away');
  },
);

t.test('a rename ends what the old name had, and the new one', async (t) => {
  const { revocation, remembered, told, unresolved } = make(t, ['old.name', 'new.name', 'bob'], { a1: 'old.name' });
  const changes = [
    { field: 'email', from: 'a@x.io', to: 'b@x.io' },
    { field: 'username', from: 'old.name', to: 'new.name' },
  ];
  const resource = { type: 'user', id: 'a1' };
  for (const named of [{ username: 'new.name' }, { username: 'old.name' }, {}]) {
    const { revocation, remembered } = make(t, ['old.name', 'new.name', 'bob']);
    await revocation.apply([read({ event_type: 'user_update', resource, changes, ...named })]);
    t.same(remembered('old.name'), { accepted: false, refused: false, session: false });
    t.equal(remembered('new.name').accepted, false);
    t.same(remembered('bob'), ALL);
  }
  const update = read({ event_type: 'user_update', username: 'new.name', resource, changes });
  await revocation.apply([update, read({ resource })]);
  t.same(
    told.map(([name, kinds]) => [name, kinds]).find(([name]) => name === 'new.name'),
    ['new.name', ['renamed', 'suspended']],
    'what comes later by the ID is about the new name',
  );
  t.same(remembered('bob'), ALL);
  t.same(unresolved, []);
  await revocation.apply([read({ event_type: 'user_update', username: 'bob', changes: [changes[0]] })]);
  t.equal(remembered('bob').session, true, 'another field does not rename');
});
