// The bind as a value: (request, world) to (response, session, steps), with every answer of the upstream given by the test.
import t from 'tap';
import { makeEntry } from '../../../src/directory/entry.js';
import { Snapshot } from '../../../src/directory/snapshot.js';
import { Work } from '../../../src/directory/work.js';
import { BindOperation } from '../../../src/gate/bind/bind.js';
import { CredentialCache } from '../../../src/gate/bind/credential-cache.js';
import { NameResolver } from '../../../src/gate/bind/resolve-name.js';
import { indexServiceAccounts, type ServiceAccount } from '../../../src/gate/bind/service-accounts.js';
import type { Ended } from '../../../src/gate/operation.js';
import type { Lookup, Verdict } from '../../../src/gate/ports.js';
import { anonymousSession } from '../../../src/gate/session.js';
import type { World } from '../../../src/gate/world.js';
import { keyOfName } from '../../../src/ldap/dn.js';
import type { BindRequest } from '../../../src/ldap/message.js';
import { values } from '../../../src/ldap/values.js';
import { simpleBind } from '../../support/client.js';
import { BASE, USERS, userDN } from '../../support/proxy.js';
import { makeWorld, SERVICE, SERVICE_PASSWORD, snapshotOf, type TestWorld, UPSTREAM } from '../../support/world.js';

const NOBODY = anonymousSession('clear', '192.0.2.1');
const OVER_TLS = anonymousSession('tls', '192.0.2.1');
const ACCEPTED: Verdict = { kind: 'accepted' };
const REFUSED: Verdict = { kind: 'refused' };
const DOWN: Verdict = { kind: 'trouble', code: 52, reason: 'upstream-unreachable', detail: 'no route' };
const LATE: Verdict = { kind: 'trouble', code: 3, reason: 'upstream-timeout', detail: 'no answer' };

interface Begun {
  readonly operation: BindOperation;
  /** Times that it has asked to be advanced. */
  woken: number;
  ended: Ended | undefined;
  /** Advances it; its end stays in `ended`. */
  go(): Begun;
}

function begin(world: TestWorld, request: BindRequest, session = NOBODY): Begun {
  const operation = new BindOperation(request, session, world.context);
  const begun: Begun = {
    operation,
    woken: 0,
    ended: undefined,
    go: () => {
      const progress = operation.advance();
      if (progress !== 'waiting') begun.ended = progress;
      return begun;
    },
  };
  operation.wake = () => {
    begun.woken++;
  };
  return begun.go();
}

/** Until it is woken, and then one step: what is checked here is answered later. */
async function settle(bind: Begun): Promise<void> {
  while (bind.woken === 0) await new Promise((resolve) => setImmediate(resolve));
  bind.go();
}

const codeOf = ({ ended }: Begun) => (ended?.response as { result: { code: number } } | undefined)?.result.code;
const stepsOf = ({ operation }: Begun) => operation.trace.steps.map(({ name }) => name);
const sasl = (mechanism: string, credentials?: string): BindRequest => ({
  kind: 'bindRequest',
  version: 3,
  name: '',
  authentication: {
    method: 'sasl',
    mechanism,
    ...(credentials === undefined ? {} : { credentials: Buffer.from(credentials) }),
  },
});

/** Binds, and what they come to with this verdict (if they ask for one). */
const TABLE: readonly {
  readonly name: string;
  readonly request: BindRequest;
  readonly session?: typeof NOBODY;
  readonly change?: Partial<World>;
  readonly verdict?: Verdict;
  readonly found?: Lookup;
  readonly code: number;
  readonly reason: string;
  readonly who?: string;
  readonly steps?: readonly string[];
}[] = [
  { name: 'anonymous', request: simpleBind('', ''), code: 0, reason: 'ok', who: 'anonymous', steps: [] },
  { name: 'LDAPv2', request: { ...simpleBind('ada', 'x'), version: 2 }, code: 2, reason: 'protocol-version' },
  { name: 'a name without a password', request: simpleBind('ada', ''), code: 53, reason: 'empty-password' },
  { name: 'a password without a name', request: simpleBind('', 'x'), code: 49, reason: 'password-without-name' },
  {
    name: 'clear text where TLS is required',
    request: simpleBind('ada', 'x'),
    change: { requireTls: true },
    code: 13,
    reason: 'tls-required',
  },
  {
    name: 'a member by uid, right password',
    request: simpleBind('ada', 'right'),
    verdict: ACCEPTED,
    code: 0,
    reason: 'ok',
    who: 'ada',
    steps: ['resolveName', 'admit', 'verify', 'verify'],
  },
  {
    name: 'a member by DN',
    request: simpleBind(userDN('ada'), 'right'),
    verdict: ACCEPTED,
    code: 0,
    reason: 'ok',
    who: 'ada',
  },
  {
    name: 'a member by mail',
    request: simpleBind('ada@example.com', 'right'),
    verdict: ACCEPTED,
    code: 0,
    reason: 'ok',
    who: 'ada',
  },
  {
    name: 'a member by cn=',
    request: simpleBind(`cn=Name of ada,${userDN('x').slice(6)}`, 'right'),
    verdict: ACCEPTED,
    code: 0,
    reason: 'ok',
    who: 'ada',
  },
  {
    name: 'a wrong password',
    request: simpleBind('ada', 'wrong'),
    verdict: REFUSED,
    code: 49,
    reason: 'wrong-password',
  },
  { name: 'an outage', request: simpleBind('ada', 'right'), verdict: DOWN, code: 52, reason: 'upstream-unreachable' },
  {
    name: 'no answer in time',
    request: simpleBind('ada', 'right'),
    verdict: LATE,
    code: 3,
    reason: 'upstream-timeout',
  },
  { name: 'text that is not a name', request: simpleBind('a=b=c,', 'x'), code: 34, reason: 'invalid-name' },
  {
    name: 'the DN of a group',
    request: simpleBind(`cn=wayk-users,ou=Groups,${BASE}`, 'x'),
    code: 49,
    reason: 'not-a-user-name',
  },
  { name: 'a DN elsewhere', request: simpleBind('uid=ada,dc=other', 'x'), code: 49, reason: 'not-a-user-name' },
  {
    name: 'an unknown name',
    request: simpleBind('nobody', 'x'),
    found: { kind: 'nobody' },
    code: 49,
    reason: 'unknown-name',
  },
  {
    name: 'an account outside the group',
    request: simpleBind('olga', 'x'),
    found: { kind: 'outsider' },
    code: 49,
    reason: 'not-a-member',
  },
  {
    name: 'two accounts of one name',
    request: simpleBind('two@example.com', 'x'),
    found: { kind: 'ambiguous' },
    code: 49,
    reason: 'ambiguous-name',
  },
  {
    name: 'a look-up that fails',
    request: simpleBind('new', 'x'),
    found: { kind: 'trouble', detail: 'no route' },
    code: 52,
    reason: 'upstream-unreachable',
  },
  {
    name: 'a new member, right password',
    request: simpleBind('new', 'right'),
    found: { kind: 'member', uid: 'new', upstreamDN: `uid=new,${UPSTREAM}` },
    verdict: ACCEPTED,
    code: 0,
    reason: 'ok',
    who: 'new',
  },
  {
    name: 'no snapshot',
    request: simpleBind('ada', 'x'),
    change: { snapshot: () => undefined },
    code: 52,
    reason: 'no-snapshot',
  },
  {
    name: 'a snapshot that is too old',
    request: simpleBind('ada', 'x'),
    change: { maxStale: -1 },
    code: 52,
    reason: 'stale-snapshot',
  },
  {
    name: 'a snapshot that is too old, while the list cannot be read, a member',
    request: simpleBind(userDN('ada'), 'right'),
    change: { maxStale: -1, looksUpAll: () => true },
    found: { kind: 'member', uid: 'ada', upstreamDN: `uid=ada,${UPSTREAM}` },
    verdict: ACCEPTED,
    code: 0,
    reason: 'ok',
    who: 'ada',
  },
  {
    name: 'a snapshot that is too old, while the list cannot be read, somebody who was a member',
    request: simpleBind(userDN('ada'), 'right'),
    change: { maxStale: -1, looksUpAll: () => true },
    found: { kind: 'outsider', uid: 'ada' },
    code: 49,
    reason: 'not-a-member',
  },
  {
    name: 'the first read under way, a name by uid=',
    request: simpleBind(userDN('new'), 'right'),
    change: { snapshot: () => undefined, looksUpAll: () => true },
    found: { kind: 'member', uid: 'new', upstreamDN: `uid=new,${UPSTREAM}` },
    verdict: ACCEPTED,
    code: 0,
    reason: 'ok',
    who: 'new',
  },
  { name: 'SASL PLAIN in cleartext', request: sasl('PLAIN', '\0ada\0right'), code: 7, reason: 'tls-required' },
  {
    name: 'SASL PLAIN over TLS',
    request: sasl('PLAIN', '\0ada\0right'),
    session: OVER_TLS,
    verdict: ACCEPTED,
    code: 0,
    reason: 'ok',
    who: 'ada',
  },
  {
    name: 'SASL PLAIN for somebody else',
    request: sasl('PLAIN', 'dn:uid=ben\0ada\0right'),
    session: OVER_TLS,
    verdict: ACCEPTED,
    code: 49,
    reason: 'authorization-denied',
  },
  {
    name: 'SASL PLAIN for somebody else with a wrong password: whose the other name is, is not looked at',
    request: sasl('PLAIN', 'dn:uid=ben\0ada\0wrong'),
    session: OVER_TLS,
    verdict: REFUSED,
    code: 49,
    reason: 'wrong-password',
  },
  {
    name: 'SASL PLAIN for oneself by another name',
    request: sasl('PLAIN', `dn:${userDN('ADA')}\0u:ada\0right`),
    session: OVER_TLS,
    verdict: ACCEPTED,
    code: 0,
    reason: 'ok',
    who: 'ada',
  },
  {
    name: 'SASL PLAIN for oneself, and nobody can say yet whose the name is',
    request: sasl('PLAIN', `new\0${userDN('new')}\0right`),
    session: OVER_TLS,
    change: { snapshot: () => undefined, looksUpAll: () => true },
    found: { kind: 'member', uid: 'new', upstreamDN: `uid=new,${UPSTREAM}` },
    verdict: ACCEPTED,
    code: 52,
    reason: 'no-snapshot',
  },
  {
    name: 'SASL PLAIN for oneself by uid, before the first read',
    request: sasl('PLAIN', `dn:${userDN('NEW')}\0${userDN('new')}\0right`),
    session: OVER_TLS,
    change: { snapshot: () => undefined, looksUpAll: () => true },
    found: { kind: 'member', uid: 'new', upstreamDN: `uid=new,${UPSTREAM}` },
    verdict: ACCEPTED,
    code: 0,
    reason: 'ok',
    who: 'new',
  },
  {
    name: 'SASL PLAIN with junk',
    request: sasl('PLAIN', 'ada'),
    session: OVER_TLS,
    code: 49,
    reason: 'malformed-credentials',
  },
  { name: 'SASL EXTERNAL over the network', request: sasl('EXTERNAL'), code: 7, reason: 'method-not-offered' },
  {
    name: 'SASL EXTERNAL on the socket file',
    request: sasl('EXTERNAL'),
    session: anonymousSession('ldapi', ''),
    change: { externalDN: 'cn=local' },
    code: 0,
    reason: 'ok',
    who: 'cn=local',
  },
  { name: 'another mechanism', request: sasl('GSSAPI', 'x'), code: 7, reason: 'method-not-offered' },
];

for (const { name, request, session, change = {}, verdict, found, code, reason, who, steps } of TABLE) {
  t.test(`${name}: ${code}, ${reason}`, async (t) => {
    const world = makeWorld(change);
    const bind = begin(world, request, session);
    if (found !== undefined) {
      t.equal(bind.ended, undefined, 'waits for the look-up');
      world.lookedUp[0]?.answer(found);
      t.equal(bind.ended, undefined, 'an answer only wakes it');
      bind.go();
    }
    if (verdict !== undefined) {
      t.equal(world.asked.length, 1, 'asks upstream once');
      t.match(world.asked[0]?.dn, new RegExp(`^uid=(ada|new),${UPSTREAM}$`), 'for the canonical name');
      t.equal(world.asked[0]?.password, 'right' === world.asked[0]?.password ? 'right' : 'wrong');
      world.asked[0]?.answer(verdict);
      t.equal(bind.ended, undefined, 'an answer only wakes it');
      t.equal(bind.woken > 0, true);
      bind.go();
    } else {
      t.equal(world.asked.length, 0, 'nothing goes upstream');
      if (bind.ended === undefined) await settle(bind);
    }
    t.equal(codeOf(bind), code);
    t.equal(bind.ended?.trace?.reason, reason);
    const identity = bind.ended?.session?.identity;
    t.equal(
      identity?.kind === 'user' ? identity.uid : identity?.kind === 'service' ? identity.dn : identity?.kind,
      who ?? 'anonymous',
    );
    if (steps !== undefined) t.same(stepsOf(bind), steps);
    const { authentication } = request;
    const octets = authentication.method === 'simple' ? authentication.password : undefined;
    t.ok(octets === undefined || octets.every((octet) => octet === 0), 'the password is overwritten');
  });
}

t.test('a service account is checked here and not upstream', async (t) => {
  for (const [password, code] of [
    [SERVICE_PASSWORD, 0],
    ['wrong', 49],
  ] as const) {
    const world = makeWorld();
    const bind = begin(world, simpleBind(SERVICE, password));
    await settle(bind);
    t.equal(codeOf(bind), code);
    t.equal(world.asked.length, 0);
    t.match(bind.ended?.session?.identity, code === 0 ? { kind: 'service', dn: SERVICE } : { kind: 'anonymous' });
  }
});

t.test('an accepted password is cached, a refused one too: neither is asked upstream again', async (t) => {
  for (const [verdict, code] of [
    [ACCEPTED, 0],
    [REFUSED, 49],
  ] as const) {
    const world = makeWorld();
    const first = begin(world, simpleBind('ada', 'one'));
    world.asked[0]?.answer(verdict);
    t.equal(codeOf(first.go()), code);
    const second = begin(world, simpleBind('ada', 'one'));
    if (second.ended === undefined) {
      // A refusal is held back for as long as the upstream took.
      world.pass(10_000);
      second.go();
    }
    t.equal(codeOf(second), code);
    t.equal(world.asked.length, 1);
    t.equal(second.operation.trace.recall, 'hit');
    begin(world, simpleBind('ada', 'two'));
    t.equal(world.asked.length, 2, 'another password is asked');
  }
});

t.test('equal binds at the same time ask once, and each has its own answer', async (t) => {
  const world = makeWorld();
  const binds = [1, 2, 3].map(() => begin(world, simpleBind('ada', 'right')));
  // The world's verifier keeps no lists of its own: what is joined is asked of it as well, and only counted once.
  t.equal(binds.filter((bind) => stepsOf(bind).includes('verify')).length, 3);
  t.equal(world.context.rateLimiter.ask('ada', '192.0.2.1'), 'allowed', 'one attempt is counted');
  for (const one of world.asked) one.answer(ACCEPTED);
  for (const bind of binds) t.equal(codeOf(bind.go()), 0);
});

t.test('wrong passwords are counted before they are sent; beyond the limit nothing goes upstream (R95)', async (t) => {
  const world = makeWorld();
  const binds = Array.from({ length: 10 }, (_, i) => begin(world, simpleBind('ada', `wrong ${i}`)));
  t.equal(world.asked.length, 3, 'also at the same time');
  for (const one of world.asked) one.answer(REFUSED);
  for (const bind of binds) {
    if (bind.ended === undefined) bind.go();
    t.equal(codeOf(bind), 49);
  }
  t.same(binds.map(({ ended }) => ended?.trace?.reason).filter((reason) => reason === 'too-many-attempts').length, 7);
});

t.test('an outage gives the attempt back, and is never told as a wrong password (R78, R96)', async (t) => {
  const world = makeWorld();
  for (let i = 0; i < 10; i++) {
    const bind = begin(world, simpleBind('ada', `try ${i}`));
    world.asked.at(-1)?.answer(DOWN);
    t.equal(codeOf(bind.go()), 52);
  }
  t.equal(world.asked.length, 10);
});

t.test('with staleIfError a password that was accepted before counts in an outage, and says so (R94)', async (t) => {
  const world = makeWorld();
  const { clock } = world.context;
  const context = {
    ...world.context,
    credentialCache: new CredentialCache({ ttl: 1000, refusedTtl: 1000, staleIfError: 60_000, entries: 10, clock }),
  };
  const stale = { ...world, context };
  const first = begin(stale, simpleBind('ada', 'right'));
  world.asked[0]?.answer(ACCEPTED);
  t.equal(codeOf(first.go()), 0);
  world.pass(5000);
  const second = begin(stale, simpleBind('ada', 'right'));
  world.asked[1]?.answer(DOWN);
  t.equal(codeOf(second.go()), 0);
  t.ok(second.operation.trace.isStale);
  const other = begin(stale, simpleBind('ada', 'another'));
  world.asked[2]?.answer(DOWN);
  t.equal(codeOf(other.go()), 52);
});

t.test(
  'an old snapshot: the upstream is asked for the membership beside the password, in either order (R92)',
  async (t) => {
    for (const order of ['membership first', 'password first'] as const) {
      for (const [found, code] of [
        [{ kind: 'member', uid: 'ada', upstreamDN: '' }, 0],
        [{ kind: 'outsider' }, 49],
        [{ kind: 'trouble', detail: 'no route' }, 52],
      ] as const) {
        const world = makeWorld({ membershipAge: -1 });
        const bind = begin(world, simpleBind('ada', 'right'));
        t.equal(world.lookedUp[0]?.what, 'confirm ada');
        const answers = [() => world.lookedUp[0]?.answer(found), () => world.asked[0]?.answer(ACCEPTED)];
        if (order === 'password first') answers.reverse();
        for (const answer of answers) {
          t.equal(bind.ended, undefined);
          answer();
          bind.go();
        }
        t.equal(codeOf(bind), code, `${order}: ${found.kind}`);
      }
    }
  },
);

t.test(
  'a refusal of our own is held back for as long as the upstream took for one, and can be aborted meanwhile (R3)',
  async (t) => {
    const world = makeWorld();
    const slow = begin(world, simpleBind('ada', 'wrong'));
    world.pass(40);
    world.asked[0]?.answer(REFUSED);
    t.equal(codeOf(slow.go()), 49);
    const quick = begin(world, simpleBind('ada', 'wrong'));
    t.equal(quick.ended, undefined, 'not immediately');
    world.pass(39);
    t.equal(quick.woken, 0);
    world.pass(1);
    t.equal(quick.woken, 1);
    t.equal(codeOf(quick.go()), 49);
    t.equal(quick.operation.trace.held, 40);
    const left = begin(world, simpleBind('ada', 'wrong'));
    t.equal(left.operation.abort(), 'over');
    t.equal(world.sleeping.length, 0, 'the wait is given up');
  },
);

t.test('a client that leaves: the upstream’s answer is still learned, and nothing else is done', async (t) => {
  const world = makeWorld();
  const bind = begin(world, simpleBind('ada', 'right'));
  t.equal(bind.operation.abort(), 'waiting');
  t.ok(world.asked[0]?.isGivenUp, 'the verifier knows');
  world.asked[0]?.answer(ACCEPTED);
  t.equal(bind.woken, 1, 'it asks for a last turn');
  t.equal(bind.go().ended?.session?.identity.kind, 'anonymous', 'which yields no identity');
  const again = begin(world, simpleBind('ada', 'right'));
  t.equal(codeOf(again), 0, 'the verdict was kept');
  t.equal(world.asked.length, 1);
  const wrong = makeWorld();
  for (let i = 0; i < 3; i++) {
    const left = begin(wrong, simpleBind('ada', `wrong ${i}`));
    left.operation.abort();
    wrong.asked[i]?.answer(REFUSED);
    left.go();
  }
  t.equal(wrong.context.rateLimiter.ask('ada', '192.0.2.1'), 'account', 'wrong passwords of absent clients count');
});

t.test('a client that leaves during a look-up is not asked about again', async (t) => {
  const world = makeWorld();
  const bind = begin(world, simpleBind('nobody', 'x'));
  t.equal(bind.operation.abort(), 'over');
  world.lookedUp[0]?.answer({ kind: 'nobody' });
  t.equal(bind.woken, 0);
});

t.test('what is thrown in a step comes out of advance, and nowhere else', async (t) => {
  const planted = new Error('planted');
  const world = makeWorld();
  const context = {
    ...world.context,
    credentialCache: Object.assign(Object.create(world.context.credentialCache), {
      remember: () => {
        throw planted;
      },
    }),
  };
  const bind = begin({ ...world, context }, simpleBind('ada', 'right'));
  t.doesNotThrow(() => world.asked[0]?.answer(ACCEPTED), 'not in the upstream’s call');
  t.throws(() => bind.operation.advance(), planted);
});

t.test('a bind does not use the budget', async (t) => {
  const world = makeWorld();
  const operation = new BindOperation(simpleBind('', ''), NOBODY, world.context);
  t.match((operation.advance as (work: Work) => unknown).call(operation, new Work(0)), {
    response: { kind: 'bindResponse' },
  });
});

t.test('a guesser of local passwords is limited, by DN and by any other form of the name (R113)', async (t) => {
  const READER: ServiceAccount = {
    dn: userDN('ben'),
    aliases: [],
    credential: 'one',
    check: { kind: 'octets', password: Buffer.from('reader-secret') },
  };
  const guesses = [
    userDN('ben'),
    'ben',
    'BEN',
    'ben@example.com',
    `cn=Name of ben,${USERS}`,
    `mail=ben@example.com,${USERS}`,
  ];
  const names = new NameResolver(indexServiceAccounts([READER]), keyOfName(USERS), ['uid', 'mail']);
  const world = makeWorld({ names });
  const reasons: (string | undefined)[] = [];
  for (const [i, name] of [...guesses, ...guesses].entries()) {
    const bind = begin(world, simpleBind(name, `guess ${i}`));
    if (bind.ended === undefined) await settle(bind);
    t.equal(codeOf(bind), 49, name);
    t.equal(bind.operation.trace.account, READER.dn, 'each form leads to the one account');
    reasons.push(bind.ended?.trace?.reason);
  }
  t.equal(world.asked.length, 0, 'nothing goes upstream, where it would count against the reader');
  t.same(reasons.slice(0, 3), ['wrong-password', 'wrong-password', 'wrong-password']);
  t.ok(reasons.slice(3).every((reason) => reason === 'too-many-attempts'));
  const right = begin(world, simpleBind('ben', 'reader-secret'), anonymousSession('clear', '192.0.2.77'));
  await settle(right);
  t.match(right.ended?.session?.identity, { kind: 'service', dn: READER.dn }, 'and with its password it gets in');
});

t.test('a name of no service account is limited like one that exists: it reveals nothing (R3, R113)', async (t) => {
  const seen = await Promise.all(
    [SERVICE, `cn=none,${BASE}`].map(async (name) => {
      const world = makeWorld();
      const all: unknown[] = [];
      for (let i = 0; i < 6; i++) {
        const bind = begin(world, simpleBind(name, `guess ${i}`));
        if (bind.ended === undefined) await settle(bind);
        all.push([codeOf(bind), bind.ended?.trace?.reason === 'too-many-attempts']);
      }
      return all;
    }),
  );
  t.same(seen[0], seen[1]);
});

t.test('a user whose uid is the name of a service account opens nothing but itself (R90, R112)', async (t) => {
  const world = makeWorld();
  const user = begin(world, simpleBind('newcomer', 'the user’s'));
  world.lookedUp[0]?.answer({ kind: 'member', uid: SERVICE, upstreamDN: '' });
  user.go();
  t.equal(world.asked.length, 1);
  world.asked[0]?.answer(ACCEPTED);
  t.equal(codeOf(user.go()), 0);
  const service = begin(world, simpleBind(SERVICE, 'the user’s'));
  await settle(service);
  t.equal(codeOf(service), 49);
  t.equal(world.asked.length, 1);
});

t.test('a one-time code and a push serve one client: equal binds are sent each on their own (R118)', async (t) => {
  for (const [change, password] of [
    [{}, 'right,123456'],
    [{ asksForSecondFactor: true }, 'right'],
  ] as const) {
    const world = makeWorld(change);
    const [first, second] = [1, 2].map(() => begin(world, simpleBind('ada', password)));
    t.equal(world.asked.length, 2);
    world.asked[0]?.answer(ACCEPTED);
    world.asked[1]?.answer(REFUSED);
    t.equal(codeOf(first!.go()), 0);
    second!.go();
    if (second!.ended === undefined) {
      world.pass(5000);
      second!.go();
    }
    t.equal(codeOf(second!), 49);
  }
});

t.test('in an outage nobody gets 49 about whom the upstream would be asked (R2, R78)', async (t) => {
  const prepare: Readonly<Record<string, (world: TestWorld) => void>> = {
    'a member at its limit': (world) => {
      for (let i = 0; i < 3; i++) begin(world, simpleBind('ada', `wrong ${i}`));
      for (const one of world.asked) one.answer(REFUSED);
    },
    'a password that was refused': (world) => {
      const bind = begin(world, simpleBind('ada', 'tried'));
      world.asked[0]?.answer(REFUSED);
      bind.go();
    },
    'an address at its limit of names': (world) => {
      for (let i = 0; i < 10; i++) {
        begin(world, simpleBind(`nobody${i}`, 'x'));
        world.lookedUp[i]?.answer({ kind: 'nobody' });
      }
    },
  };
  const names: Readonly<Record<string, string>> = { 'an address at its limit of names': 'nobody' };
  for (const [what, make] of Object.entries(prepare)) {
    const world = makeWorld();
    make(world);
    world.setAway(true);
    const asked = world.asked.length;
    const bind = begin(world, simpleBind(names[what] ?? 'ada', 'tried'));
    t.equal(codeOf(bind), 52, what);
    t.equal(world.asked.length, asked, 'and nothing is asked');
    world.setAway(false);
    const again = begin(world, simpleBind(names[what] ?? 'ada', 'tried'));
    world.pass(10_000);
    if (again.ended === undefined) again.go();
    t.equal(codeOf(again), 49, `${what}: when it is back`);
  }
});

t.test('too many look-ups under way are a refusal as any other (R117)', async (t) => {
  const world = makeWorld();
  const bind = begin(world, simpleBind('nobody', 'x'));
  world.lookedUp[0]?.answer({ kind: 'busy' });
  t.equal(codeOf(bind.go()), 49);
  t.equal(bind.ended?.trace?.reason, 'too-many-attempts');
});

t.test('guesses at a cached password count as well (R113)', async (t) => {
  const world = makeWorld();
  const first = begin(world, simpleBind('ada', 'right'));
  world.asked[0]?.answer(ACCEPTED);
  t.equal(codeOf(first.go()), 0);
  const stranger = anonymousSession('clear', '198.51.100.1');
  const guess = (password: string) => {
    const asked = world.asked.length;
    const bind = begin(world, simpleBind('ada', password), stranger);
    world.asked[asked]?.answer(REFUSED);
    return bind.ended === undefined ? bind.go() : bind;
  };
  for (let i = 0; i < 5; i++) t.equal(codeOf(guess(`guess ${i}`)), 49);
  t.equal(world.asked.length, 4, 'three guesses went upstream');
  const found = guess('right');
  t.equal(codeOf(found), 49, 'and the right one would no longer be confirmed');
  t.equal(found.ended?.trace?.reason, 'too-many-attempts');
  const owner = begin(world, simpleBind('ada', 'right'));
  t.equal(codeOf(owner), 0, 'but to its owner, where he logged in (R115)');
});

t.test('a wrong password of a service account that is tried again is no further guess', async (t) => {
  for (const name of [SERVICE, `cn=none,${BASE}`]) {
    const world = makeWorld();
    for (let i = 0; i < 20; i++) {
      const bind = begin(world, simpleBind(name, 'stale'));
      if (bind.ended === undefined) await settle(bind);
      t.equal(bind.ended?.trace?.reason, name === SERVICE ? 'wrong-password' : 'not-a-user-name');
    }
    const right = begin(world, simpleBind(SERVICE, SERVICE_PASSWORD));
    await settle(right);
    t.equal(codeOf(right), 0, 'and locks it out of nothing');
  }
});

t.test('a guesser who leaves before the answer has still guessed (R113)', async (t) => {
  const world = makeWorld();
  for (let i = 0; i < 3; i++) t.equal(begin(world, simpleBind(SERVICE, `guess ${i}`)).operation.abort(), 'over');
  const fourth = begin(world, simpleBind(SERVICE, SERVICE_PASSWORD));
  if (fourth.ended === undefined) await settle(fourth);
  t.equal(fourth.ended?.trace?.reason, 'too-many-attempts');
});

t.test('guesses at a password being checked count as well, except from the address that sent it (R113)', async (t) => {
  const world = makeWorld();
  const owner = anonymousSession('clear', '192.0.2.1');
  const stranger = anonymousSession('clear', '198.51.100.1');
  begin(world, simpleBind('ada', 'right'), owner);
  for (let i = 0; i < 2; i++) begin(world, simpleBind('ada', `guess ${i}`), stranger);
  t.equal(world.asked.length, 3);
  const guess = begin(world, simpleBind('ada', 'right'), stranger);
  t.equal(guess.ended?.trace?.reason, 'too-many-attempts');
  const again = begin(world, simpleBind('ada', 'right'), owner);
  t.equal(again.ended, undefined, 'its owner waits for the same answer');
  world.asked.at(-1)?.answer(ACCEPTED);
  t.equal(codeOf(again.go()), 0);
});

t.test('the metrics do not reveal a password that lets nobody in either (R113)', async (t) => {
  const world = makeWorld();
  const first = begin(world, simpleBind('ada', 'right'));
  world.asked[0]?.answer(ACCEPTED);
  t.equal(codeOf(first.go()), 0);
  const stranger = anonymousSession('clear', '198.51.100.1');
  const guesses = [1, 2, 3].map((i) => begin(world, simpleBind('ada', `guess ${i}`), stranger));
  for (const one of world.asked.slice(1)) one.answer(REFUSED);
  for (const guess of guesses) guess.go();
  for (const password of ['right', 'wrong']) {
    const bind = begin(world, simpleBind('ada', password), stranger);
    t.equal(bind.ended?.trace?.reason, 'too-many-attempts');
    t.equal(bind.operation.trace.recall, 'miss', password);
  }
});

t.test('guesses at what is cached for outages count as well (R94, R113)', async (t) => {
  const world = makeWorld();
  const { clock } = world.context;
  const credentialCache = new CredentialCache({ ttl: 1000, refusedTtl: 0, staleIfError: 60_000, entries: 10, clock });
  const stale = { ...world, context: { ...world.context, credentialCache } };
  const first = begin(stale, simpleBind('ada', 'right'));
  world.asked[0]?.answer(ACCEPTED);
  t.equal(codeOf(first.go()), 0);
  world.pass(5000);
  const stranger = anonymousSession('clear', '198.51.100.1');
  const guess = (password: string, session = stranger) => {
    const asked = world.asked.length;
    const bind = begin(stale, simpleBind('ada', password), session);
    world.asked[asked]?.answer(DOWN);
    return bind.ended === undefined ? bind.go() : bind;
  };
  for (let i = 0; i < 3; i++) t.equal(codeOf(guess(`guess ${i}`)), 52);
  t.not(codeOf(guess('right')), 0, 'the right one is no longer confirmed');
  t.equal(codeOf(guess('right', NOBODY)), 0, 'but to its owner, where he logged in (R115)');
});

t.test('an address that logs in from the cache counts as known as well (R115)', async (t) => {
  const world = makeWorld();
  const first = begin(world, simpleBind('ada', 'right'));
  world.asked[0]?.answer(ACCEPTED);
  t.equal(codeOf(first.go()), 0);
  const second = anonymousSession('clear', '192.0.2.2');
  t.equal(codeOf(begin(world, simpleBind('ada', 'right'), second)), 0);
  const stranger = anonymousSession('clear', '198.51.100.1');
  const guesses = [1, 2, 3].map((i) => begin(world, simpleBind('ada', `guess ${i}`), stranger));
  for (const one of world.asked.slice(1)) one.answer(REFUSED);
  for (const guess of guesses) guess.go();
  t.equal(codeOf(begin(world, simpleBind('ada', 'right'), second)), 0);
});

t.test('a bare name without an @ is not a mail address', async (t) => {
  const snapshot = snapshotOf(['ada', 'ben']);
  const named = new Snapshot(
    snapshot.entries.map((entry) =>
      entry.uid === 'ada'
        ? makeEntry(
            'user',
            entry.dn,
            [
              { type: 'uid', values: values('ada') },
              { type: 'mail', values: values('carl') },
            ],
            'ada',
          )
        : entry,
    ),
    1000,
  );
  const world = makeWorld({ snapshot: () => named });
  begin(world, simpleBind('carl', 'ada’s password'));
  t.equal(world.asked.length, 0);
  t.equal(world.lookedUp[0]?.what, 'uid=carl', 'it may be a newcomer');
});

t.test(
  'an account that is revoked while its bind is under way is asked about again, whatever has let it in',
  async (t) => {
    const member: Lookup = { kind: 'member', uid: 'ada', upstreamDN: '' };
    const fleet = { find: () => undefined, ask: () => ({ decision: { kind: 'accepted' }, taken: () => {} }) } as never;
    const remember = ({ context: { credentialCache: cache } }: TestWorld) =>
      cache.remember(cache.keyOf('ada', Buffer.from('right')), 'accepted', () => undefined);
    for (const [what, change, prepare, asked] of [
      ['a cached password', {}, remember, 0],
      ['what the fleet has cached', { shared: fleet }, () => {}, 0],
      ['the upstream', {}, () => {}, 1],
    ] as const)
      for (const revocation of ['of it', 'of all'] as const)
        for (const verdict of [ACCEPTED, REFUSED, DOWN]) {
          const world = makeWorld({ ...change, membershipAge: -1 });
          prepare(world);
          const bind = begin(world, simpleBind('ada', 'right'));
          t.equal(world.asked.length, asked);
          world.asked[0]?.answer(ACCEPTED);
          bind.go();
          const { credentialCache } = world.context;
          if (revocation === 'of it') credentialCache.revoke('ADA');
          else credentialCache.revokeAll();
          world.lookedUp[0]?.answer(member);
          bind.go();
          t.equal(bind.ended, undefined, `${what}, revoked ${revocation}: not let in by what was known before`);
          t.equal(world.asked.length, asked + 1);
          world.asked.at(-1)?.answer(verdict);
          bind.go();
          const expected = verdict === ACCEPTED ? 0 : verdict === REFUSED ? 49 : 52;
          t.equal(codeOf(bind), expected, `${what}, revoked ${revocation}: ${verdict.kind}`);
          t.equal(bind.ended?.session?.identity.kind, expected === 0 ? 'user' : 'anonymous');
        }
  },
);

t.test('guesses at a password that was forgotten meanwhile count, and equal ones ask once', async (t) => {
  const world = makeWorld({ membershipAge: -1 });
  const { credentialCache: cache } = world.context;
  cache.remember(cache.keyOf('ada', Buffer.from('right')), 'accepted', () => undefined);
  const binds = Array.from({ length: 5 }, () => begin(world, simpleBind('ada', 'right')));
  cache.revoke('ada');
  for (const { answer } of world.lookedUp) answer({ kind: 'member', uid: 'ada', upstreamDN: '' });
  for (const bind of binds) bind.go();
  // The test's verifier notes those too that wait for an equal one.
  t.equal(world.context.verifier.runningFrom(cache.keyOf('ada', Buffer.from('right')).sharedId), NOBODY.address);
  for (const { answer } of world.asked) answer(REFUSED);
  for (const bind of binds) t.equal(codeOf(bind.go()), 49);
  t.equal(world.context.rateLimiter.ask('ada', '192.0.2.99'), 'allowed', 'all five were one attempt');
  for (const guess of ['1', '2']) {
    begin(world, simpleBind('ada', guess));
    world.asked.at(-1)?.answer(REFUSED);
  }
  t.equal(world.context.rateLimiter.ask('ada', '192.0.2.99'), 'account', 'and it was one');
});

t.test(
  'a one-time code or a push of an account that is revoked meanwhile is refused, and not sent again',
  async (t) => {
    for (const order of ['before the verdict', 'before the membership'] as const)
      for (const [change, password] of [
        [{}, 'right,123456'],
        [{ asksForSecondFactor: true }, 'right'],
      ] as const) {
        const world = makeWorld({ ...change, membershipAge: -1 });
        const bind = begin(world, simpleBind('ada', password));
        const revoke = () => world.context.credentialCache.revoke('ada');
        if (order === 'before the verdict') revoke();
        world.asked[0]?.answer(ACCEPTED);
        bind.go();
        if (order === 'before the membership') revoke();
        world.lookedUp[0]?.answer({ kind: 'member', uid: 'ada', upstreamDN: '' });
        bind.go();
        world.pass(5000);
        if (bind.ended === undefined) bind.go();
        t.equal(codeOf(bind), 49, order);
        t.equal(world.asked.length, 1);
      }
  },
);
