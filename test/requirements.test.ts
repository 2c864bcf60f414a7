// Every one of the security and protocol requirements is named, as `R23`, by at least one test that tests it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const COUNT = 121;
/** Known, and not kept yet. */
const OPEN = new Set<number>();

/** The names of all tests, without assertions: the first argument of `t.test`. */
function testNames(): string[] {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  return files.flatMap((file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    return [...text.matchAll(/\bt\.test\(\s*(['`])((?:\\.|(?!\1)[^\\])*)\1/g)].map(([, , name]) => name ?? '');
  });
}

const names = testNames();
const named = new Set(names.flatMap((name) => [...name.matchAll(/\bR(\d+)\b/g)].map(([, number]) => Number(number))));

t.test('each requirement is named by a test', async (t) => {
  const missing = Array.from({ length: COUNT }, (_, i) => i + 1).filter(
    (number) => !named.has(number) && !OPEN.has(number),
  );
  t.same(
    missing.map((number) => `R${number}`),
    [],
  );
});

t.test('no test names an unknown requirement, and each is written out', async (t) => {
  t.same(
    [...named].filter((number) => number < 1 || number > COUNT),
    [],
  );
  t.same(
    names.filter((name) => /\bR\d+ ?(to|-|–) ?R?\d/.test(name)),
    [],
    'a range names only its ends',
  );
});
