// A fleet over a day in virtual time: logins, guessers and everything that can break, by a seed; and defects that the simulation has to find.
// A failure names its seed, and JUMPGATE_SEED=… npx tap test/heavy/fleet-simulation.test.ts shows the same again.
import '../fleet/simulation/steady-zlib.js';
import t from 'tap';
import { type DayOptions, type DayResult, simulate } from '../fleet/simulation/day.js';
import { DEFECTS } from '../fleet/simulation/defects.js';
import { RawRedis } from '../fleet/simulation/raw-redis.js';
import { TestRedis } from '../support/redis.js';

t.setTimeout(840_000);
const server = await TestRedis.start(t);
const redis = await RawRedis.open(server.socket);
t.teardown(() => redis.end());

const given = process.env.JUMPGATE_SEED;
const any = () => Math.floor(Math.random() * 2 ** 31);
/** Days that have some of everything. */
const FULL = [1, 2];
const seeds = given === undefined ? [...FULL, any()] : [Number(given)];
const DAYS: readonly DayOptions[] = [
  ...seeds.map((seed) => ({ seed, instances: 10, hours: 2 })),
  { seed: seeds[0]!, instances: 100, hours: 24 },
];

function story({ violations, history }: DayResult, { seed, instances, hours }: DayOptions): string {
  return [`seed ${seed}, ${instances} instances, ${hours} h`, ...violations, ...history].join('\n');
}

for (const options of DAYS)
  t.test(`${options.hours} hours of ${options.instances} instances, seed ${options.seed}`, async (t) => {
    const result = await simulate(redis, options);
    t.equal(result.violations.length, 0, story(result, options));
    t.comment(JSON.stringify({ ...result, history: undefined }));
    // A day on which nobody gets in, nothing breaks or nothing is looked at would pass as well. Two hours of another seed may have few faults.
    t.ok(result.succeeded > 0);
    if (!FULL.includes(options.seed)) return;
    t.ok(result.succeeded > 50 && (result.decisions.alone ?? 0) > 0 && (result.decisions.account ?? 0) > 0);
    t.ok(Object.keys(result.faults).length > 3);
    t.ok(Object.keys(result.looked).length >= 14, Object.keys(result.looked).join(', '));
  });

t.test('a seed alone decides what happens', async (t) => {
  const options = { seed: 7, instances: 5, hours: 1 };
  const [one, same] = [await simulate(redis, options), await simulate(redis, options)];
  t.same(one, same);
  const other = await simulate(redis, { ...options, seed: 8 });
  t.not(other.trail, one.trail);
});

// Emptied by hand (FLUSHALL), with all connections open: the first to notice has all others report what they have seen.
t.test('a store that is emptied under open connections', async (t) => {
  const options = { seed: 101, instances: 6, hours: 4, faults: ['emptied'] as const };
  const result = await simulate(redis, options);
  t.equal(result.violations.length, 0, story(result, options));
});

/** Seeds that are tried until one of them finds it. */
const TRIES = [101, 103, 104, 105];
t.test('planted defects', async (t) => {
  for (const { what, finds, faults, script, change } of DEFECTS)
    t.test(what, async (t) => {
      let isPlanted = change !== undefined;
      const planted = (text: string) => {
        const changed = script?.(text) ?? text;
        isPlanted ||= changed !== text;
        return changed;
      };
      const found: string[] = [];
      for (const seed of TRIES) {
        const defect = { script: planted, ...(change === undefined ? {} : { change }) };
        const more = faults === undefined ? {} : { faults };
        const { violations } = await simulate(redis, { ...{ seed, instances: 6, hours: 4, defect }, ...more });
        found.push(...violations);
        if (violations.length > 0) break;
      }
      t.ok(isPlanted, 'it is there');
      t.match(found[0], finds);
      t.comment(found[0]);
    });
});
