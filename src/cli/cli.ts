// The command line: a few verbs, read by yargs. What each takes is in a file of its own, and what it does is loaded only when it is called for.
import yargs, { type Argv } from 'yargs';
import { version } from '../version.js';
import { APPS } from './apps/command.js';
import { type Command, command } from './command.js';
import { SHELLS } from './completion/shells.js';
import { DEMO } from './demo-command.js';
import { guarded, OK, UsageError } from './failure.js';
import { helpWidth, withGaps } from './help-text.js';
import { FLEET, PURGE, WATCH } from './instance-commands.js';
import type { CliIo } from './io.js';
import { HEALTHCHECK, SERVE } from './machine-commands.js';
import { CONFIG, HASH, RECIPE } from './settings-commands.js';
import { withHint } from './usage-hint.js';
import { CHECK, EXPLAIN } from './why-commands.js';

/** Here, because it is made of all commands. */
const COMPLETION = command(
  'completion <shell>',
  'Print the script that completes commands, options and values in a shell',
  (y) =>
    y
      .positional('shell', { choices: SHELLS, demandOption: true, describe: 'The shell' })
      .example('source <($0 completion bash)', 'in ~/.bashrc')
      .example('source <($0 completion zsh)', 'in ~/.zshrc, below compinit')
      .example('$0 completion fish | source', 'in ~/.config/fish/config.fish'),
  async ({ shell }, io) => {
    const { completionScript } = await import('./completion/completion.js');
    const { commandTable } = await import('./command-table.js');
    io.stdout.write(completionScript(shell, commandTable(defineCommands)));
    return OK;
  },
);

/** In the order of `--help`. */
const COMMANDS: readonly Command[] = [
  SERVE,
  DEMO,
  CHECK,
  EXPLAIN,
  CONFIG,
  RECIPE,
  APPS,
  COMPLETION,
  HASH,
  HEALTHCHECK,
  PURGE,
  FLEET,
  WATCH,
];

/**
 * All commands with their options, examples and exit codes, put on `y`: on yargs to run one, on a recorder to list them. `ended`: takes the exit
 * code of the command that ran.
 */
export function defineCommands(y: Argv, io: CliIo, ended: (code: number) => void): Argv {
  y.scriptName('jumpgate').usage(
    '$0 <command>\n\nA local LDAP endpoint for JumpCloud: one group gets in, and it says why somebody does not.',
  );
  for (const put of COMMANDS) put(y, io, ended);
  return y
    .example('$0 demo', 'try it, without JumpCloud')
    .example('$0 check --config jumpgate.yaml', 'test a configuration')
    .example('$0 explain ada --config jumpgate.yaml', 'why does this login fail?')
    .example('$0 recipe gitlab --config jumpgate.yaml', 'how to set an application up')
    .example('$0 serve --config jumpgate.yaml', 'run it')
    .example('$0 healthcheck --ready --wait 30s', 'in a script, wait until it works')
    .example('$0 watch', 'see why logins fail, as they fail')
    .example('echo -n "$PASSWORD" | $0 hash', 'make local.serviceAccounts[].passwordHash');
}

/** Runs one command and returns its exit code. Results go to stdout, complaints to stderr. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let code = OK;
  const ended = (its: number) => {
    code = its;
  };
  const parser = defineCommands(yargs([...argv]), io, ended)
    .demandCommand(1, 'Which command? See --help.')
    .strict()
    .recommendCommands()
    .version(version)
    .alias('h', 'help')
    .wrap(helpWidth(io.stdout.isTTY === true ? process.stdout.columns : undefined))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(withHint(message, argv));
    });

  return guarded(async () => {
    let printed = '';
    await parser.parseAsync([...argv], {}, (_error, _args, output) => {
      printed = withGaps(output);
    });
    if (printed !== '') io.stdout.write(`${printed}\n`);
    return code;
  }, io);
}
