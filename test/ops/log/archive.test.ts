// The archive of a support bundle, as tar reads it.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { archive } from '../../../src/ops/log/archive.js';

t.test('tar lists and reads what is in it', async (t) => {
  const file = join(t.testdir({}), 'bundle.tar.gz');
  const files = [
    { name: 'bundle/empty.txt', content: '' },
    { name: 'bundle/block.txt', content: 'x'.repeat(512) },
    { name: 'bundle/umlaut.txt', content: 'Ünïcödé\n'.repeat(1000) },
  ];
  writeFileSync(file, archive(files, 1_790_000_000));
  const listed = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' });
  t.same(
    listed.trim().split('\n'),
    files.map(({ name }) => name),
  );
  for (const { name, content } of files)
    t.equal(execFileSync('tar', ['-xzOf', file, name], { encoding: 'utf8' }), content);
});
