// Profiles of what Jumpgate allocates, garbage included: a module that its process loads first, and sums of what that writes.
import { existsSync, readFileSync } from 'node:fs';
import type { HeapProfiler } from 'node:inspector';

/** Bytes between two samples: one in a few allocations, so the sums are accurate to a percent after about 10,000 binds. */
const INTERVAL = 2048;

/**
 * The value for `--import`. SIGWINCH means nothing to a process without a terminal: at the first one the process starts sampling and creates `file`.on,
 * at the second it writes the profile to `file`. Collected objects count too; Node.js's own `--heap-prof` leaves them out.
 */
export function sampler(file: string): string {
  const code = `import { Session } from 'node:inspector/promises';
import { renameSync, writeFileSync } from 'node:fs';
const session = new Session();
session.connect();
const collected = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
const file = ${JSON.stringify(file)};
const write = (name, text) => { writeFileSync(name + '.part', text); renameSync(name + '.part', name); };
process.once('SIGWINCH', async () => {
  process.once('SIGWINCH', async () => write(file, JSON.stringify((await session.post('HeapProfiler.stopSampling')).profile)));
  await session.post('HeapProfiler.startSampling', { samplingInterval: ${INTERVAL}, ...collected });
  write(file + '.on', '');
});`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** Bytes by `function file:line`, the largest first. */
export function readAllocations(file: string): [string, number][] {
  const sums = new Map<string, number>();
  const add = ({ callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode): void => {
    const where = callFrame.url.replace(/^.*\/(?:dist|node_modules)\//, '');
    const name = `${callFrame.functionName || '(no name)'} ${where}:${callFrame.lineNumber + 1}`;
    sums.set(name, (sums.get(name) ?? 0) + selfSize);
    for (const child of children) add(child);
  };
  add((JSON.parse(readFileSync(file, 'utf8')) as HeapProfiler.SamplingHeapProfile).head);
  return [...sums].sort(([, one], [, other]) => other - one);
}

export const isSampling = (file: string) => existsSync(`${file}.on`);
export const isWritten = (file: string) => existsSync(file);
