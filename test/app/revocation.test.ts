// What JumpCloud's events change here: by kind, by account, once, and without holding anybody up.
import t, { type Test } from 'tap';
import { kindOf, Revocation } from '../../src/app/revocation.js';
import { eventIn } from '../../src/cloud/client/records.js';
import type { CloudEvent } from '../../src/cloud/ports.js';
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

/** Users with a right and a wrong password remembered, and a session each. */
function make(t: Test, users: readonly string[]) {
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
  let reads = 0;
  let more = 0;
  const mirror = {
    snapshot: {
      named: (_: string, name: string) =>
        users.map((uid) => ({ uid })).find(({ uid }) => textKey('uid', uid) === textKey('uid', name)),
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
  return { revocation, remembered, told, reads: () => reads, more: () => more };
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

t.test('a policy is everybody’s; an event without a name, or that did not succeed, is nobody’s', async (t) => {
  const { revocation, remembered } = make(t, ['ada', 'bob']);
  await revocation.apply([event('user_suspended'), event('user_password_change', 'ada', false)]);
  t.same(remembered('ada'), ALL);
  await revocation.apply([event('authnpolicy_update', 'bob')]);
  for (const user of ['ada', 'bob']) t.same(remembered(user), { ...ALL, accepted: false });
  t.equal(kindOf({ type: 'user_lockout', success: false }), 'locked');
  for (const type of ['__proto__', 'constructor', '']) t.equal(kindOf({ type, success: true }), 'other');
});

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
