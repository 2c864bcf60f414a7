// The npm package: what is in it, and that it works where nothing but Node.js is.
import { readFileSync } from 'node:fs';
import t from 'tap';

t.test('it can be published, and runs nothing when it is installed', async (t) => {
  const about = JSON.parse(readFileSync('package.json', 'utf8')) as {
    private?: boolean;
    scripts: Record<string, string>;
  };
  t.notOk(about.private);
  for (const name of ['preinstall', 'install', 'postinstall']) t.notOk(Object.hasOwn(about.scripts, name), name);
});
