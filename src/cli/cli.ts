// The command line: a few verbs, read by yargs, each in a file of its own that is loaded only when it is called for.
import yargs, { type Argv } from 'yargs';
import type { Config } from '../config/config.js';
import { ConfigError } from '../config/fault.js';
import { takeInheritance } from '../server/inherited-sockets.js';
import { version } from '../version.js';
import { appsOptions, runApps } from './apps/options.js';
import {
  CONFIG_OPTION,
  type ConfigArguments,
  configReader,
  SET_OPTION,
  TOKEN_OPTION,
  textOption,
  timeOf,
  URL_OPTION,
} from './arguments.js';
import { SHELLS } from './completion/shells.js';
import { EXAMPLES } from './examples.js';
import { guarded, OK, USAGE, UsageError } from './failure.js';
import { helpWidth, withGaps } from './help-text.js';
import type { CliIo } from './io.js';
import { HEALTHCHECK_OPTIONS, runHealthcheck, runServe, SERVE_OPTIONS } from './machine-commands.js';
import { withHint } from './usage-hint.js';
import { checkOptions, explainOptions } from './why-options.js';

/**
 * All commands with their options, examples and exit codes, put on `y`: on yargs to run one, on a recorder to list them. `ended`: takes the exit
 * code of the command that ran.
 */
export function defineCommands(y: Argv, io: CliIo, ended: (code: number) => void): Argv {
  /** Loads the configuration first; a faulty one ends the command. */
  const withConfig = async (args: ConfigArguments, run: (config: Config) => Promise<number>) =>
    run((await configReader(args, io))());
  return y
    .scriptName('jumpgate')
    .usage('$0 <command>\n\nA local LDAP endpoint for JumpCloud: one group gets in, and it says why somebody does not.')
    .command(
      'serve',
      'Run the proxy until SIGTERM',
      (y) => y.options(SERVE_OPTIONS).example(EXAMPLES.serve),
      async (args) => {
        ended(await runServe(args, io));
      },
    )
    .command(
      'demo',
      'Run the proxy in front of an embedded JumpCloud with invented people',
      (y) =>
        y
          .option('port', { type: 'number', requiresArg: true, default: 1389, describe: 'Local LDAP port' })
          .option('ops-port', {
            type: 'number',
            requiresArg: true,
            default: 9389,
            describe: 'Port of the live page, /healthz and /readyz',
          })
          .option('latency', {
            type: 'number',
            requiresArg: true,
            default: 0,
            describe: 'Milliseconds that the embedded upstream takes',
          })
          .example(EXAMPLES.demo)
          .epilogue(
            'An outage of the embedded JumpCloud, and its end: o and Enter on a terminal, or kill -USR2 with the process ID that it prints.',
          ),
      async (args) => {
        const { demo } = await (await import('./demo-packages.js')).loadDemo();
        ended(await demo({ port: args.port, opsPort: args.opsPort, latency: args.latency }, io));
      },
    )
    .command(
      'check',
      'Follow the configuration to JumpCloud and to the applications, step by step, and print a fix for each problem',
      (y) => checkOptions(y.option('config', CONFIG_OPTION).option('set', SET_OPTION)),
      async (args) => {
        const { check, checkUnloadable } = await import('./check/check.js');
        const { readPassword } = await import('./password.js');
        const { json, user, app, passwordStdin } = args;
        if (passwordStdin && user === undefined) throw new UsageError('--password-stdin goes with --user');
        if (app !== undefined && user === undefined) throw new UsageError('--app goes with --user');
        try {
          const config = (await configReader(args, io, takeInheritance(io.env)))();
          const password = passwordStdin ? await readPassword(io) : undefined;
          ended(await check(config, io, { json, user, app, password, bundle: args.supportBundle }));
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          ended(checkUnloadable(error, io, json));
        }
      },
    )
    .command(
      'explain <subject>',
      'Say step by step why a name gets in or not, or what a search filter finds and why',
      (y) => explainOptions(y.option('config', CONFIG_OPTION).option('set', SET_OPTION)),
      async (args) => {
        const { explain } = await import('./explain.js');
        const { instanceSettings, opsToken, opsUrlOf } = await import('./ops-settings.js');
        const { subject, app, as, base, entry, url, alone, json, tokenFile } = args;
        const token = () => opsToken(tokenFile, args, io);
        const load = await configReader(args, io);
        const sources = { load, opsUrl: async () => opsUrlOf(await instanceSettings(args, io)), token };
        ended(
          await explain(
            { subject, app, as, base, entry, url, alone, json, passwordFromStdin: args.passwordStdin, ...sources },
            io,
          ),
        );
      },
    )
    .command(
      'config',
      'Print the effective configuration and where each value comes from, secrets hidden',
      (y) =>
        y
          .option('config', CONFIG_OPTION)
          .option('set', SET_OPTION)
          .option('json', { type: 'boolean', default: false, describe: 'JSON instead of YAML' })
          .option('origins', {
            type: 'boolean',
            default: false,
            describe: 'JSON with the origin of each value instead',
          })
          .option('schema', { type: 'boolean', default: false, describe: 'The JSON Schema of the file instead' })
          .example(EXAMPLES.config),
      async (args) => {
        const { printConfig, printSchema } = await import('./print-config.js');
        ended(args.schema ? printSchema(io) : await withConfig(args, (config) => printConfig(config, io, args)));
      },
    )
    .command(
      'recipe [application]',
      'Print the settings of an application with the values of this configuration; without a name, list the applications',
      (y) =>
        y
          .positional('application', { type: 'string', describe: 'e.g. gitlab' })
          .option('config', CONFIG_OPTION)
          .option('set', SET_OPTION)
          .option('user', {
            type: 'string',
            requiresArg: true,
            default: 'ada.example',
            describe: 'Whose login the printed lines try',
          })
          .option('app', {
            type: 'string',
            requiresArg: true,
            describe: 'For which of the apps of the configuration; left out: the first',
          })
          .option('json', { type: 'boolean', default: false, describe: 'JSON instead of text' })
          .example(EXAMPLES.recipe),
      async (args) => {
        const { findRecipe, listRecipes, printRecipe } = await import('./recipe.js');
        if (args.application === undefined) {
          ended(listRecipes(io, args.json));
          return;
        }
        const recipe = findRecipe(args.application, io);
        ended(
          recipe === undefined
            ? USAGE
            : await withConfig(args, async (config) => printRecipe(recipe, config, args, io)),
        );
      },
    )
    .command(
      'apps [action]',
      'List the apps, their groups and how many get in; with diff, report what a new configuration would change',
      (y) => appsOptions(y),
      async (args) => {
        ended(await runApps(args, io));
      },
    )
    .command(
      'completion <shell>',
      'Print the script that completes commands, options and values in a shell',
      (y) =>
        y
          .positional('shell', { choices: SHELLS, demandOption: true, describe: 'The shell' })
          .example('source <($0 completion bash)', 'in ~/.bashrc')
          .example('source <($0 completion zsh)', 'in ~/.zshrc, below compinit')
          .example('$0 completion fish | source', 'in ~/.config/fish/config.fish'),
      async ({ shell }) => {
        const { completionScript } = await import('./completion/completion.js');
        const { commandTable } = await import('./command-table.js');
        io.stdout.write(completionScript(shell, commandTable(defineCommands)));
        ended(OK);
      },
    )
    .command(
      'hash',
      'Make the hash of a service account’s password, read from standard input',
      (y) => y.example(EXAMPLES.hash),
      async () => {
        const { hash } = await import('./hash.js');
        ended(await hash(io));
      },
    )
    .command(
      'healthcheck',
      'Ask a running instance whether it is alive (for containers)',
      (y) => y.options(HEALTHCHECK_OPTIONS).example(EXAMPLES.healthcheck),
      async (args) => {
        ended(await runHealthcheck(args, io));
      },
    )
    .command(
      'purge <user>',
      'Have a running instance forget a user’s cached passwords and failed attempts',
      (y) =>
        y
          .positional('user', { type: 'string', demandOption: true, describe: 'The user name, as in uid=' })
          .option('config', CONFIG_OPTION)
          .option('set', SET_OPTION)
          .option('url', URL_OPTION)
          .option('token-file', TOKEN_OPTION)
          .example(EXAMPLES.purge),
      async (args) => {
        const { purge } = await import('./healthcheck.js');
        const { opsToken, opsUrl } = await import('./ops-settings.js');
        const url = args.url ?? (await opsUrl(args, io));
        ended(await purge(url, args.user, await opsToken(args.tokenFile, args, io), io));
      },
    )
    .command(
      'fleet',
      'List the instances that share a store: who reads the directory for all, and how old what each has is',
      (y) =>
        y
          .option('config', CONFIG_OPTION)
          .option('set', SET_OPTION)
          .option('url', URL_OPTION)
          .option('token-file', TOKEN_OPTION)
          .option('alone', {
            type: 'boolean',
            default: false,
            describe: 'Ask no instance, but the store itself, by the configuration',
          })
          .option('json', { type: 'boolean', default: false, describe: 'JSON instead of text' })
          .example(EXAMPLES.fleet),
      async (args) => {
        const { fleet } = await import('./fleet.js');
        const { opsToken, opsUrl } = await import('./ops-settings.js');
        const load = await configReader(args, io);
        const url = args.alone ? undefined : (args.url ?? (await opsUrl(args, io)));
        const token = url === undefined ? undefined : await opsToken(args.tokenFile, args, io);
        ended(await fleet({ json: args.json, url, token, load }, io));
      },
    )
    .command(
      'watch',
      'Follow a running instance: who logs in, who does not, and why',
      (y) =>
        y
          .option('user', textOption('Only operations of this user, or with this in the bind name'))
          .option('address', textOption('Only clients at this address'))
          .option('app', textOption('Only operations for this app, by its name'))
          .option('result', textOption('Only this LDAP result, e.g. 49 or invalidCredentials'))
          .option('reason', textOption('Only this reason, e.g. not-a-member'))
          .option(
            'reference',
            textOption('Only the refusal with this reference, which its client received (local.tellReference)'),
          )
          .option('last', {
            type: 'number',
            requiresArg: true,
            default: 10,
            describe: 'Number of past operations to print first, at most 200',
          })
          .option(
            'learn',
            textOption(
              'Watch for this long, e.g. 5m, and then report what each client asks and which settings would help it',
            ),
          )
          .option('json', { type: 'boolean', default: false, describe: 'One JSON object a line instead' })
          .option('config', CONFIG_OPTION)
          .option('set', SET_OPTION)
          .option('url', URL_OPTION)
          .option('token-file', TOKEN_OPTION)
          .example('$0 watch --reason wrong-password', 'who has an old password')
          .example('$0 watch --learn 5m --address 10.0.4.11', 'set up an application')
          .example('$0 watch --app wiki', 'one of several apps')
          .version(false),
      async (args) => {
        const { readFilter } = await import('../ops/telemetry/operation-filter.js');
        const { opsToken, opsUrl } = await import('./ops-settings.js');
        const { user = '', address = '', app = '', result = '', reason = '', reference = '' } = args;
        const filter = readFilter(new URLSearchParams({ user, address, app, result, reason, q: reference }));
        if (typeof filter === 'string') throw new UsageError(`--result ${result}: ${filter}`);
        const url = args.url ?? (await opsUrl(args, io));
        const token = await opsToken(args.tokenFile, args, io);
        const options = { url, token, filter, last: args.last, json: args.json };
        if (args.learn === undefined) ended(await (await import('./watch.js')).watch(options, io));
        else
          ended(await (await import('./learn.js')).learn({ ...options, last: 0 }, timeOf(args.learn, '--learn'), io));
      },
    )
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
