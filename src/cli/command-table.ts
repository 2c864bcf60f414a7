// The commands as data, from the very definitions that `--help` is made of: for completion scripts and the manual page.
import { PassThrough } from 'node:stream';
import type { Argv } from 'yargs';
import type { CliIo } from './io.js';

export interface TableOption {
  /** Without its dashes. */
  readonly name: string;
  readonly describe: string;
  readonly type: 'string' | 'number' | 'boolean';
  readonly default?: unknown;
  readonly choices?: readonly string[];
}

export interface TableExample {
  readonly command: string;
  readonly describe: string;
}

export interface TableCommand {
  readonly name: string;
  /** The name with its arguments, such as `explain <subject>`. */
  readonly usage: string;
  readonly describe: string;
  readonly positionals: readonly TableOption[];
  readonly options: readonly TableOption[];
  readonly examples: readonly TableExample[];
  /** Mostly the exit codes. */
  readonly epilogues: readonly string[];
}

export interface CommandTable {
  readonly commands: readonly TableCommand[];
  readonly examples: readonly TableExample[];
}

type Settings = Omit<TableOption, 'name'>;
type Builder = (y: Argv) => unknown;

/** Records the calls that yargs would receive. */
class Recorder {
  readonly commands: TableCommand[] = [];
  readonly options: TableOption[] = [];
  readonly positionals: TableOption[] = [];
  readonly examples: TableExample[] = [];
  readonly epilogues: string[] = [];

  command(usage: string, describe: string, builder: Builder): void {
    const { recorded, recorder } = recording();
    builder(recorder);
    const { options, positionals, examples, epilogues } = recorded;
    const name = usage.split(' ')[0]!;
    this.commands.push({ name, usage, describe, positionals, options, examples, epilogues });
  }

  option(name: string, settings: Settings): void {
    this.options.push({ name, ...settings });
  }

  positional(name: string, settings: Settings): void {
    this.positionals.push({ name, ...settings });
  }

  example(command: string, describe: string): void {
    this.examples.push({ command: command.replaceAll('$0', 'jumpgate'), describe });
  }

  epilogue(text: string): void {
    this.epilogues.push(text);
  }
}

/** A recorder in the place of yargs: it ignores what it has no use for, such as the name of the program. */
function recording(): { readonly recorded: Recorder; readonly recorder: Argv } {
  const recorded = new Recorder();
  const methods: Readonly<Record<string, (...args: never[]) => void>> = {
    command: recorded.command.bind(recorded),
    option: recorded.option.bind(recorded),
    options: (all: Readonly<Record<string, Settings>>) => {
      for (const [name, settings] of Object.entries(all)) recorded.option(name, settings);
    },
    positional: recorded.positional.bind(recorded),
    example: (one: string | readonly (readonly [string, string])[], describe: string) => {
      if (typeof one === 'string') recorded.example(one, describe);
      else for (const [command, what] of one) recorded.example(command, what);
    },
    epilogue: recorded.epilogue.bind(recorded),
  };
  const recorder: unknown = new Proxy(
    {},
    {
      get: (_, name) => {
        return (...args: never[]) => {
          if (typeof name === 'string' && Object.hasOwn(methods, name)) methods[name]!(...args);
          return recorder;
        };
      },
    },
  );
  return { recorded, recorder: recorder as Argv };
}

/** Every command, in the order of `--help`. `define`: what puts them on yargs (`defineCommands` in cli.ts, which imports this file). */
export function commandTable(define: (y: Argv, io: CliIo, ended: () => void) => unknown): CommandTable {
  const { recorded, recorder } = recording();
  const nowhere = new PassThrough();
  define(recorder, { env: {}, stdin: nowhere, stdout: nowhere, stderr: nowhere }, () => {});
  const { commands, examples } = recorded;
  return { commands, examples };
}
