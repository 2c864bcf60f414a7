// A simulated day by hand: npx tsx test/fleet/simulation/main.ts INSTANCES HOURS SEED [FAULT,…]. Progress on stderr, the result on stdout.
import './steady-zlib.js';
import { TestRedis } from '../../support/redis.js';
import { type FaultName, simulate } from './day.js';
import { RawRedis } from './raw-redis.js';

const [instances = '10', hours = '2', seed = '1', faults] = process.argv.slice(2);
const endings: (() => unknown)[] = [];
const server = await TestRedis.start({ teardown: (end) => void endings.push(end) } as Parameters<
  typeof TestRedis.start
>[0]);
const redis = await RawRedis.open(server.socket);
const began = performance.now();
const seconds = () => Math.round((performance.now() - began) / 100) / 10;
const cpu = () => Math.round(process.cpuUsage().user / 1e5 + process.cpuUsage().system / 1e5) / 10;
try {
  const { history, ...result } = await simulate(redis, {
    ...{ seed: Number(seed), instances: Number(instances), hours: Number(hours) },
    ...(faults === undefined ? {} : { faults: faults.split(',') as FaultName[] }),
    progress: (hour, events) => {
      const megabytes = Math.round(process.memoryUsage().rss / 1e6);
      process.stderr.write(
        `seed ${seed}: ${hour} h, ${events} events, ${seconds()} s, ${megabytes} MB, ${cpu()} s CPU\n`,
      );
    },
  });
  for (const line of [...result.violations, ...history]) console.log(line);
  console.log(JSON.stringify({ seconds: seconds(), ...result }));
  process.exitCode = result.violations.length > 0 ? 1 : 0;
} finally {
  redis.end();
  for (const end of endings) await end();
}
