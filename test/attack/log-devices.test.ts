// Whatever standard output or the audit file is, a full disk, a terminal or a pipe: logins go on, and what was lost is said.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { goesOn, linesLost, logIns, MANY } from '../support/log-ins.js';
import { startProduct } from '../support/product.js';
import { eventually } from '../support/proxy.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

for (const format of ['json', 'logfmt', 'pretty'] as const)
  for (const [what, file, flags] of [
    ['a disk that is full', '/dev/full', 'w'],
    ['a descriptor that cannot be written', '/dev/null', 'r'],
  ] as const)
    t.test(`${format}: ${what}`, async (t) => {
      const fd = openSync(file, flags);
      const set = [`log.format=${format}`, ...MANY];
      const product = await startProduct({ upstream, folder: t.testdir({}), set, stdout: fd });
      closeSync(fd);
      t.teardown(() => product.stop());
      t.ok((await goesOn(t, product, 4000)) > 100);
      await product.stop();
      t.same(await product.ending(), { code: 0, signal: null });
    });

t.test('a file has every line, also those of the last moment', async (t) => {
  const folder = t.testdir({});
  const fd = openSync(join(folder, 'log'), 'a');
  const product = await startProduct({ upstream, folder, set: MANY, stdout: fd });
  closeSync(fd);
  t.equal(await goesOn(t, product), 0);
  await product.stop();
  const lines = readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n');
  const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  t.equal(messages.filter((msg) => msg === 'bind').length, 6000);
  t.equal(messages.at(-1), 'stopped');
});

/** Opens a terminal, reads nothing from it until asked to, and prints its name. */
const TERMINAL = `
import os, pty, sys
master, slave = pty.openpty()
print(os.ttyname(slave), flush=True)
sys.stdin.readline()
while True: os.read(master, 65536)
`;

t.test('a terminal that is stopped, as by Ctrl-S, stops the log and nothing else', async (t) => {
  const holder = spawn('python3', ['-c', TERMINAL], { stdio: ['pipe', 'pipe', 'inherit'] });
  let name = '';
  holder.on('error', () => {});
  holder.stdout.setEncoding('utf8').on('data', (text: string) => {
    name += text;
  });
  const ended = new Promise((resolve) => holder.once('close', resolve));
  t.teardown(() => holder.kill('SIGKILL'));
  await Promise.race([ended, eventually(() => name.endsWith('\n'))]);
  if (name === '') return t.comment('there is no python3 here to hold a terminal');
  const fd = openSync(name.trim(), constants.O_RDWR | constants.O_NOCTTY);
  const product = await startProduct({ upstream, folder: t.testdir({}), set: MANY, stdout: fd });
  closeSync(fd);
  t.teardown(() => product.stop());
  t.ok((await goesOn(t, product)) > 100);
  holder.stdin.write('\n');
  await product.stop();
  t.same(await product.ending(), { code: 0, signal: null });
});

t.test('an audit file that takes nothing loses its lines, says so, and stops no login', async (t) => {
  const folder = t.testdir({});
  const audit = join(folder, 'audit');
  execFileSync('mkfifo', [audit]);
  // Both ends: a reader that is there and does not read.
  const fd = openSync(audit, constants.O_RDWR | constants.O_NONBLOCK);
  const product = await startProduct({ upstream, folder, set: [...MANY, `log.audit=${audit}`] });
  t.teardown(() => product.stop());
  t.equal(await goesOn(t, product), 0, 'the log has every line');
  const lost = await linesLost(product, 'audit');
  t.ok(lost > 1000, `${lost} audit lines`);
  const reports = () => product.log.filter((line) => /audit line.* lost/.test(line));
  t.equal(reports().length, 1, 'said once a minute at most');
  const reader = spawn('cat', [audit], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => reader.kill('SIGKILL'));
  let read = '';
  reader.stdout.setEncoding('utf8').on('data', (text: string) => {
    read += text;
  });
  await eventually(() => read !== '');
  // A short report may have found room between lines that did not.
  const reported = () => [...read.matchAll(/(\d+) audit lines? w\w+ lost/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  await eventually(async () => {
    await logIns(product, 2);
    return reported() >= lost;
  });
  t.equal(reported(), lost, 'the file says how many');
  closeSync(fd);
  await product.stop();
  t.match(reports()[1], `audit: ${lost - 1} audit lines were lost`, 'the log has the rest at the end');
});
