// `jumpgate healthcheck`: finds out where an instance can be asked, and asks it.
import type { ConfigError } from '../config/fault.js';
import type { ConfigArguments } from './arguments.js';
import { ldapPlace } from './ask-ldap.js';
import { OK, USAGE } from './failure.js';
import { byLdap, byOpsPort, healthcheck, type Patient } from './healthcheck.js';
import type { CliIo } from './io.js';
import { type InstanceSettings, instanceSettings, NoOpsPort, opsUrlOf } from './ops-settings.js';

export interface InstanceQuestion extends ConfigArguments {
  /** Of the ops port, whatever the configuration says. */
  readonly url?: string | undefined;
  /** Whether it is ready to work, and not only alive. */
  readonly ready: boolean;
}

/**
 * Exit code 0 if the instance is up, 1 if it is not. A configuration that cannot be read says nothing about an instance, which keeps the one that
 * it has: this is reported, the address that remains is asked, and if nothing answers there, the exit code is 2, as for any such configuration.
 * `wait`: milliseconds. Throws NoOpsPort.
 */
export async function askInstance(args: InstanceQuestion, wait: number, io: CliIo): Promise<number> {
  if (args.url !== undefined) return healthcheck(byOpsPort(args.url, args.ready), wait, io);
  const unread: ConfigError[] = [];
  const settings = await instanceSettings(args, io, (error) => unread.push(error));
  const patient = patientOf(settings, args.ready);
  if (unread.length === 0) return healthcheck(patient, wait, io);
  const complaint = unread.map(({ message }) => `jumpgate: ${message}\n`).join('');
  io.stderr.write(
    `${complaint}A running instance keeps its old configuration; asking ${patient.url}${patient.origin}.\n`,
  );
  return (await healthcheck({ ...patient, origin: '' }, wait, io)) === OK ? OK : USAGE;
}

function patientOf(settings: InstanceSettings, wantsReady: boolean): Patient {
  const url = opsUrlOf(settings);
  if (url !== undefined) {
    const origin = settings.http === undefined ? ' (the default, because ops.http is not set)' : '';
    return { ...byOpsPort(url, wantsReady), origin };
  }
  if (wantsReady)
    throw new NoOpsPort(
      'ops.http is false, and only that port says whether the instance is ready. Set it, or leave out --ready: then the LDAP port is asked whether it lives',
    );
  const place = ldapPlace(settings);
  if (place === undefined)
    throw new NoOpsPort('there is no port that could be asked: ops.http and listen.ldap are false');
  return byLdap(place);
}
