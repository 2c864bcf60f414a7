// The commands that machines run: `serve`, once and for long, and `healthcheck`, every few seconds.

import type { ConfigError } from '../config/fault.js';
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
import { OK, USAGE } from './failure.js';
import type { CliIo } from './io.js';
import type { InstanceSettings } from './ops-settings.js';

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

export const HEALTHCHECK_OPTIONS = {
  config: CONFIG_OPTION,
  set: SET_OPTION,
  url: URL_OPTION,
  ready: { type: 'boolean', default: false, describe: 'Ask whether it is ready to work instead' },
  wait: textOption('Ask again until it is, for this long at most, e.g. 30s'),
} as const;

export interface HealthcheckArguments extends ConfigArguments {
  readonly url?: string | undefined;
  readonly ready: boolean;
  readonly wait?: string | undefined;
}

/**
 * Exit code of `jumpgate healthcheck`: 0 if the instance is up, 1 if it is not. A file that cannot be read says nothing about an instance, which
 * keeps the configuration that it has: then the usual port is asked, and if nobody is well there, the exit code is 2, as for any such file.
 */
export async function runHealthcheck(args: HealthcheckArguments, io: CliIo): Promise<number> {
  const { byOpsPort, healthcheck } = await import('./healthcheck.js');
  const { instanceSettings } = await import('./ops-settings.js');
  const wait = timeOf(args.wait ?? '0s', '--wait');
  if (args.url !== undefined) return healthcheck(byOpsPort(args.url, args.ready), wait, io);
  let unread: ConfigError | undefined;
  const settings = await instanceSettings(args, io, (error) => {
    unread = error;
  });
  if (unread === undefined) return askInstance(settings, args.ready, wait, io);
  io.stderr.write(
    `jumpgate: ${unread.message}\nA running instance keeps its old configuration; asking at the usual port.\n`,
  );
  return (await askInstance(settings, args.ready, wait, io)) === OK ? OK : USAGE;
}

async function askInstance(settings: InstanceSettings, wantsReady: boolean, wait: number, io: CliIo): Promise<number> {
  const { byLdap, byOpsPort, healthcheck } = await import('./healthcheck.js');
  const { NoOpsPort, opsUrlOf } = await import('./ops-settings.js');
  const url = opsUrlOf(settings);
  if (url !== undefined) return healthcheck(byOpsPort(url, wantsReady), wait, io);
  if (wantsReady)
    throw new NoOpsPort(
      'ops.http is false, and only that port says whether the instance is ready. Set it, or leave out --ready: then the LDAP port is asked whether it lives',
    );
  const { ldapPlace } = await import('./ask-ldap.js');
  const place = ldapPlace(settings);
  if (place === undefined)
    throw new NoOpsPort('there is no port that could be asked: ops.http and listen.ldap are false');
  return healthcheck(byLdap(place), wait, io);
}
