// A store that appears, or did not take something, while logins go on all the time: they are decided together again, and stay so.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Decisions } from '../../src/fleet/decisions.js';
import { FleetNames } from '../../src/fleet/names.js';
import { type Purge, Purges, type PurgesBefore } from '../../src/fleet/purges.js';
import { Seal } from '../../src/fleet/seal.js';
import { type Store, StoreError, script } from '../../src/fleet/store.js';
import type { SharedDecision, SharedDecisions } from '../../src/gate/ports.js';
import { eventually } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';

const KEY = Buffer.alloc(32, 7);
/** Milliseconds. */
const GRACE = 800;
const LIMITS = { perAccount: 3, accountWindow: 1_800_000, perAddress: 1_000_000, window: 60_000 };

interface Oddities {
  /** Milliseconds that the store takes beyond its time. */
  readonly distance?: number;
  /** The store does not take what comes while it says so. */
  readonly isLost?: () => boolean;
  readonly change?: (answer: unknown) => unknown;
  readonly heard?: (purge: Purge) => void;
  readonly before?: PurgesBefore;
}

/** An instance's decisions, by a store of its own kind. */
function decisionsOf(t: Test, redis: TestRedis, oddities: Oddities = {}) {
  const { distance = 0, isLost = () => false, change = (answer) => answer, heard = () => {}, before } = oddities;
  const guard = redis.guard(t);
  const far: Store = {
    get health() {
      return guard.health;
    },
    get trouble() {
      return guard.trouble;
    },
    run: async (...asked) => {
      if (isLost()) throw new StoreError('slow', 'the test says so');
      const answer = change(await guard.run(...asked));
      if (distance > 0) await sleep(distance);
      return answer;
    },
    get: (...asked) => guard.get(...asked),
    publish: (...asked) => guard.publish(...asked),
    subscribe: (...asked) => guard.subscribe(...asked),
    onHealth: (changed) => guard.onHealth(changed),
    close: () => guard.close(),
  };
  const known = { store: far, names: new FleetNames(KEY, 'test'), realm: 'o=org', random: randomBytes };
  const stuck = () => decisions.soon();
  const purges = new Purges({ ...known, seal: new Seal(KEY, 'purges'), heard, stuck, before });
  const decisions: Decisions = new Decisions({
    ...{ ...known, purges, seal: new Seal(KEY, 'verdicts'), clock: () => performance.now(), decisionTime: 5000 },
    ...{ flight: 20_000, refusedTtl: 60_000, equalTime: 0, acceptedTtl: 0, grace: GRACE, took: () => {} },
  });
  t.teardown(() => decisions.close());
  return { decisions, purges, app: decisions.forApp('default', () => LIMITS) };
}

function ask(app: SharedDecisions, account: string, password: string): Promise<SharedDecision> {
  const question = { account, person: '', address: '192.0.2.1', isOneTime: false, keepsRefusal: true, version: 'v' };
  return new Promise((resolve) => {
    const decision = app.decide({ ...question, password: Buffer.from(password) }, resolve);
    if (decision !== undefined) resolve(decision);
  });
}

async function wrong(app: SharedDecisions, account: string, password: string): Promise<void> {
  const decision = await ask(app, account, password);
  if ('permit' in decision) decision.permit.settled('wrong');
}

/** Right passwords of many accounts, `clients` at a time, until the test ends. `pause`: milliseconds that the upstream takes. `made()`: how many. */
function logInAllTheTime(t: Test, app: SharedDecisions, clients: number, pause: number) {
  let made = 0;
  let isOver = false;
  const client = async (i: number) => {
    for (let n = 0; !isOver; n++) {
      const decision = await ask(app, `person ${i} ${n % 50}`, 'right');
      await sleep(pause);
      if ('permit' in decision) decision.permit.settled('right');
      made++;
      await turn();
    }
  };
  const all = Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
  t.teardown(() => {
    isOver = true;
    return all;
  });
  return () => made;
}

const CROWDS = [
  { distance: 0, clients: 16, pause: 2 },
  { distance: 30, clients: 8, pause: 5 },
];
for (const { distance, clients, pause } of CROWDS)
  t.test(
    `a store ${distance} ms away appears while logins go on: they are decided together soon, and stay so`,
    async (t) => {
      const redis = await TestRedis.start(t);
      const { decisions, app } = decisionsOf(t, redis, { distance });
      const made = logInAllTheTime(t, app, clients, pause);
      await eventually(() => made() > 300);
      t.notOk(decisions.isTogether, 'an empty store is not asked immediately');
      for (let i = 0; i < 3; i++) await wrong(app, 'ada', `wrong ${i}`);
      await eventually(() => decisions.isTogether);
      t.same(await ask(app, 'ada', 'one more'), { kind: 'account' }, 'what was wrong before is reported before');
      const { local, store } = decisions.counts;
      await eventually(() => decisions.counts.store > store + 600);
      t.equal(decisions.counts.local, local, 'nothing is decided alone from then on');
    },
  );

t.test('an outcome that the store did not take is reported later, and no login is decided alone for it', async (t) => {
  const redis = await TestRedis.start(t);
  const link = await redis.link(t);
  const failures = script(`local n = 0
    for _, key in ipairs(redis.call('KEYS', '*:account:*')) do
      for _, field in ipairs(redis.call('HKEYS', key)) do if string.sub(field, 1, 1) == 'f' then n = n + 1 end end
    end
    return n`);
  let lost = 0;
  const { decisions, app } = decisionsOf(t, redis, { isLost: () => lost > 0 && lost-- > 0 });
  await eventually(() => decisions.isTogether);
  for (let i = 0; i < 3; i++) {
    const decision = await ask(app, 'ada', `wrong ${i}`);
    lost = 1;
    if ('permit' in decision) decision.permit.settled('wrong');
    await eventually(() => lost === 0);
  }
  t.equal(await link.run(failures, [], []), 0, 'it has none of them');
  logInAllTheTime(t, app, 8, 1);
  await eventually(async () => (await link.run(failures, [], [])) === 3);
  t.equal(decisions.counts.local, 0);
});

for (const clients of [0, 8])
  t.test(`purges that the store did not take reach the others later, with ${clients} clients`, async (t) => {
    const redis = await TestRedis.start(t);
    let isDeaf = false;
    const heard: (string | undefined)[] = [];
    const one = decisionsOf(t, redis, { isLost: () => isDeaf });
    const two = decisionsOf(t, redis, { heard: ({ account }) => heard.push(account) });
    await eventually(() => one.decisions.isTogether && two.decisions.isTogether);
    logInAllTheTime(t, one.app, clients, 1);
    isDeaf = true;
    one.purges.announce({ kind: 'revoke', account: 'ada' });
    await eventually(() => one.purges.areWaiting);
    one.purges.announce({ kind: 'revoke', account: 'ben' });
    isDeaf = false;
    await eventually(() => !one.purges.areWaiting && heard.length === 2);
    t.same(heard, ['ada', 'ben']);
    one.purges.announce({ kind: 'revoke', account: 'cyn' });
    await eventually(() => heard.includes('cyn'));
  });

t.test('an instance that missed purges of another store, before a reload, does what that one lists', async (t) => {
  const redis = await TestRedis.start(t);
  const one = decisionsOf(t, redis);
  await eventually(() => one.decisions.isTogether);
  for (const account of ['ada', 'ben', 'cyn']) one.purges.announce({ kind: 'forget', account });
  await eventually(() => one.purges.last === 3);
  const heard: Purge[] = [];
  const before = { last: 3, epoch: 'of the store before', waiting: [] };
  const two = decisionsOf(t, redis, { heard: (purge) => heard.push(purge), before });
  await eventually(() => two.decisions.isTogether);
  t.match(heard, [{ kind: 'revokeAll' }, ...['ada', 'ben', 'cyn'].map((account) => ({ kind: 'forget', account }))]);
});

t.test('a greeting with an answer that is not a count is made again', async (t) => {
  const redis = await TestRedis.start(t);
  const spoilt = ['NaN', '-1', '1e999', ''];
  const { decisions, purges } = decisionsOf(t, redis, {
    change: (answer) => {
      if (!Array.isArray(answer) || spoilt.length === 0) return answer;
      const [epoch, age] = answer;
      return spoilt.length % 2 === 0 ? [epoch, age, spoilt.pop()] : [epoch, spoilt.pop(), '0'];
    },
  });
  await eventually(() => decisions.isTogether);
  t.same([spoilt, purges.last], [[], 0]);
});
