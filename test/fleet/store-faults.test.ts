// Three whole instances while the path to their store is slow, cut silently, cut in mid-answer, or the store is emptied: logins go on throughout.
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { answerOf, CountingAccounts, passwordOf } from '../support/fleet-crowd.js';
import { areTogether, clientBehind, fleetOf, metricsOf, startFleet } from '../support/fleet-site.js';
import type { Product } from '../support/product.js';
import { eventually as soon } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';
import { type StoreMode, StoreRelay } from '../support/store-relay.js';

const UIDS = Array.from({ length: 6 }, (_, i) => `person${i}`);
/** The default of `binds.failuresPerAccount`. */
const LIMIT = 3;
/** Eight times the default, and seconds that no bind may have waited here: this process is clients, path and upstream, on a machine that others use. */
const DECISION_TIME = 'fleet.decisionTime=400ms';
const LONGEST = 1;

/** The time until a store that came and went is trusted again: 16 s at most. */
async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let times = 0; times < 3; times++)
    if (
      await soon(condition).then(
        () => true,
        () => false,
      )
    )
      return;
  await soon(condition);
}

interface Site {
  readonly accounts: CountingAccounts;
  readonly redis: TestRedis;
  readonly relay: StoreRelay;
  readonly fleet: readonly Product[];
  readonly logIn: (instance: number, uid: string, password: string) => Promise<number | undefined>;
}

async function site(t: Test): Promise<Site> {
  const accounts = await CountingAccounts.start([...UIDS, 'guessed']);
  t.teardown(() => accounts.upstream.stop());
  const redis = await TestRedis.start(t);
  const relay = await StoreRelay.start(redis.port);
  t.teardown(() => relay.stop());
  const set = [DECISION_TIME, 'binds.cache.ttl=0s', 'binds.failuresPerAddress=100000'];
  const fleet = await startFleet(t, { upstream: accounts.upstream, url: () => relay.url, set });
  await eventually(() => areTogether(fleet));
  const logIn = async (instance: number, uid: string, password: string) => {
    const client = await clientBehind(`192.0.2.${1 + UIDS.indexOf(uid)}`, fleet[instance % fleet.length]!);
    const code = await answerOf(client, uid, password);
    client.destroy();
    return code;
  };
  return { accounts, redis, relay, fleet, logIn };
}

/** Logins go on at all instances, right and wrong ones in turn, while something is done; and until it is done. */
async function whileLogIns(t: Test, { fleet, logIn }: Site, meanwhile: () => Promise<void>): Promise<void> {
  const ends = { right: new Map<number | undefined, number>(), wrong: new Map<number | undefined, number>() };
  let isOver = false;
  // Each account has an instance of its own: what one refuses for a wrong password is not to be another's right one.
  const person = async (uid: string, i: number) => {
    for (let round = 0; !isOver; round++) {
      const isRight = round % 4 !== 3;
      const code = await logIn(i, uid, isRight ? passwordOf(uid) : `wrong ${round}`);
      const seen = isRight ? ends.right : ends.wrong;
      seen.set(code, (seen.get(code) ?? 0) + 1);
      // This process is clients, path and upstream: it is not to be what is slow.
      await pause(10);
    }
  };
  await Promise.all([
    ...UIDS.map(person),
    meanwhile().finally(() => {
      isOver = true;
    }),
  ]);
  t.same([...ends.right.keys()], [0], `right: ${JSON.stringify([...ends.right])}`);
  t.same([...ends.wrong.keys()], [49], `wrong: ${JSON.stringify([...ends.wrong])}`);
  for (const product of fleet) {
    const metrics = await metricsOf(product);
    const [all, inTime] = [
      metrics.get('jumpgate_bind_local_duration_seconds_count'),
      metrics.get(`jumpgate_bind_local_duration_seconds_bucket{le="${LONGEST}"}`),
    ];
    t.ok(all! > 10);
    t.equal(inTime, all, 'none has waited here for longer');
    t.equal(product.errors(), '');
  }
}

/** Enough logins of each that every instance decides alone. */
async function someAlone(fleet: readonly Product[]): Promise<void> {
  const each = () => Promise.all(fleet.map(async (product) => (await fleetOf(product)).decisions.local));
  const before = await each();
  await eventually(async () => (await each()).every((count, i) => count > before[i]! + 20));
}

async function someTogether(fleet: readonly Product[]): Promise<void> {
  const together = () => Promise.all(fleet.map(async (product) => (await fleetOf(product)).decisions.store));
  const before = await together();
  await eventually(async () => (await together()).every((count, i) => count > before[i]! + 20));
}

/** Decisions that each instance has made on its own. */
const alone = async (fleet: readonly Product[]) =>
  (await Promise.all(fleet.map(fleetOf))).reduce((sum, { decisions }) => sum + decisions.local, 0);

/** All instances count together again: the wrong passwords of one account that reach the upstream do not exceed the limit. */
async function countsTogether(t: Test, { accounts, logIn, fleet }: Site, seen: number): Promise<void> {
  t.equal(accounts.wrong.get('guessed') ?? 0, seen, 'so far');
  const before = await alone(fleet);
  for (let i = 0; i < 9; i++) t.equal(await logIn(i, 'guessed', `another ${i}`), 49);
  const own = (await alone(fleet)) - before;
  t.comment(`${own} decided by one instance`);
  // An instance that is late for a moment decides on its own.
  const passed = (accounts.wrong.get('guessed') ?? 0) - seen;
  t.ok(passed <= Math.max(0, LIMIT - seen) + own, `${passed} more reached the upstream`);
}

async function guesses(t: Test, { logIn }: Site, count: number): Promise<void> {
  for (let i = 0; i < count; i++) t.equal(await logIn(i, 'guessed', `guess ${i}`), 49);
}

t.test('a store that takes most of the time for a decision still decides', async (t) => {
  const its = await site(t);
  await whileLogIns(t, its, async () => {
    its.relay.mode = 200;
    await someTogether(its.fleet);
  });
  await countsTogether(t, its, 0);
});

const FAULTS: Readonly<Record<string, StoreMode>> = {
  'that answers late': 1500,
  'behind a path that passes nothing any more and closes nothing': 'silent',
  'whose answer ends in the middle, and nothing follows': 'half',
};

for (const [what, mode] of Object.entries(FAULTS))
  t.test(`a store ${what}: logins go on immediately, and what all have seen is reported after it`, async (t) => {
    const its = await site(t);
    const { relay, fleet } = its;
    await whileLogIns(t, its, async () => {
      await someTogether(fleet);
      relay.mode = mode;
      await eventually(async () => (await Promise.all(fleet.map(fleetOf))).every(({ up }) => !up));
      await someAlone(fleet);
      // One at each: none of them has received the others'.
      await guesses(t, its, 3);
      if (mode === 'half') t.ok(relay.halves > 0);
      relay.mode = 'pass';
      await eventually(() => areTogether(fleet));
      await someTogether(fleet);
    });
    await countsTogether(t, its, 3);
  });

t.test('each instance reports what it has seen to a store that is restarted empty while logins go on', async (t) => {
  const its = await site(t);
  const { redis, fleet } = its;
  await whileLogIns(t, its, async () => {
    await someTogether(fleet);
    await guesses(t, its, 2);
    await redis.kill();
    await someAlone(fleet);
    await redis.begin();
    await eventually(() => areTogether(fleet));
    await someTogether(fleet);
  });
  await countsTogether(t, its, 2);
});
