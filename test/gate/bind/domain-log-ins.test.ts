// Logins as user@domain: how strangers' questions, an outage and time affect them.
import t from 'tap';
import { makeEntry } from '../../../src/directory/entry.js';
import { Snapshot } from '../../../src/directory/snapshot.js';
import { BindOperation } from '../../../src/gate/bind/bind.js';
import { CredentialCache } from '../../../src/gate/bind/credential-cache.js';
import { Domains } from '../../../src/gate/bind/domain-name.js';
import { NameResolver } from '../../../src/gate/bind/resolve-name.js';
import { indexServiceAccounts } from '../../../src/gate/bind/service-accounts.js';
import type { Lookup } from '../../../src/gate/ports.js';
import { anonymousSession } from '../../../src/gate/session.js';
import { keyOfName } from '../../../src/ldap/dn.js';
import { values } from '../../../src/ldap/values.js';
import { NameLookup } from '../../../src/upstream/name-lookup.js';
import { simpleBind } from '../../support/client.js';
import { USERS, userDN } from '../../support/proxy.js';
import { makeWorld } from '../../support/world.js';

const HOUR = 3_600_000;
const AWAY = { kind: 'trouble', code: 52, reason: 'upstream-unreachable', detail: 'no route' } as const;

/** Members by mail address, each with the password 'right'; `others`: addresses upstream, and whose they are. */
function make(members: Readonly<Record<string, string>>, took = { lookUp: 0, bind: 0 }) {
  const others = new Map<string, Lookup>();
  const snapshotOf = (all: Readonly<Record<string, string>>) =>
    new Snapshot(
      Object.entries(all).map(([uid, mail]) => {
        const attributes = [
          { type: 'uid', values: values(uid) },
          { type: 'mail', values: values(mail) },
        ];
        return makeEntry('user', userDN(uid), attributes, uid);
      }),
      0,
    );
  const state = { snapshot: snapshotOf(members), isDown: false, questions: 0 };
  const world = makeWorld({
    snapshot: () => state.snapshot,
    maxStale: 24 * HOUR,
    names: new NameResolver(
      indexServiceAccounts([]),
      keyOfName(USERS),
      ['uid', 'mail'],
      keyOfName(USERS),
      new Domains(['example.com']),
    ),
    credentialCache: new CredentialCache({
      ttl: 30_000,
      refusedTtl: 60_000,
      staleIfError: 8 * HOUR,
      entries: 100,
      clock: () => world.context.clock(),
    }),
  });
  const bind = (name: string, password = 'right', address = '192.0.2.1') => {
    const begun = world.context.clock();
    const operation = new BindOperation(simpleBind(name, password), anonymousSession('tls', address), world.context);
    let step = operation.advance();
    for (; step === 'waiting'; step = operation.advance()) {
      for (const { what, answer } of world.lookedUp.splice(0)) {
        state.questions++;
        world.pass(took.lookUp);
        answer(state.isDown ? { kind: 'trouble', detail: 'no route' } : (others.get(what) ?? { kind: 'nobody' }));
      }
      for (const one of world.asked.splice(0)) {
        world.pass(took.bind);
        if (state.isDown) one.answer(AWAY);
        else one.answer({ kind: one.password === 'right' ? 'accepted' : 'refused' });
      }
      // Only waits that are left: nothing else moves the clock.
      for (const { until } of world.sleeping.slice(0, 1)) world.pass(until - world.context.clock());
    }
    const { code, account } = operation.trace;
    return { code, account, ms: world.context.clock() - begun };
  };
  const become = (all: Readonly<Record<string, string>>) => {
    state.snapshot = snapshotOf(all);
  };
  return { ...world, state, others, bind, become };
}

t.test('invented names keep out no member behind the same address, whatever the form (R97, R113)', async (t) => {
  const { bind, context } = make({ ada: 'a@elsewhere.org', ben: 'b@elsewhere.org' });
  for (const invented of ['made.up.N@example.com', 'madeupN', 'example.com\\madeupN'])
    for (let i = 0; i < 30; i++) bind(invented.replace('N', String(i)), 'x');
  t.notOk(context.rateLimiter.takeLookUp('192.0.2.1'), 'the address may ask about no stranger any more');
  for (const name of ['ada@example.com', 'BEN@Example.COM', 'ada@example.com']) t.match(bind(name), { code: 0 }, name);
  t.equal(bind('new@example.com').code, 49);
});

t.test('one invented name is one, by whatever form: an address may try as many of each (R97)', async (t) => {
  const PER_ADDRESS = 10;
  for (const form of ['made.up.N@example.com', 'madeupN', 'example.com\\madeupN', 'madeupN@elsewhere.org']) {
    const { bind, context } = make({ ada: 'a@elsewhere.org' });
    for (let i = 0; i < PER_ADDRESS - 1; i++) bind(form.replace('N', String(i)), 'x');
    t.ok(context.rateLimiter.takeLookUp('192.0.2.1'), `${form}: one is left`);
    t.notOk(context.rateLimiter.takeLookUp('192.0.2.1'), `${form}: and no more`);
  }
});

t.test('a name in a domain that turns out to be a new member costs its address nothing once it is in', async (t) => {
  const world = make({ ada: 'a@elsewhere.org' });
  world.others.set('uid=new', { kind: 'member', uid: 'new' } as Lookup);
  for (let i = 0; i < 30; i++) t.equal(world.bind('new@example.com').code, 0, String(i));
});

t.test('guesses at a member as user@domain ask a limited number of questions; logins ask none (R97)', async (t) => {
  const world = make({ ada: 'a@elsewhere.org', ben: 'b@elsewhere.org' });
  for (let i = 0; i < 50; i++) t.equal(world.bind('ada@example.com', `wrong ${i}`).code, 49);
  t.ok(world.state.questions <= 10, 'asked no oftener than about strangers');
  t.match(world.bind('ben@example.com'), { code: 0, account: 'ben' });
  t.match(world.bind('ada@example.com', 'right', '192.0.2.9').code, 49, 'the account is used up');
});

t.test('who has logged in costs no question for ten minutes; a guess settles nothing', async (t) => {
  const world = make({ ada: 'a@elsewhere.org' });
  world.bind('ada@example.com', 'wrong');
  world.bind('ada@example.com', 'wrong');
  t.equal(world.state.questions, 2);
  for (let i = 0; i < 9; i++) {
    t.equal(world.bind('ada@example.com').code, 0);
    world.pass(60_000);
  }
  t.equal(world.state.questions, 3);
  world.pass(60_001);
  world.bind('ada@example.com');
  t.equal(world.state.questions, 4, 'logins in between do not make it longer');
});

t.test('a name that becomes somebody’s mail address is theirs (R20, R23)', async (t) => {
  await t.test('immediately, if the next snapshot says so', async (t) => {
    const world = make({ ada: 'a@elsewhere.org' });
    t.match(world.bind('ada@example.com'), { account: 'ada' });
    world.become({ ada: 'a@elsewhere.org', eve: 'ada@example.com' });
    t.match(world.bind('ada@example.com'), { code: 0, account: 'eve' });
    world.state.isDown = true;
    t.not(world.bind('ada@example.com').account, 'ada');
  });
  for (const found of [
    { kind: 'member', uid: 'eve', upstreamDN: 'uid=eve,ou=up' },
    { kind: 'outsider', uid: 'eve' },
    { kind: 'ambiguous' },
  ] as const)
    await t.test(`after ten minutes, if the upstream says ${found.kind}; also in the outage after that`, async (t) => {
      const world = make({ ada: 'a@elsewhere.org' });
      t.match(world.bind('ada@example.com'), { account: 'ada' });
      world.others.set('mail=ada@example.com', found);
      world.pass(600_001);
      t.not(world.bind('ada@example.com').account, 'ada');
      world.state.isDown = true;
      t.match(world.bind('ada@example.com'), { code: 52, account: '' });
      world.pass(HOUR);
      t.match(world.bind('ada@example.com'), { code: 52, account: '' });
    });
});

t.test('in an outage user@domain gets in as every other form of the name does (R94)', async (t) => {
  const world = make({ ada: 'a@elsewhere.org', ben: 'b@elsewhere.org' });
  t.equal(world.bind('ada@example.com').code, 0);
  t.equal(world.bind('ben').code, 0);
  world.state.isDown = true;
  for (const later of [10_000, 60_000, HOUR, 6 * HOUR]) {
    world.pass(later);
    for (const name of ['ada', 'example.com\\ada', userDN('ada'), 'ada@example.com'])
      t.match(world.bind(name), { code: 0, account: 'ada' }, `${name} ${later}`);
    t.equal(world.bind('ada@example.com', 'wrong').code, 52);
    t.equal(world.bind('ben@example.com').code, 52, 'of this one nobody knows whose address it is');
    t.equal(world.bind('made.up@example.com').code, 52);
  }
  world.pass(2 * HOUR);
  t.equal(world.bind('ada@example.com').code, 52);
});

for (const took of [
  { lookUp: 150, bind: 50 },
  { lookUp: 30, bind: 200 },
])
  t.test(`all refusals of user@domain take one time: ${JSON.stringify(took)} (R3, R117)`, async (t) => {
    const { bind, others } = make({ ada: 'a@elsewhere.org', ben: 'ben@example.com', carl: 'c@elsewhere.org' }, took);
    others.set('mail=out@example.com', { kind: 'outsider', uid: 'out' });
    // The first ones of each kind, from elsewhere; and one who is cached.
    for (const name of ['carl', 'nobody', 'carl@example.com', 'nobody@example.com']) bind(name, 'wrong', '192.0.2.8');
    bind('carl@example.com', 'right', '192.0.2.8');
    const names = ['ada', 'ben', 'carl', 'out', 'made.up', 'made.up2'].map((user) => `${user}@example.com`);
    const times = [1, 2, 3, 4, 5, 6].flatMap((i) => names.map((name) => bind(name, `wrong ${i}`)));
    t.same([...new Set(times.map(({ code }) => code))], [49]);
    t.same([...new Set(times.map(({ ms }) => ms))], [Math.max(took.lookUp, took.bind) + took.lookUp]);
    const plain = ['ada', 'x', 'example.com\\ada', 'example.com\\x'].map((name) => bind(name, 'odd', '192.0.2.7').ms);
    t.same([...new Set(plain)], [Math.max(took.lookUp, took.bind)], 'other forms wait no longer for it');
  });

t.test('strangers’ look-ups under way leave room for those of names that mean members (R97)', async (t) => {
  const asked: string[] = [];
  const nameLookup = new NameLookup({
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
  const look = (value: string, isOfMember: boolean) =>
    new Promise<Lookup>((resolve) => nameLookup.lookUp('mail', value, resolve, isOfMember));
  const strangers = Array.from({ length: 300 }, (_, i) => look(`x${i}`, false));
  const members = Array.from({ length: 3000 }, (_, i) => look(`m${i}`, true));
  t.equal(asked.filter((name) => name.startsWith('x')).length, 256);
  t.equal(asked.filter((name) => name.startsWith('m')).length, 2048, 'bounded as well');
  await Promise.all([...strangers, ...members]);
  void look('x', false);
  await look('m', true);
  t.ok(asked.includes('m') && asked.includes('x'), 'and what is over makes room again');
});
