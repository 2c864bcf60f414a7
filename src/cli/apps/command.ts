// `jumpgate apps` and `jumpgate apps diff`.
import type { Argv } from 'yargs';
import {
  ALONE_OPTION,
  CONFIG_OPTION,
  type ConfigArguments,
  configReader,
  INSTANCE_OPTION,
  SET_OPTION,
  TOKEN_OPTION,
  textOption,
} from '../arguments.js';
import { command } from '../command.js';
import { UsageError } from '../failure.js';
import type { CliIo } from '../io.js';

/** Options, examples and exit codes of both, for yargs. */
function appsOptions(y: Argv) {
  return y
    .positional('action', {
      choices: ['diff'] as const,
      describe: 'diff: what the configuration would change, without using it',
    })
    .option('config', CONFIG_OPTION)
    .option('set', SET_OPTION)
    .option(
      'against',
      textOption('With diff: the configuration before; unless given the file that is found without --config'),
    )
    .option(
      'questions',
      textOption(
        'With diff: what watch --learn --json has written; tells which of these searches would find something else',
      ),
    )
    .option('url', INSTANCE_OPTION)
    .option('token-file', TOKEN_OPTION)
    .option('alone', ALONE_OPTION)
    .option('json', { type: 'boolean', default: false, describe: 'One JSON object instead of lines' })
    .example('$0 apps --config jumpgate.yaml', 'which apps are there, and who gets in?')
    .example('$0 apps diff --config new.yaml', 'who would gain or lose access, compared with now?')
    .epilogue(
      'Exit codes of diff: 0 nothing changes for any app; 1 something does; 2 it could not find out: usage, a configuration or JumpCloud. Of the list: 0 listed; 1 JumpCloud cannot be read; 2 usage or configuration.',
    );
}

interface AppsArguments extends ConfigArguments {
  readonly action?: 'diff' | undefined;
  readonly against?: string | undefined;
  readonly questions?: string | undefined;
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly alone: boolean;
  readonly json: boolean;
}

/** Exit code of either. */
async function runApps(args: AppsArguments, io: CliIo): Promise<number> {
  const { action, against, questions, alone, json, tokenFile } = args;
  if (action === 'diff') {
    if (against === undefined && args.config === undefined)
      throw new UsageError('apps diff compares two configurations: name the new one with --config');
    const { diff } = await import('./diff.js');
    const loadAfter = await configReader(args, io);
    const loadBefore = await configReader({ config: against }, io);
    return diff({ loadBefore, loadAfter, json, questions }, io);
  }
  if (against !== undefined) throw new UsageError('--against goes with apps diff');
  if (questions !== undefined) throw new UsageError('--questions goes with apps diff');
  const { listApps } = await import('./list.js');
  const { instanceSettings, opsToken, opsUrlOf } = await import('../ops-settings.js');
  const config = (await configReader(args, io))();
  const url = alone ? undefined : (args.url ?? opsUrlOf(await instanceSettings(args, io)));
  const token = url === undefined ? undefined : await opsToken(tokenFile, args, io);
  return listApps({ config, json, url, token }, io);
}

export const APPS = command(
  'apps [action]',
  'List the apps, their groups and how many get in; with diff, report what a new configuration would change',
  appsOptions,
  runApps,
);
