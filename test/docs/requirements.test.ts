// The table of docs/requirements.md: every requirement has its line, and the tests that it names do name the requirement.
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';

const rows = readFileSync('docs/requirements.md', 'utf8')
  .split('\n')
  .map((line) => /^\| <a id="r\d+"><\/a>R(\d+) \| (.+) \| (.*) \|$/.exec(line))
  .filter((match) => match !== null)
  .map(([, number, promise = '', files = '']) => ({
    number: Number(number),
    promise,
    files: [...files.matchAll(/`([^`]+)`/g)],
  }));

/** Known, and not kept yet. */
const OPEN: readonly number[] = [];

t.test('all requirements that are kept are there, in their order', async (t) => {
  t.same(
    rows.map(({ number }) => number),
    Array.from({ length: 121 }, (_, i) => i + 1).filter((number) => !OPEN.includes(number)),
  );
});

t.test('each is held by tests that name it', async (t) => {
  for (const { number, files } of rows) {
    t.ok(files.length > 0, `R${number} has a test`);
    for (const [, name = ''] of files) {
      const file = `test/${name}.test.ts`;
      t.ok(existsSync(file), file);
      t.match(readFileSync(file, 'utf8'), new RegExp(`\\bR${number}\\b`), `${file} names R${number}`);
    }
  }
});
