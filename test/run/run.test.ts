// What runs the tests: nothing that fails, ends early, hangs or has no tests counts as a success, and every file is in one suite.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { eventually } from '../support/proxy.js';
import { outcome, runFile } from './file.js';
import { Report } from './report.js';
import { chosen, filesOf, SUITES } from './suites.js';

/** Runs a file with these lines, for at most `timeout` seconds. */
const run = (t: Test, lines: string, timeout = 60) =>
  runFile(join(t.testdir({ 'a.mjs': `import t from 'tap';\n${lines}\n` }), 'a.mjs'), timeout);

t.test('a file that succeeds says nothing but what it skipped', async (t) => {
  const { ok, counts, output } = await run(
    t,
    `t.test('one', async (t) => t.pass('fine')); t.pass('no', { skip: 'why' });`,
  );
  t.same([ok, counts], [true, { pass: 1, fail: 0, skip: 1, todo: 0 }]);
  t.match(output, /# SKIP why/);
  t.notMatch(output, /fine/);
  t.match(await run(t, `t.plan(0, 'not here');`), { ok: true, skipped: 'not here', counts: { skip: 1 } });
});

t.test('a file that fails in any way fails', async (t) => {
  for (const [lines, said] of [
    [`t.equal(1, 2, 'no sum');`, /not ok 1 - no sum/],
    [`t.test('one', async (t) => { t.pass('fine'); throw new Error('oh'); });`, /not ok 2 - oh/],
    [`t.pass('fine'); process.exitCode = 3;`, /ended with exit code 3/],
    [`t.test('one', async () => process.exit(0));`, /not ok/],
    [`t.pass('fine'); process.kill(process.pid, 'SIGKILL');`, /ended with exit code null/],
    ['', /^not ok|no tests|without/m],
    ['const = 1;', /ended with exit code 1/],
    [`t.test('one', () => new Promise(() => setInterval(() => {}, 1000)));`, /timeout!/],
  ] as const) {
    const { ok, counts, output } = await run(t, lines, 2);
    t.notOk(ok, lines);
    t.ok(counts.fail > 0, lines);
    t.match(output, said, lines);
  }
  t.match(outcome('ok 1 - one\n', 0, 1), { ok: false, counts: { fail: 1 } }, 'without an end');
  t.match(outcome('1..0\n# { total: 0 }\n', 1, 1), { ok: false }, 'nothing, and an exit code');
});

t.test('what a file has started ends with it', async (t) => {
  const { ok, output } = await run(
    t,
    `import { spawn } from 'node:child_process';
     const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
     child.unref();
     t.pass('child ' + child.pid, { skip: 'told' });`,
  );
  t.ok(ok);
  const pid = Number(/child (\d+)/.exec(output)?.[1]);
  t.ok(pid > 0);
  await eventually(() => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
});

t.test('the sums are those of all files, and one that fails fails the run', async (t) => {
  let said = '';
  const report = new Report((text) => {
    said += text;
  });
  report.add('one', outcome('# { total: 3, pass: 2, skip: 1 }\n', 0, 1));
  t.ok(report.end());
  report.add('two', outcome('not ok 1 - x\n# { total: 3, pass: 1, fail: 2 }\n', 1, 1));
  t.notOk(report.end());
  t.match(said, /^ok 1 - one # time=1ms\n[\s\S]* {4}not ok 1 - x\n[\s\S]*^not ok 2 - two/m);
  t.match(said, /^# \{ total: 6, pass: 3, fail: 2, skip: 1 \}$/m, 'as .ci/run reads it');
  t.notOk(new Report(() => {}).end(), 'no files');
});

t.test('suites are named as in package.json, even where a folder has the same name; and so are files', async (t) => {
  const scripts = readFileSync('package.json', 'utf8');
  for (const suite of Object.keys(SUITES)) {
    t.ok(scripts.includes(`"tsx test/run/main.ts ${suite}"`), suite);
    t.same(chosen([suite], '.'), filesOf(suite, '.'), suite);
  }
  t.same(chosen(['test/ci.test.ts', 'deploy'], '.'), ['test/ci.test.ts', ...filesOf('deploy', '.')]);
  const recipes = filesOf('test', '.').filter((file) => file.startsWith('test/recipes/'));
  t.ok(recipes.length > 1);
  for (const folder of ['test/recipes', 'test/recipes/']) t.same(chosen([folder], '.'), recipes, folder);
  t.throws(() => chosen(['lnog'], '.'), /neither a file nor a suite/);
  for (const folder of ['test/recipe', 'test/run/none/']) t.throws(() => chosen([folder], '.'), /no folder with tests/);
});

t.test('every test file is in one suite, and what a suite names is there', async (t) => {
  const all = Object.keys(SUITES).flatMap((suite) => filesOf(suite, '.'));
  t.equal(new Set(all).size, all.length);
  t.ok(all.includes('test/run/run.test.ts') && filesOf('test', '.').length > 150);
  for (const { places } of Object.values(SUITES))
    for (const place of places) {
      t.ok(existsSync(`test/${place}`), place);
      t.ok(all.includes(`test/${place}`) || all.some((file) => file.startsWith(`test/${place}/`)), place);
    }
});
