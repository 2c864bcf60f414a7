// docs/library.md shows the examples as they are run.
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { withExamples } from '../../docs/library.js';
import { DEMO_PACKAGES } from '../../src/demo/packages.js';

const page = readFileSync('docs/library.md', 'utf8');

t.test('every example is in it, as npm run docs writes it', async (t) => {
  t.ok(page === withExamples(page), 'else run `npm run docs`');
  for (const file of readdirSync('examples'))
    t.match(page, `<!-- examples/${file}: made by npm run docs -->\n\`\`\`ts\n`, file);
  t.throws(() => withExamples('nothing'), /no place/);
});

t.test('the command that it names is that of the error', async (t) => {
  t.match(page, `\`npm install --save-dev ${DEMO_PACKAGES.join(' ')}\``);
});
