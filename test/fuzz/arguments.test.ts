// Wrong arguments of fuzz and soak: a line that names them, the usage, and exit code 2.
import { spawnSync } from 'node:child_process';
import t from 'tap';

const run = (...words: string[]) =>
  spawnSync(process.execPath, ['--import=tsx', ...words], { encoding: 'utf8', timeout: 30_000 });

for (const [program, name] of [
  ['fuzz/main.ts', 'fuzz'],
  ['test/soak/main.ts', 'soak'],
] as const) {
  t.test(`${name}: usage for --help, and for what it does not know`, async (t) => {
    const help = run(program, '--help');
    t.equal(help.status, 0);
    t.match(help.stdout, `npm run ${name} -- [`);
    const unknown = run(program, '--nonsense');
    t.equal(unknown.status, 2);
    t.match(unknown.stderr, /--nonsense/);
    t.match(unknown.stderr, `npm run ${name} -- [`);
    t.notMatch(unknown.stderr, /at .*:[0-9]+:[0-9]+/, 'no stack trace');
    const wrong = run(program, '--seed', 'x1');
    t.equal(wrong.status, 2);
    t.match(wrong.stderr, /--seed x1: takes a whole number/);
  });
}
