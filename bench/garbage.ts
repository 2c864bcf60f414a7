// Garbage of a forwarded bind by the function that allocates it: `npm run build && npx tsx bench/garbage.ts`. Needs slapd; with the argument
// `fleet` also a store, which no other instance uses.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSampling, isWritten, readAllocations } from './allocations.js';
import { startContestant } from './contestants.js';
import type { Job, Loaded, Reply } from './jobs.js';
import { endAll, launchOwn, message } from './processes.js';
import { table } from './report.js';
import { startUpstream } from './slapd.js';
import { startStore } from './store.js';

const CONNECTIONS = 64;
/** Seconds of warm-up, until V8 has compiled everything, and seconds that count. */
const [WARM_UP, SECONDS] = [4, 4];
/** The number of functions shown. */
const SHOWN = 40;

async function measure(folder: string): Promise<string> {
  const { port, caFile, child } = await startUpstream(folder);
  const allocations = join(folder, 'allocations.json');
  const isFleet = process.argv[2] === 'fleet';
  const store = isFleet ? await startStore(folder) : undefined;
  const around = { folder, upstreamPort: port, caFile, bindConnections: undefined, profile: undefined, processes: 1 };
  const name = isFleet ? 'jumpgate-fleet' : 'jumpgate-silent';
  const { ports, pids } = await startContestant(name, { ...around, store, allocations });
  const load = launchOwn('load.ts');
  const bind = async (seconds: number): Promise<Loaded> => {
    const reply = message<Reply>(load);
    const job: Job = {
      ...{ kind: 'load', work: 'bind', ports, pids, upstreamPids: [child.pid ?? 0], names: 'local' },
      ...{ connections: CONNECTIONS, warmUp: 0, seconds, everyoneFirst: false },
    };
    load.send(job);
    const answer = await reply;
    if (answer.kind !== 'loaded') throw new Error(answer.kind === 'void' ? answer.why : answer.kind);
    return answer.result;
  };
  const signal = async (isDone: (file: string) => boolean) => {
    process.kill(pids[0]!, 'SIGWINCH');
    while (!isDone(allocations)) await sleep(20);
  };
  await bind(WARM_UP);
  await signal(isSampling);
  const { operations } = await bind(SECONDS);
  await signal(isWritten);
  const found = readAllocations(allocations);
  const all = found.reduce((sum, [, octets]) => sum + octets, 0);
  const rows = [['**all**', all] as const, ...found.slice(0, SHOWN)];
  return table(
    ['function', 'bytes per bind'],
    rows.map(([name, octets]) => [name, (octets / operations).toFixed(0)]),
  );
}

const folder = mkdtempSync(join(tmpdir(), 'jumpgate-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
try {
  console.log(await measure(folder));
} finally {
  await endAll();
}
