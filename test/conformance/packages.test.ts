// A suite that cannot be fetched, or that fails, says so: nothing below may pass because nothing ran.
import { existsSync } from 'node:fs';
import t from 'tap';
import { cacheFolder, need, run, withoutCommands } from './packages.js';

t.test('what has to succeed and does not is an error with what the program said', async (t) => {
  await t.rejects(need('sh', ['-c', 'echo no such package >&2; exit 3']), /ended with 3: no such package/);
  await t.rejects(need('/no/such/program', []), /ENOENT/);
  await t.rejects(run('sleep', ['30'], { timeout: 20 }), /longer than 20 ms/);
  t.same(await run('sh', ['-c', 'cat; echo out; exit 5'], { input: 'in ' }), { code: 5, text: 'in out\n' });
});

t.test('a command that is missing is named', async (t) => {
  t.match(withoutCommands('sh', 'no-such-command'), /no-such-command is not installed/);
  t.equal(withoutCommands('sh'), false);
});

t.test('the cache is outside of the repository', async (t) => {
  const folder = cacheFolder('test');
  t.ok(existsSync(folder) && !folder.startsWith(process.cwd()), folder);
});
