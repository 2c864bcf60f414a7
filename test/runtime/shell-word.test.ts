// Names in commands to copy: a shell passes each on as it is.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import t from 'tap';
import { REASONS } from '../../src/gate/explain/reasons.js';
import { nearest } from '../../src/runtime/nearest.js';
import { quoted, shellWord } from '../../src/runtime/shell-word.js';

const ODD = [
  'with space',
  "o'neil",
  '$(touch x)',
  '`x`',
  'a;b',
  'a\\b',
  '"x"',
  '*',
  '~',
  '#a',
  '',
  'a&b',
  '(x)',
  '!x',
  '{a,b}',
];

t.test('a POSIX shell makes one word of it, and this one', async (t) => {
  const text = fc.oneof(
    fc.string().filter((text) => !text.includes('\0') && text.isWellFormed()),
    fc.constantFrom(...ODD),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
      for (const word of [quoted, shellWord]) {
        const command = `printf '%s\\0' ${words.map(word).join(' ')}`;
        const output = execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' });
        t.same(output.split('\0').slice(0, -1), words);
      }
    }),
    { numRuns: 30 },
  );
});

t.test('usual names need no quotes', async (t) => {
  for (const name of ['ada.example', 'ada@example.com', 'zoë.łukasz', 'uid=ada,ou=Users', 'NAME'])
    t.equal(shellWord(name), name);
});

t.test('the commands of remedies have the name as one word', async (t) => {
  for (const { remedy } of Object.values(REASONS)) {
    const text = remedy({ group: 'wayk-users', user: 'x $(y)' });
    t.notMatch(text, /jumpgate \w+ x \$/);
    t.notMatch(text, /jumpgate \w+ \$/);
  }
  t.match(REASONS['wrong-password'].remedy({ group: 'g', user: 'x $(y)' }), "jumpgate purge 'x $(y)'");
});

t.test('no name is near another that has nothing in common with it', async (t) => {
  t.equal(nearest(' ', ['é']), undefined);
  t.equal(nearest('ab', ['xy', 'q']), undefined);
  t.equal(nearest('ad', ['ada']), 'ada');
  t.equal(nearest('tavian.bruskl', ['tavian.bruskel', 'yselda.mornwick']), 'tavian.bruskel');
});
