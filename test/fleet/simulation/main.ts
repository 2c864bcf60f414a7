// Simulated days by hand: npx tsx test/fleet/simulation/main.ts INSTANCES HOURS SEED [FAULT,…]; FIRST-LAST for several seeds, one after the other.
// Progress on stderr; violations, what led to them, and the result of each seed on stdout.
import './steady-zlib.js';
import { TestRedis } from '../../support/redis.js';
import { type FaultName, simulate } from './day.js';
import { RawRedis } from './raw-redis.js';

const [instances = '10', hours = '2', seeds = '1', faults] = process.argv.slice(2);
const [first = 1, last = first] = seeds.split('-').map(Number);
const endings: (() => unknown)[] = [];
const server = await TestRedis.start({ teardown: (end) => void endings.push(end) } as Parameters<
  typeof TestRedis.start
>[0]);
const redis = await RawRedis.open(server.socket);
const tenths = (number: number) => Math.round(number * 10) / 10;

async function day(seed: number): Promise<void> {
  const began = performance.now();
  const used = process.cpuUsage();
  const seconds = () => tenths((performance.now() - began) / 1000);
  const cpu = () => {
    const { user, system } = process.cpuUsage(used);
    return tenths((user + system) / 1e6);
  };
  const { history, ...result } = await simulate(redis, {
    ...{ seed, instances: Number(instances), hours: Number(hours) },
    ...(faults === undefined ? {} : { faults: faults.split(',') as FaultName[] }),
    progress: (hour, events) => {
      const megabytes = Math.round(process.memoryUsage().rss / 1e6);
      process.stderr.write(
        `seed ${seed}: ${hour} h, ${events} events, ${seconds()} s, ${cpu()} s of CPU, ${megabytes} MB\n`,
      );
    },
  });
  for (const line of [...result.violations, ...history]) console.log(line);
  console.log(JSON.stringify({ seed, seconds: seconds(), cpu: cpu(), ...result }));
  if (result.violations.length > 0) process.exitCode = 1;
}

try {
  for (let seed = first; seed <= last; seed++) await day(seed);
} finally {
  redis.end();
  for (const end of endings) await end();
}
