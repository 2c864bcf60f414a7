// The arguments of fuzz and soak: wrong ones get a line and the usage, not a stack trace.
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Reads `--name value` and `--flag`. Prints the usage and ends the process for --help (0) and for anything wrong (2). */
export function readArguments<Options extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  options: Options,
  args: readonly string[] = process.argv.slice(2),
) {
  try {
    const all = { ...options, help: { type: 'boolean', default: false } } as const;
    const { values } = parseArgs({ args: [...args], options: all });
    if (!('help' in values && values.help === true)) return values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`);
    process.exit(2);
  }
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}

/** A whole number; anything else ends the process. */
export function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[0-9]{1,15}$/.test(text)) {
    process.stderr.write(`--${name} ${text}: takes a whole number\n`);
    process.exit(2);
  }
  return Number(text);
}
