// What a command of the command line is: how it is called, what it takes, and what it does.
import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { CliIo } from './io.js';

/** Puts a command on yargs, or on what records it (command-table.ts). `ended` receives the exit code of the command that ran. */
export type Command = (y: Argv, io: CliIo, ended: (code: number) => void) => void;

/**
 * `usage`: the name with its arguments, such as `explain <subject>`. `options` puts its options, examples and exit codes on yargs. `run` resolves
 * with the exit code, and rejects with UsageError for arguments that do not go together.
 */
export function command<Args>(
  usage: string,
  describe: string,
  options: (y: Argv) => Argv<Args>,
  run: (args: ArgumentsCamelCase<Args>, io: CliIo) => Promise<number>,
): Command {
  return (y, io, ended) => {
    y.command(usage, describe, options, async (args) => {
      ended(await run(args, io));
    });
  };
}
