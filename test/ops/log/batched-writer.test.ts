// Gathered lines: none is lost, none waits for long, and their order stays.
import t from 'tap';
import { BatchedWriter } from '../../../src/ops/log/batched-writer.js';
import { eventually } from '../../support/proxy.js';

function make() {
  const written: string[] = [];
  const lines = new BatchedWriter((memory, length) => void written.push(memory.toString('utf8', 0, length)));
  return { written, lines };
}

t.test('a line alone is written immediately; those after it together, soon and in order', async (t) => {
  const { written, lines } = make();
  lines.write('first\n');
  t.same(written, ['first\n']);
  for (let i = 0; i < 100; i++) lines.write(`${i}\n`);
  t.same(written, ['first\n'], 'they wait for each other');
  // The timer keeps no process alive; the test's own does.
  await eventually(() => written.length > 1);
  t.same(written.slice(1), [Array.from({ length: 100 }, (_, i) => `${i}\n`).join('')]);
  lines.write('next\n');
  await eventually(() => written.length === 3);
  t.equal(written[2], 'next\n');
});

t.test('what waits is written when it is much, and when the process ends', async (t) => {
  const { written, lines } = make();
  const line = `${'x'.repeat(1023)}\n`;
  for (let i = 0; i < 200; i++) lines.write(line);
  t.ok(written.length > 2, 'not all of it waits');
  lines.flush();
  t.equal(written.join(''), line.repeat(200));
  lines.flush();
  t.equal(written.join('').length, 1024 * 200, 'once');
});
