// The examples run as they are, with the entries of the package found in the sources.
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { EXAMPLES } from '../support/examples.js';

for (const { name, args, expected } of EXAMPLES) {
  t.test(`examples/${name}.ts does what it says, and ends on its own`, async (t) => {
    const env = { ...process.env };
    // Set by the runner of this test, for tests of its own.
    delete env.NODE_TEST_CONTEXT;
    const run = [process.execPath, '--import=tsx', ...args, `examples/${name}.ts`] as const;
    const { status, stdout, stderr } = spawnSync(run[0], run.slice(1), { encoding: 'utf8', timeout: 90_000, env });
    t.same([status, stderr], [0, ''], stdout);
    for (const line of expected) t.match(stdout, line);
  });
}
