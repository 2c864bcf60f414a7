// docs/architecture.md says what the source says: the states as they are, files that exist, every room.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { withStates } from '../../docs/generate.js';

const page = readFileSync('docs/architecture.md', 'utf8');

t.test('the states are as npm run docs writes them', async (t) => {
  t.equal(page, withStates(page), 'run npm run docs');
  t.match(page, /stateDiagram-v2/);
  t.throws(() => withStates('nothing'), /no place/);
});

t.test('every file that is named exists', async (t) => {
  const named = [...new Set([...page.matchAll(/`([a-z/-]+\.(?:ts|md))`/g)].map((match) => match[1]!))];
  t.ok(named.length > 20, `${named.length} files`);
  for (const name of named) t.ok(existsSync(`src/${name}`) || existsSync(name), name);
});

t.test('every room is named', async (t) => {
  const rooms = readdirSync('src', { withFileTypes: true }).filter((one) => one.isDirectory());
  for (const { name } of rooms) t.match(page, `\`${name}/\``, name);
});
