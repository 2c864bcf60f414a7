// A storm of logins at a fleet behind HAProxy: owners with their right passwords at home, guessers with wrong ones from everywhere.
import type { Test } from 'tap';
import { FleetNames } from '../../src/fleet/names.js';
import { script } from '../../src/fleet/store.js';
import { CountingAccounts, codeOf, crowd, type LogIn, passwordOf, spelled } from './fleet-crowd.js';
import { areTogether, balance, metricsOf, someKey, startFleet } from './fleet-site.js';
import { eventually } from './proxy.js';
import { TestRedis } from './redis.js';
import { ORG_DN } from './small-upstream.js';

export interface Storm {
  readonly owners: number;
  /** Accounts whose owners are away while others guess. */
  readonly absent: number;
  /** Logins of each owner, one after the other, and of all guessers together. */
  readonly perOwner: number;
  readonly guesses: number;
  readonly set?: readonly string[];
}

/** The default of `binds.failuresPerAccount`. */
const LIMIT = 3;
const GUESSERS = 24;

const ownerOf = (i: number) => `occupant${i}`;
const absentOf = (i: number) => `vacant${i}`;
const homeOf = (i: number) => `127.20.${i >> 8}.${1 + (i & 127)}`;
/** Nobody's home. */
const elsewhere = (i: number) => `127.${60 + (i % 100)}.${Math.floor(i / 100) % 250}.9`;

/** Puts three instances to it, and says what has to hold. */
export async function storm(t: Test, { owners, absent, perOwner, guesses, set = [] }: Storm): Promise<void> {
  const [present, away] = [Array.from({ length: owners }, (_, i) => ownerOf(i)), many(absent, absentOf)];
  const all = [...present, ...away];
  const accounts = await CountingAccounts.start(all);
  t.teardown(() => accounts.upstream.stop());
  const redis = await TestRedis.start(t);
  // Long enough for a machine that does other things as well: what is under test is that the store decides.
  const settings = ['fleet.decisionTime=5s', 'binds.failuresPerAddress=100000', ...set];
  const key = someKey();
  const fleet = await startFleet(t, { upstream: accounts.upstream, key, url: () => redis.url, set: settings });
  await eventually(() => areTogether(fleet));
  const port = await balance(t, fleet);
  const codes = { right: new Map<number | undefined, number>(), wrong: new Map<number | undefined, number>() };
  const logIn = async (kind: 'right' | 'wrong', one: LogIn) => {
    const code = await codeOf(port, one);
    codes[kind].set(code, (codes[kind].get(code) ?? 0) + 1);
  };
  const isUnderWay = await lookForChecks(t, redis, key);
  // The store receives an answer later than the client.
  const atHome = async (uid: string, i: number, how: number) => {
    await logIn('right', { name: spelled(uid, how), password: passwordOf(uid), address: homeOf(i) });
    await eventually(async () => !(await isUnderWay(uid, homeOf(i))));
  };

  await crowd([...all.entries()], GUESSERS, ([i, uid]) => atHome(uid, i, i));
  const guess = (i: number) => {
    const uid = all[i % all.length]!;
    // Some are sent often, as by a device that has an old one.
    const password = (i * 7) % 31 < 6 ? 'an old one' : `wrong ${i}`;
    return logIn('wrong', { name: spelled(uid, i), password, address: elsewhere(i) });
  };
  await Promise.all([
    crowd([...present.entries()], owners, async ([i, uid]) => {
      for (let times = 0; times < perOwner; times++) await atHome(uid, i, times);
    }),
    crowd(
      many(guesses, (i) => i),
      GUESSERS,
      guess,
    ),
  ]);
  // Who comes home finds the door open.
  await crowd([...away.entries()], GUESSERS, ([i, uid]) => atHome(uid, owners + i, i));

  t.same([...codes.right], [[0, owners * (perOwner + 1) + 2 * absent]], 'right passwords');
  t.same([...codes.wrong], [[49, guesses]], 'wrong ones');
  for (const uid of away) t.equal(accounts.wrong.get(uid), LIMIT, `wrong ones of ${uid} that reached the upstream`);
  for (const uid of present) t.ok((accounts.row.get(uid) ?? 0) <= LIMIT, `${uid}: ${accounts.row.get(uid)} in a row`);
  const metrics = await Promise.all(fleet.map(metricsOf));
  const decided = (by: string) => metrics.map((one) => one.get(`jumpgate_fleet_decisions_total{by="${by}"}`) ?? 0);
  t.comment(`decisions of each: ${decided('store').join(', ')}`);
  t.same(decided('local'), [0, 0, 0]);
  for (const each of decided('store')) t.ok(each > 0, 'each instance has its part');
  for (const product of fleet) t.equal(product.errors(), '');
}

function many<One>(count: number, make: (index: number) => One): One[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

const UNDER_WAY = script(`
local fields = redis.call('HGETALL', KEYS[1])
if #fields == 0 then return redis.error_reply('no such account') end
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 1) == 'o' and string.find(fields[i + 1], ARGV[1], 1, true) then return 1 end
end
return 0`);

/** How to ask whether the store has a check of an account from an address (of IPv6: a block) on its way. Rejects for an account that it does not know. */
export async function lookForChecks(t: Test, redis: TestRedis, key: string) {
  const names = new FleetNames(Buffer.from(key), 'jumpgate');
  const link = await redis.link(t);
  return async (uid: string, address: string): Promise<boolean> => {
    const account = names.of('account', names.id(`account ${ORG_DN}`, uid));
    return (await link.run(UNDER_WAY, [account], [names.id('address', address)])) === 1;
  };
}
