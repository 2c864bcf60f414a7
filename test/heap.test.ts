// What V8 makes of what it is told, in a process of its own: the flags are for a whole process.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

/** Makes much of which a part stays for some time, as reads and load do, and tells the size of the young space. */
const SCRIPT = `
import { getHeapSpaceStatistics } from 'node:v8';
import { inSmallSpace, tuneHeap } from '${new URL('../src/heap.ts', import.meta.url)}';
const size = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size;
const kept = [];
const turn = () => new Promise((resolve) => setImmediate(resolve));
const work = async () => {
  for (let i = 0; i < 2e6; i++) {
    kept[i % 50_000] = { text: [i] };
    if (i % 5000 === 0) await turn();
  }
};
tuneHeap();
await work();
const sizes = { atStart: size() };
await Promise.all([inSmallSpace(work), inSmallSpace(work)]);
sizes.afterRead = size();
await inSmallSpace(() => Promise.reject(new Error('no upstream'))).catch(() => {});
await work();
sizes.underLoad = size();
await inSmallSpace(work);
sizes.afterReadUnderLoad = size();
console.log(JSON.stringify(sizes));
`;

t.test('the young space is small at the start and for a read, and large under load alone', async (t) => {
  // The loader that reads TypeScript would let it grow before.
  const args = ['--semi-space-growth-factor=1', '--import', 'tsx', '--input-type=module', '--eval', SCRIPT];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  const sizes = JSON.parse(stdout) as Record<string, number>;
  const [small, large] = [8, 16].map((megabytes) => megabytes * 1024 * 1024) as [number, number];
  t.ok(sizes.atStart! <= small, `${sizes.atStart}`);
  t.ok(sizes.afterRead! <= small, `${sizes.afterRead}`);
  t.ok(sizes.underLoad! > small && sizes.underLoad! <= large, `${sizes.underLoad}`);
  t.ok(sizes.afterReadUnderLoad! > small, 'what has grown stays grown');
});
