// Arguments in their plainest form, read by Node itself: the library that reads all others takes 50 ms and 12 MB to load.
import { parseArgs } from 'node:util';
import { guarded } from './failure.js';
import type { CliIo } from './io.js';
import { HEALTHCHECK_OPTIONS, runHealthcheck, runServe, SERVE_OPTIONS } from './machine-commands.js';

interface PlainOption {
  readonly type: 'string' | 'boolean';
  readonly array?: boolean;
  readonly default?: boolean;
}

/** The arguments as yargs would have them. */
export type Plain<Options> = {
  readonly [Key in keyof Options]: Options[Key] extends { type: 'boolean' }
    ? boolean
    : Options[Key] extends { array: true }
      ? string[] | undefined
      : string | undefined;
};

/**
 * `--key value`, `--key=value` and `--flag`, each once, and once or more for arrays; undefined for anything else, which yargs is then
 * to understand or to refuse, in its words.
 */
export function plainArguments<const Options extends Readonly<Record<string, PlainOption>>>(
  argv: readonly string[],
  options: Options,
): Plain<Options> | undefined {
  const entries = Object.entries(options);
  const shapes = entries.map(([key, { type }]) => [key, { type, multiple: true }] as const);
  let values: Readonly<Record<string, readonly (string | boolean)[] | undefined>>;
  try {
    ({ values } = parseArgs({ args: [...argv], options: Object.fromEntries(shapes), strict: true }));
  } catch {
    return undefined;
  }
  const isPlain = entries.every(([key, { array = false }]) => {
    const given = values[key] ?? [];
    return (array || given.length <= 1) && given.every((value) => value === true || isPlainValue(value));
  });
  if (!isPlain || argv.includes('--')) return undefined;
  const understood = entries.map(([key, { array = false, default: fallback }]) => {
    return [key, array ? values[key] : (values[key]?.[0] ?? fallback)];
  });
  return Object.fromEntries(understood) as Plain<Options>;
}

const isPlainValue = (value: string | boolean) => typeof value === 'string' && /^[^-"'\s][^"'\s]*$/.test(value);

/** Runs a machine's command with plain arguments and returns its exit code; undefined: it is something else. */
export async function runPlain([command, ...rest]: readonly string[], io: CliIo): Promise<number | undefined> {
  switch (command) {
    case 'serve':
      return runIfPlain(rest, SERVE_OPTIONS, runServe, io);
    case 'healthcheck':
      return runIfPlain(rest, HEALTHCHECK_OPTIONS, runHealthcheck, io);
    default:
      return undefined;
  }
}

async function runIfPlain<const Options extends Readonly<Record<string, PlainOption>>>(
  argv: readonly string[],
  options: Options,
  run: (args: Plain<Options>, io: CliIo) => Promise<number>,
  io: CliIo,
): Promise<number | undefined> {
  const args = plainArguments(argv, options);
  return args === undefined ? undefined : guarded(() => run(args, io), io);
}
