// `jumpgate check`: the doctor. From the configuration to the group's members, and the side of the applications; each fault with its remedy.
import { endpointsOf } from '../../app/names.js';
import type { Config } from '../../config/config.js';
import { faultPlace, faultRemedy } from '../../config/fault.js';
import type { ConfigError } from '../../config/load.js';
import { UnknownApp } from '../../gate/explain/explain.js';
import type { UpstreamEndpoint } from '../../upstream/endpoint.js';
import { OK, UsageError } from '../failure.js';
import type { CliIo } from '../io.js';
import { checkClients } from './clients.js';
import { checkCloud } from './cloud.js';
import { checkDirectory, DIRECTORY_STEPS } from './directory.js';
import { checkClock, checkEndpoint } from './network.js';
import { failed, ok, Report, warning } from './report.js';
import { writeBundle } from './support-bundle.js';
import { checkUser } from './user.js';

export interface CheckOptions {
  readonly json: boolean;
  /** Follows this user to the end. */
  readonly user?: string | undefined;
  /** Into this app alone; undefined: into each. */
  readonly app?: string | undefined;
  readonly password?: Buffer | undefined;
  /** Everything is packed into this file as well. */
  readonly bundle?: string | undefined;
}

/** Exit code: see EXIT. Steps that do not depend on a failed one still run. Rejects with UsageError for an unknown app. */
export async function check(
  config: Config,
  io: CliIo,
  { json, user, app, password, bundle }: CheckOptions,
): Promise<number> {
  const names = config.apps.map(({ name }) => name);
  if (app !== undefined && !names.includes(app)) throw new UsageError(`--app: ${new UnknownApp(app, names).message}`);
  const report = new Report(io, json);
  checkConfiguration(config, report);
  await report.run('clock', 'configuration', () => checkClock(config));
  let usable: UpstreamEndpoint | undefined;
  for (const endpoint of endpointsOf(config)) {
    if (await checkEndpoint(endpoint, config, report)) usable ??= endpoint;
  }
  let isReadable = false;
  if (usable === undefined) report.skip(DIRECTORY_STEPS, 'there is no way to the upstream');
  else isReadable = await checkDirectory(usable, config, report);
  await checkCloud(config, report);
  await checkClients(config, report);
  if (user !== undefined && isReadable) await checkUser({ name: user, password, app }, config, report);
  else if (user !== undefined) report.skip(['user'], 'the directory cannot be read');
  const code = report.finish();
  const written = bundle === undefined ? OK : await writeBundle(config, report.steps, bundle, io);
  return code === OK ? written : code;
}

/** The same for a configuration that could not even be loaded; the bundle has the versions and the faults. */
export async function checkUnloadable(
  error: ConfigError,
  io: CliIo,
  { json, bundle }: Pick<CheckOptions, 'json' | 'bundle'>,
): Promise<number> {
  const report = new Report(io, json);
  for (const fault of error.faults)
    report.add('configuration', 'configuration', failed(`${faultPlace(fault)} ${fault.message}`, faultRemedy(fault)));
  if (error.source !== undefined) report.note(`looked at: ${error.source}`);
  const code = report.finish();
  if (bundle !== undefined) await writeBundle(undefined, report.steps, bundle, io);
  return code;
}

function checkConfiguration({ source, warnings, upstream: { orgId } }: Config, report: Report): void {
  report.add('configuration', 'configuration', ok(`can be used${source === undefined ? '' : ` (${source})`}`));
  for (const fault of warnings)
    report.add('configuration', 'configuration', warning(`${faultPlace(fault)}: ${fault.message}`, fault.remedy));
  if (!/^[0-9a-f]{24}$/i.test(orgId)) {
    const remedy =
      'JumpCloud’s consists of 24 hexadecimal digits: Settings in the console, or behind o= in the LDAP directory’s details.';
    report.add('configuration', 'configuration', warning(`upstream.orgId ${orgId} does not look like one`, remedy));
  }
}
