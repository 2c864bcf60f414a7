// What is understood without yargs is what yargs would have understood; everything else is left to it.
import fc from 'fast-check';
import t from 'tap';
import yargs from 'yargs';
import { HEALTHCHECK_OPTIONS, SERVE_OPTIONS } from '../../src/cli/machine-commands.js';
import { plainArguments } from '../../src/cli/plain-arguments.js';

/** What yargs makes of it; undefined if it refuses. */
function byYargs(argv: readonly string[], options: typeof SERVE_OPTIONS | typeof HEALTHCHECK_OPTIONS) {
  try {
    const parser = yargs([]).options(options).strict().version(false).help(false).exitProcess(false);
    const parsed = parser
      .fail((message, error) => {
        throw error ?? new Error(message);
      })
      .parseSync([...argv]) as Record<string, unknown>;
    return Object.fromEntries(Object.keys(options).map((key) => [key, parsed[key]]));
  } catch {
    return undefined;
  }
}

const words = ['--config', '--set', '--wait', '--ready', '--url', '--no-ready', '--', '-h', '--help', '--prot'];
const values = [
  'a',
  'a.b=c',
  '30s',
  '',
  '-1',
  '"q"',
  'true',
  'false',
  '0x10',
  '1e3',
  'http://127.0.0.1:9389',
  '__proto__',
  'a b',
];
const argument = fc.oneof(
  fc.constantFrom(...words, ...values),
  fc.tuple(fc.constantFrom(...words), fc.constantFrom(...values)).map(([word, value]) => `${word}=${value}`),
);
const pair = fc
  .tuple(fc.constantFrom('--config', '--set', '--wait', '--url'), fc.constantFrom(...values))
  .map(([word, value]) => [word, value]);
const argv = fc
  .array(
    fc.oneof(
      argument.map((one) => [one]),
      pair,
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.flat());

for (const [name, options] of Object.entries({ serve: SERVE_OPTIONS, healthcheck: HEALTHCHECK_OPTIONS }))
  t.test(`${name}: the same as by yargs, or nothing`, async (t) => {
    let understood = 0;
    fc.assert(
      fc.property(argv, (args) => {
        const plain = plainArguments(args, options);
        if (plain === undefined) return;
        understood++;
        t.same(plain, byYargs(args, options), args.join(' '));
      }),
      { numRuns: 2000 },
    );
    t.ok(understood > 100, `${understood} understood`);
  });

t.test('the plain forms are understood', async (t) => {
  t.same(plainArguments(['--config', 'x.yaml', '--set=a=b', '--set', 'c=d', '--wait', '30s'], SERVE_OPTIONS), {
    ...{ config: 'x.yaml', set: ['a=b', 'c=d'], wait: '30s' },
  });
  t.same(plainArguments(['--ready'], HEALTHCHECK_OPTIONS), {
    ...{ config: undefined, url: undefined, ready: true, wait: undefined },
  });
});
