// The commands that say why: `check`, which follows the whole way to JumpCloud, and `explain`, which answers for one name or one filter.
import type { Argv } from 'yargs';
import { ConfigError } from '../config/fault.js';
import { takeInheritance } from '../server/inherited-sockets.js';
import {
  ALONE_OPTION,
  CONFIG_OPTION,
  configReader,
  INSTANCE_OPTION,
  SET_OPTION,
  TOKEN_OPTION,
  textOption,
} from './arguments.js';
import { command } from './command.js';
import { UsageError } from './failure.js';

/** Options, examples and exit codes of `jumpgate check`, for yargs. */
function checkOptions(y: Argv) {
  return y
    .option('config', CONFIG_OPTION)
    .option('set', SET_OPTION)
    .option('user', textOption('Follow this user to the end as well: in any form of a bind name'))
    .option('app', textOption('Ask only whether the user of --user gets into this app; without it, into each'))
    .option('password-stdin', {
      type: 'boolean',
      default: false,
      describe: 'Try the password that comes on standard input, for --user; JumpCloud counts it like any other',
    })
    .option('json', { type: 'boolean', default: false, describe: 'One JSON object instead of lines' })
    .option(
      'support-bundle',
      textOption(
        'Pack the results, the configuration without secrets, and what a running instance reports into this file (tar.gz)',
      ),
    )
    .example('$0 check --config jumpgate.yaml', 'does everything work?')
    .example('$0 check --config jumpgate.yaml --user ada', 'would she get in, and what would she see?')
    .example('$0 check --user ada --app wiki', 'into this app?')
    .example('$0 check --support-bundle bundle.tar.gz', 'something to send along with a question')
    .epilogue(
      'Exit codes: 0 no problem, perhaps warnings; otherwise that of the first problem: 1 network or upstream; 2 configuration, ports or certificate here; 3 what the directory says: reader, group, members; 4 the user does not get in.',
    );
}

export const CHECK = command(
  'check',
  'Follow the configuration to JumpCloud and to the applications, step by step, and print a fix for each problem',
  checkOptions,
  async (args, io) => {
    const { check, checkUnloadable } = await import('./check/check.js');
    const { readPassword } = await import('./password.js');
    const { json, user, app, passwordStdin, supportBundle: bundle } = args;
    if (passwordStdin && user === undefined) throw new UsageError('--password-stdin goes with --user');
    if (app !== undefined && user === undefined) throw new UsageError('--app goes with --user');
    try {
      const config = (await configReader(args, io, takeInheritance(io.env)))();
      const password = passwordStdin ? await readPassword(io) : undefined;
      return await check(config, io, { json, user, app, password, bundle });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return checkUnloadable(error, io, { json, bundle });
    }
  },
);

/** Options, examples and exit codes of `jumpgate explain`, for yargs. */
function explainOptions(y: Argv) {
  return y
    .option('config', CONFIG_OPTION)
    .option('set', SET_OPTION)
    .positional('subject', {
      type: 'string',
      demandOption: true,
      describe: 'A bind name in any form, or a filter: it begins with a parenthesis',
    })
    .option('password-stdin', {
      type: 'boolean',
      default: false,
      describe: 'Try the password that comes on standard input; JumpCloud counts it like any other',
    })
    .option('app', textOption('The app that is asked about, by its name; the first one unless given'))
    .option('as', textOption('Who searches with the filter: a name, or anonymous; the reader unless given'))
    .option('base', textOption('Base DN of the search; the top unless given'))
    .option('entry', textOption('An entry that should be found: a DN, uid=… or a user name'))
    .option('url', INSTANCE_OPTION)
    .option('token-file', TOKEN_OPTION)
    .option('alone', ALONE_OPTION)
    .option('json', { type: 'boolean', default: false, describe: 'One JSON object instead of lines' })
    .example('$0 explain ada', 'would she get in? (no password is sent)')
    .example('$0 explain ada --password-stdin', 'and with this password?')
    .example('$0 explain "(mail=ada)" --entry ada', 'why does the application not find her?')
    .example('$0 explain "(objectClass=*)" --as ada', 'what does she see herself?')
    .example('$0 explain ada --app wiki', 'of one of several apps')
    .epilogue(
      'Exit codes: 0 it gets in, or something is found; 1 JumpCloud or the instance could not be asked; 2 wrong usage; 4 it does not get in (even if only JumpCloud’s API has something against it), or is not found.',
    );
}

export const EXPLAIN = command(
  'explain <subject>',
  'Say step by step why a name gets in or not, or what a search filter finds and why',
  explainOptions,
  async (args, io) => {
    const { explain } = await import('./explain.js');
    const { instanceSettings, opsToken, opsUrlOf } = await import('./ops-settings.js');
    const { subject, app, as, base, entry, url, alone, json, tokenFile } = args;
    const token = () => opsToken(tokenFile, args, io);
    const load = await configReader(args, io);
    const sources = { load, opsUrl: async () => opsUrlOf(await instanceSettings(args, io)), token };
    return explain(
      { subject, app, as, base, entry, url, alone, json, passwordFromStdin: args.passwordStdin, ...sources },
      io,
    );
  },
);
