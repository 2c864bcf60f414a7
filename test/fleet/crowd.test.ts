// Three instances as processes of their own behind the real HAProxy: owners get in and guessers do not get through, wherever and however they come.
import t, { type Test } from 'tap';
import { addressBlock } from '../../src/runtime/address.js';
import { answerOf, CountingAccounts, passwordOf } from '../support/fleet-crowd.js';
import { areTogether, clientBehind, HAPROXY, someKey, startFleet } from '../support/fleet-site.js';
import { lookForChecks, storm } from '../support/fleet-storm.js';
import { eventually } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';
import { without } from '../support/site.js';

const skip = without(HAPROXY);

t.test('many logins behind HAProxy: right ones get in, and upstream sees the limit of wrong ones', { skip }, (t) =>
  storm(t, { owners: 12, absent: 8, perOwner: 40, guesses: 400, set: ['binds.cache.ttl=0s'] }),
);

t.test('the same where passwords are cached', { skip }, (t) =>
  storm(t, { owners: 12, absent: 8, perOwner: 40, guesses: 400 }),
);

/** Three instances without a load balancer: clients say by the PROXY protocol who they are. */
async function three(t: Test, uids: readonly string[], set: readonly string[] = []) {
  const accounts = await CountingAccounts.start(uids);
  t.teardown(() => accounts.upstream.stop());
  const redis = await TestRedis.start(t);
  const key = someKey();
  const settings = ['fleet.decisionTime=5s', ...set];
  const fleet = await startFleet(t, { upstream: accounts.upstream, url: () => redis.url, key, set: settings });
  await eventually(() => areTogether(fleet));
  const isUnderWay = await lookForChecks(t, redis, key);
  const logIn = async (instance: number, uid: string, password: string, address: string) => {
    const client = await clientBehind(address, fleet[instance % 3]!);
    const code = await answerOf(client, uid, password);
    client.destroy();
    return code;
  };
  return { accounts, logIn, isUnderWay };
}

t.test('one IPv6 network is one guesser at all instances, however many addresses it has', async (t) => {
  const uids = Array.from({ length: 24 }, (_, i) => `person${i}`);
  const { accounts, logIn, isUnderWay } = await three(t, uids, ['binds.failuresPerAddress=10']);
  const sum = () => [...accounts.wrong.values()].reduce((all, one) => all + one, 0);
  for (const [i, uid] of uids.entries()) {
    const address = `2001:db8:1:2:${((i * 7919) % 65_536).toString(16)}::${i + 1}`;
    const before = sum();
    t.equal(await logIn(i, uid, 'a guess', address), 49);
    // The store receives an answer later than the client.
    if (sum() > before) await eventually(async () => !(await isUnderWay(uid, addressBlock(address))));
  }
  t.equal(sum(), 10, 'as many as binds.failuresPerAddress allows reached the upstream');
  t.equal(await logIn(0, uids[20]!, passwordOf(uids[20]!), '2001:db8:1:3::1'), 0, 'another network is another one');
});

t.test('an owner at several instances at the same moment is let in by all, while others guess', async (t) => {
  const { accounts, logIn } = await three(t, ['ada'], ['binds.cache.ttl=0s']);
  t.equal(await logIn(0, 'ada', passwordOf('ada'), '192.0.2.1'), 0);
  for (let i = 0; i < 3; i++) t.equal(await logIn(i, 'ada', `guess ${i}`, `198.51.100.${i}`), 49);
  // Each answer of the upstream takes its time, so all are under way at the same time.
  accounts.upstream.instead.untilBind = () => new Promise((resolve) => setTimeout(resolve, 300));
  const answers = [0, 1, 2].map((instance) => logIn(instance, 'ada', passwordOf('ada'), '192.0.2.1'));
  t.same(await Promise.all(answers), [0, 0, 0], 'all of them');
});
