// Large YAML files: the work grows with their length alone, because a reload stops a running instance for as long. Counted, not timed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig } from '../../src/config/load.js';
import { MOST_TOKENS, parseYaml } from '../../src/config/parse-yaml.js';
import { faultsOf } from '../support/config-faults.js';

const COUNT = 100_000;

/** How many elements lists are searched through: the package compares a key with those before it by `some`. */
function searched(work: () => void): number {
  const { some } = Array.prototype;
  let steps = 0;
  Array.prototype.some = function (predicate: (value: unknown, index: number, all: unknown[]) => unknown): boolean {
    return some.call(this, (value, index, all) => {
      steps++;
      return predicate(value, index, all);
    });
  };
  try {
    work();
  } finally {
    Array.prototype.some = some;
  }
  return steps;
}

const FORMS: readonly (readonly [string, (keys: readonly string[]) => string])[] = [
  ['one below the other', (keys) => keys.map((key) => `${key}: v\n`).join('')],
  ['in braces', (keys) => `{${keys.map((key) => `${key}: v`).join(', ')}}`],
];

for (const [how, written] of FORMS)
  t.test(`100,000 keys of one mapping, ${how}, are each looked at one time`, async (t) => {
    const keys = Array.from({ length: COUNT }, (_, i) => `k${i}`);
    const steps = searched(() => {
      const { document, faults } = parseYaml(written(keys), 'x');
      t.same(faults, []);
      t.equal(Object.keys(document.toJS() as object).length, COUNT);
    });
    t.ok(steps < 10 * COUNT, `${steps} steps`);
  });

t.test('of 100,000 equal keys the first lines are reported', async (t) => {
  let faults: ReturnType<typeof parseYaml>['faults'] = [];
  const steps = searched(() => {
    faults = parseYaml('a: b\n'.repeat(COUNT), 'x').faults;
  });
  t.ok(steps < 10 * COUNT, `${steps} steps`);
  t.equal(faults.length, 20);
  t.match(faults, [
    { path: 'x', message: 'line 2, column 1: has the same key as line 1' },
    { path: 'x', message: 'line 3, column 1: has the same key as line 2' },
  ]);
});

t.test('keys are the same where the package says so, wherever they are', async (t) => {
  const cases: readonly (readonly [string, readonly RegExp[]])[] = [
    ['a: 1\n"a": 2', [/line 2, column 1: has the same key as line 1/]],
    ['{ a: 1, a: 2 }', [/line 1, column 9: has the same key twice/]],
    ['x:\n  a: 1\ny:\n  a: 1\n  b: 1\n  a: 2', [/line 6, column 3: has the same key as line 4/]],
    ['x:\n  - a: 1\n    a: 2\n  - a: 1', [/line 3, column 5: has the same key as line 2/]],
    ['~: 1\n~: 2', [/line 2, column 1: has the same key as line 1/]],
    ['1: 1\n"1": 2', []],
    ['&x a: 1\n*x : 2', []],
    ['[a]: 1\n[a]: 2', []],
    [
      'a: 1\nb: @x\na: 2',
      [/line 2, .*begins with a special character/, /line 3, column 1: has the same key as line 1/],
    ],
  ];
  for (const [text, wanted] of cases) {
    const { faults } = parseYaml(text, 'x');
    t.equal(faults.length, wanted.length, text);
    for (const [i, pattern] of wanted.entries()) t.match(faults[i]?.message, pattern, text);
  }
});

t.test('a file with more keys and values than any configuration is refused before it fills the memory', async (t) => {
  const file = join(t.testdir({}), 'large.yaml');
  for (const text of [`[${'a,'.repeat(MOST_TOKENS)}]`, '-\n'.repeat(MOST_TOKENS + 1)]) {
    writeFileSync(file, text);
    t.match(
      faultsOf(() => loadConfig({ env: {}, flags: {}, file })),
      [{ path: file, message: 'has more than 1,000,000 keys and values', remedy: /file that is meant/ }],
    );
  }
  t.same(parseYaml(`a: ${'x'.repeat(2 * MOST_TOKENS)}`, 'x').faults, [], 'a long text is one value');
  t.same(parseYaml(`a: 1\n${'# nothing\n'.repeat(MOST_TOKENS)}`, 'x').faults, [], 'comments do not count');
});

t.test('rules for more attributes than any directory has are one problem', async (t) => {
  const rules = Object.fromEntries(Array.from({ length: COUNT }, (_, i) => [`k${i}`, 'v']));
  const upstream = { orgId: '5f1c0a9e7b3d4c2a8e6f9d10', reader: { user: 'r', password: 'x' } };
  let faults: ReturnType<typeof faultsOf> = [];
  const steps = searched(() => {
    faults = faultsOf(() => loadConfig({ env: {}, flags: { upstream, group: 'g', attributes: rules } }));
  });
  t.match(faults, [{ path: 'attributes', message: /more than 1,000/ }]);
  t.equal(faults.length, 1);
  t.ok(steps < 10 * COUNT, `${steps} steps`);
});
