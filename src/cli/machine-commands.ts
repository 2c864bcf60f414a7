// The commands that machines run: `serve`, once and for long, and `healthcheck`, every few seconds.
import type { Argv } from 'yargs';
import { takeInheritance } from '../server/inherited-sockets.js';
import {
  CONFIG_OPTION,
  type ConfigArguments,
  configReader,
  SET_OPTION,
  textOption,
  timeOf,
  URL_OPTION,
} from './arguments.js';
import type { InstanceQuestion } from './ask-instance.js';
import { command } from './command.js';
import type { CliIo } from './io.js';

export const SERVE_OPTIONS = {
  config: CONFIG_OPTION,
  set: SET_OPTION,
  wait: textOption('Exit with 1 if the upstream was not read within this time, e.g. 30s'),
} as const;

export interface ServeArguments extends ConfigArguments {
  readonly wait?: string | undefined;
}

/** Exit code of `jumpgate serve`. */
export async function runServe(args: ServeArguments, io: CliIo): Promise<number> {
  const wait = args.wait === undefined ? undefined : timeOf(args.wait, '--wait');
  const load = await configReader(args, io, takeInheritance(io.env));
  const { serve } = await import('./serve.js');
  return serve({ load, wait }, io);
}

export const SERVE = command(
  'serve',
  'Run the proxy until SIGTERM',
  (y: Argv) =>
    y.options(SERVE_OPTIONS).example([
      ['$0 serve --config jumpgate.yaml', 'run it'],
      ['$0 serve --set log.level=debug', 'with each step in the log'],
      ['$0 serve --wait 30s', 'exit with 1 if JumpCloud cannot be read by then'],
    ]),
  runServe,
);

export const HEALTHCHECK_OPTIONS = {
  config: CONFIG_OPTION,
  set: SET_OPTION,
  url: URL_OPTION,
  ready: { type: 'boolean', default: false, describe: 'Ask whether it is ready to work instead' },
  wait: textOption('Ask again until it is, for this long at most, e.g. 30s'),
} as const;

export interface HealthcheckArguments extends InstanceQuestion {
  readonly wait?: string | undefined;
}

/** Exit code of `jumpgate healthcheck`. */
export async function runHealthcheck(args: HealthcheckArguments, io: CliIo): Promise<number> {
  const wait = timeOf(args.wait ?? '0s', '--wait');
  const { askInstance } = await import('./ask-instance.js');
  return askInstance(args, wait, io);
}

export const HEALTHCHECK = command(
  'healthcheck',
  'Ask a running instance whether it is alive (for containers)',
  (y: Argv) =>
    y.options(HEALTHCHECK_OPTIONS).example([
      ['$0 healthcheck --config jumpgate.yaml', 'is it alive?'],
      ['$0 healthcheck --ready --wait 30s', 'in a script, wait until it works'],
      ['$0 healthcheck --url http://127.0.0.1:9390', 'the instance at this ops port'],
    ]),
  runHealthcheck,
);
