// Text for a terminal: who gets colours, how wide it is, and where lines break.
import t from 'tap';
import { stepText } from '../../src/ops/step-words.js';
import { columnsOf, terminalOf, wantsColours, widthOf, wrap } from '../../src/ops/terminal.js';

const TTY = { isTTY: true, columns: 120 };

t.test('FORCE_COLOR decides, then NO_COLOR and whether it is a terminal', async (t) => {
  for (const [isTTY, env, expected] of [
    [true, {}, true],
    [true, { NO_COLOR: '' }, true],
    [true, { NO_COLOR: '1' }, false],
    [true, { TERM: 'dumb' }, false],
    [false, {}, false],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: 'false' }, false],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ] as const)
    t.equal(wantsColours({ isTTY }, env), expected, JSON.stringify([isTTY, env]));
});

t.test('the width is that of COLUMNS or of the terminal, from 80 to 200; elsewhere there is none', async (t) => {
  for (const [columns, COLUMNS, expected] of [
    [120, undefined, 120],
    [40, undefined, 80],
    [999, undefined, 200],
    [undefined, undefined, 80],
    [120, '100', 100],
    [120, 'wide', 120],
    [120, '0', 120],
  ] as const)
    t.equal(widthOf({ isTTY: true, columns }, { COLUMNS }), expected, `${columns} ${COLUMNS}`);
  t.equal(widthOf({ columns: 120 }, { COLUMNS: '90' }), Number.POSITIVE_INFINITY);
});

t.test('lines break between words, and go on below the text of their row', async (t) => {
  const words = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ');
  for (const [line, hang] of [
    [`✓ clock          ${words}`, 17],
    [`  reader rights  ${words}`, 17],
    [`    ${words}`, 6],
    [words, 2],
  ] as const)
    for (const width of [80, 120, 200]) {
      const [first, ...others] = wrap(line, width).split('\n');
      t.ok(others.length > 0);
      for (const one of [first!, ...others]) t.ok(columnsOf(one) <= width, one);
      for (const one of others) t.match(one, new RegExp(`^ {${hang}}word`));
      t.equal([first, ...others.map((one) => one.trim())].join(' '), line, 'no word is lost or broken');
    }
});

t.test('a word that is longer than the line stays whole; what fits stays as it is', async (t) => {
  const long = 'x'.repeat(120);
  t.equal(wrap(`a ${long} b`, 80), `a\n  ${long}\n  b`);
  t.equal(wrap(`${long}`, 80), long);
  const table = `a${' '.repeat(30)}b`;
  t.equal(wrap(table, 80), table);
});

t.test('styles take no column, wide characters take two, combining ones none', async (t) => {
  t.equal(columnsOf('\u001b[1mab\u001b[22m'), 2);
  t.equal(columnsOf('日本'), 4);
  t.equal(columnsOf('e\u0301'), 1);
  const { paint, fit } = terminalOf({ isTTY: true, columns: 80 }, {});
  const line = paint('bold', 'x'.repeat(78));
  t.equal(fit(`${line} y`), `${line} y`, 'exactly 80 columns');
  t.equal(terminalOf({}, {}).fit('x '.repeat(200)), 'x '.repeat(200), 'no terminal, no breaks');
  t.equal(terminalOf(TTY, { NO_COLOR: '1' }).paint('red', 'x'), 'x');
});

t.test('steps have words; unknown ones keep their names', async (t) => {
  t.equal(stepText('resolveName: uid ada: x'), 'name: uid ada: x');
  t.equal(stepText('newStep: x'), 'newStep: x');
  t.equal(stepText('no step'), 'no step');
});
