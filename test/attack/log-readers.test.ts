// Whatever the reader of the log does: logins go on, memory stays bounded, and what was lost is said.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { goesOn, growth, linesLost, logIns, MANY } from '../support/log-ins.js';
import { type Product, startProduct } from '../support/product.js';
import { eventually } from '../support/proxy.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

/** Lines of about a kilobyte, and MiB that memory may grow by meanwhile: the load itself costs about half of that, all lines were 60. */
const FLOOD = 150_000;
const MOST_GROWTH = 35;

/** A product whose standard output is a FIFO that `reader` reads. */
async function withFifo(t: Test, format: string): Promise<{ product: Product; fifo: string; reader: ChildProcess }> {
  const folder = t.testdir({});
  const fifo = join(folder, 'log');
  execFileSync('mkfifo', [fifo]);
  const reader = readerOf(t, fifo, join(folder, 'first'));
  const fd = openSync(fifo, 'w');
  const product = await startProduct({ upstream, folder, set: [`log.format=${format}`, ...MANY], stdout: fd });
  closeSync(fd);
  t.teardown(() => product.stop());
  return { product, fifo, reader };
}

function readerOf(t: Test, fifo: string, into: string): ChildProcess {
  const fd = openSync(into, 'w');
  const reader = spawn('cat', [fifo], { stdio: ['ignore', fd, 'inherit'] });
  closeSync(fd);
  t.teardown(() => reader.kill('SIGKILL'));
  return reader;
}

/** What the log says of lost lines, and what it has behind that. */
function saidIn(file: string): { reports: string[]; behind: string } {
  const text = readFileSync(file, 'utf8');
  const reports = text.match(/\d+ log lines were lost: standard output did not accept them/g) ?? [];
  return { reports, behind: text.slice(Math.max(0, text.lastIndexOf('lines were lost'))) };
}

/** Logins are in the log again, behind the last word of lost lines: more may be lost before the reader has caught up. */
async function goesOnIn(product: Product, file: string): Promise<void> {
  await eventually(async () => {
    await logIns(product, 2);
    return saidIn(file).behind.includes('quillon');
  });
}

for (const format of ['json', 'logfmt', 'pretty'] as const) {
  t.test(`${format}: a reader that stops is not waited for, and told what it missed when it goes on`, async (t) => {
    const { product, reader } = await withFifo(t, format);
    reader.kill('SIGSTOP');
    t.ok((await goesOn(t, product)) > 100);
    reader.kill('SIGCONT');
    const file = join(t.testdirName, 'first');
    await eventually(() => saidIn(file).reports.length > 0);
    await goesOnIn(product, file);
    const lost = await linesLost(product);
    t.same(
      saidIn(file).reports,
      [`${lost} log lines were lost: standard output did not accept them`],
      'all in one line',
    );
    await product.stop();
    t.same(await product.ending(), { code: 0, signal: null });
  });

  t.test(`${format}: a reader that goes away ends nothing; the next one learns what is missing`, async (t) => {
    const { product, fifo, reader } = await withFifo(t, format);
    // It goes while a write waits for it.
    reader.kill('SIGSTOP');
    await logIns(product, 3000);
    const gone = new Promise((resolve) => reader.once('close', resolve));
    reader.kill('SIGKILL');
    await gone;
    t.ok((await goesOn(t, product)) > 100);
    const second = join(t.testdirName, 'second');
    readerOf(t, fifo, second);
    // Where the write under way was taken whole, nothing is missing.
    await eventually(async () => saidIn(second).reports.length > 0 || (await linesLost(product)) === 0);
    await goesOnIn(product, second);
    await product.stop();
    t.same(await product.ending(), { code: 0, signal: null });
  });
}

t.test('a flood of lines that nobody reads does not stay in memory, and does not hold up the end', async (t) => {
  const { product, reader } = await withFifo(t, 'json');
  await logIns(product, FLOOD / 5, false);
  reader.kill('SIGSTOP');
  const stopped = await growth(product, FLOOD);
  t.ok(stopped < MOST_GROWTH, `a reader that is stopped: ${stopped.toFixed(1)} MiB more`);
  t.ok((await linesLost(product)) > FLOOD / 2);
  await product.stop();
  t.same(await product.ending(), { code: 0, signal: null }, 'an orderly end');
});
