// The roll call in a real Redis, to which others write as well: who is gone stays gone, and nobody makes an instance fetch more than it should.
import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { fleetText } from '../../src/cli/fleet.js';
import { FleetNames } from '../../src/fleet/names.js';
import { callRoll, type InstanceReport, Presence } from '../../src/fleet/roll-call.js';
import { Seal } from '../../src/fleet/seal.js';
import { type Store, script } from '../../src/fleet/store.js';
import { instancesOf } from '../../src/ops/http/fleet-route.js';
import { terminalOf } from '../../src/ops/terminal.js';
import { ask, connected } from '../support/fleet-store.js';
import { eventually } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';

const server = await TestRedis.start(t);
const store = await connected(t, server);

const REPORT: InstanceReport = {
  ...{ instance: 'wiki-1', version: '1.2.3', startedAt: '2026-11-27T03:30:00.000Z', ready: true },
  ...{ role: 'taker', why: '', generation: 1, age: 0, members: 2 },
};

/** As anyone could who may write there. */
const FILL = script(`
local t = redis.call('TIME')
for i = 1, tonumber(ARGV[1]) do
  redis.call('HSET', KEYS[1], 'x' .. i, string.format('%.0f', t[1] * 1000 + tonumber(ARGV[2])) .. ' ' .. string.rep('x', tonumber(ARGV[3])))
end
return 1`);

function fleet() {
  const key = randomBytes(32);
  const names = new FleetNames(key, 'test');
  const options = { store: store as Store, names, seal: new Seal(names.derive('instances'), 'roll call') };
  return { ...options, options, key: names.of('instances'), roll: () => callRoll(options) };
}
type Fleet = ReturnType<typeof fleet>;

/** One that reports when the test says so; its clock can be wrong. */
function presence(t: Test, { options }: Fleet, name = 'wiki-1', clock = () => performance.now()): Presence {
  const made = new Presence({ ...options, report: () => ({ ...REPORT, instance: name }) }, 60_000, clock);
  t.teardown(() => made.close());
  return made;
}

/** As an instance that is gone has once said it, in the place of a report of now. `at`: in the seal; older versions have none. */
function putBack({ seal, key }: Fleet, name: string, at?: number) {
  const octets = Buffer.from(JSON.stringify({ ...REPORT, instance: name, ...(at === undefined ? {} : { at }) }));
  ask(server, 'HSET', key, name, `${Date.now()} ${seal.seal(octets, [name]).toString('base64')}`);
}

const there = async (one: Fleet) => (await one.roll()).instances.map(({ instance }) => instance);

t.test('instances are listed by name, until they leave', async (t) => {
  const one = fleet();
  const [first] = [presence(t, one), presence(t, one, 'wiki-2')];
  await eventually(async () => (await there(one)).length === 2);
  t.match(await one.roll(), {
    instances: [{ ...REPORT, isDated: true }, { instance: 'wiki-2' }],
    unreadable: 0,
    leftOut: 0,
  });
  await first!.close();
  t.same(await there(one), ['wiki-2']);
});

t.test('a report that was kept does not make an instance that is gone look alive', async (t) => {
  const one = fleet();
  for (const ago of [36_000, 3_600_000, -6000, -3_600_000]) putBack(one, `gone-${ago}`, Date.now() - ago);
  putBack(one, 'wiki-1', Date.now() - 30_000);
  t.same(await there(one), ['wiki-1']);
  t.equal(ask(server, 'HLEN', one.key), '5', 'though all are in the store');
});

t.test('a report under the id of another instance is not one', async (t) => {
  const one = fleet();
  presence(t, one);
  await eventually(async () => (await there(one)).length === 1);
  const [id] = ask(server, 'HKEYS', one.key).split('\n');
  ask(server, 'HSET', one.key, 'other', ask(server, 'HGET', one.key, id!));
  t.match(await one.roll(), { instances: [{ instance: 'wiki-1' }], unreadable: 1 });
});

t.test('a store whose clock was set is noticed with the next report', async (t) => {
  const one = fleet();
  // As far as the instance knows, the store's clock is an hour behind.
  let wrong = 3_600_000;
  const clock = () => performance.now() + wrong;
  const here = presence(t, one, 'wiki-1', clock);
  await eventually(async () => (await there(one)).length === 1);
  for (const set of [0, 7_200_000]) {
    wrong = set;
    await here.say();
    t.match(await one.roll(), { instances: [{ instance: 'wiki-1', isDated: true }] }, `${set}`);
  }
});

t.test('old and new versions see each other; the old ones are marked', async (t) => {
  const one = fleet();
  presence(t, one, 'new-1');
  putBack(one, 'old-1');
  await eventually(async () => (await there(one)).length === 2);
  const roll = await one.roll();
  t.match(roll.instances, [
    { instance: 'new-1', isDated: true },
    { instance: 'old-1', isDated: false },
  ]);
  t.match(textOf(roll), /^! older versions, .*: old-1$/m);
  // As the version before reads it: the time in front, and a seal that is bound to the id alone.
  const lines = ask(server, 'HGETALL', one.key).split('\n');
  const [id, line] = lines[0] === 'old-1' ? lines.slice(2) : lines;
  const [at, sealed] = line!.split(' ');
  t.ok(Math.abs(Number(at) - Date.now()) < 10_000);
  const opened = JSON.parse(one.seal.open(Buffer.from(sealed!, 'base64'), [id!])!.toString()) as object;
  t.match(opened, {
    ...REPORT,
    instance: 'new-1',
  });
});

t.test('what the version before writes and drops leaves the reports of this one alone', async (t) => {
  const one = fleet();
  presence(t, one, 'new-1');
  await eventually(async () => (await there(one)).length === 1);
  await store.run(SAY_BEFORE, [one.key], ['old', 'x', 35_000, 1000], 1000);
  t.same(await there(one), ['new-1']);
});

t.test(
  '100,000 reports of somebody else: a bounded number is fetched, and the next report of an instance drops them',
  async (t) => {
    const one = fleet();
    const here = presence(t, one);
    await eventually(async () => (await there(one)).length === 1);
    for (const [what, ahead, length, unreadable, leftOut] of [
      ['current', 0, 100, 1000, 99_000],
      ['to come', 3_600_000, 100, 0, 96_000],
      ['long', 0, 20_000, 0, 300],
      ['long in all', 0, 9000, 222, 78],
    ] as const) {
      const count = length > 1000 ? 300 : 100_000;
      await store.run(FILL, [one.key], [count, ahead, length], 5000);
      let fetched = 0;
      const counting = { ...one.options, store: counted(store, (octets) => (fetched += octets)) };
      const roll = await callRoll(counting);
      t.ok(fetched < 2_100_000, `${what}: ${fetched} characters`);
      t.ok(roll.unreadable <= 1000, `${what}: ${roll.unreadable} unreadable`);
      t.ok(Math.abs(roll.unreadable - unreadable) <= 1, `${what}: ${roll.unreadable} unreadable`);
      t.ok(Math.abs(roll.leftOut - leftOut) <= 1, `${what}: ${roll.leftOut} left out`);
      t.match(textOf(roll), new RegExp(`^! ${roll.leftOut} more left out`, 'm'), what);
      if (what === 'long in all') await store.run(DROP, [one.key], [], 1000);
      await here.say();
      t.match(await one.roll(), { instances: [{ instance: 'wiki-1' }], unreadable: 0, leftOut: 0 }, what);
    }
  },
);

t.test('something else in the place of the reports is dropped', async (t) => {
  const one = fleet();
  ask(server, 'SET', one.key, 'x');
  await t.rejects(one.roll());
  presence(t, one);
  await eventually(async () => (await there(one).catch(() => [])).length === 1);
});

t.test('a report with long texts is still short enough', async (t) => {
  const one = fleet();
  const long = '\u0001'.repeat(100_000);
  const made = new Presence({
    ...one.options,
    report: () => ({ ...REPORT, instance: long, version: long, why: long, startedAt: long }),
  });
  t.teardown(() => made.close());
  await eventually(async () => (await there(one)).length === 1);
  t.equal((await one.roll()).leftOut, 0);
});

t.test('a store that answers otherwise than its script is refused', async (t) => {
  const one = fleet();
  const answers = [1, [1], [1, 2, 3, ...Array<string>(5000).fill('x')], ['1', 0], [1, '0']];
  for (const answer of answers) {
    const hostile = { ...one.options, store: { ...one.options.store, run: () => Promise.resolve(answer) } as Store };
    await t.rejects(callRoll(hostile), /an unexpected answer/);
  }
});

const DROP = script(`
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.match(field, '^x%d') then redis.call('HDEL', KEYS[1], field) end
end
return 1`);

/** The script of the version before. */
const SAY_BEFORE = script(`local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
local count = 0
for i = 1, #all, 2 do
  local at = tonumber(string.match(all[i + 1], '^(%d+) '))
  if not at or now - at > tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], all[i]) else count = count + 1 end
end
if count < tonumber(ARGV[4]) or redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`);

function counted(store: Store, add: (characters: number) => void): Store {
  return {
    run: async (...args: Parameters<Store['run']>) => {
      const answer = await store.run(...args);
      add(JSON.stringify(answer).length);
      return answer;
    },
  } as Store;
}

function textOf(roll: Awaited<ReturnType<typeof callRoll>>): string {
  return fleetText(instancesOf(roll), terminalOf({ isTTY: false, write: () => true } as never, {}));
}
