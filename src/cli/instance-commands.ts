// The commands that ask a running instance at its ops port: `purge`, `fleet` and `watch`.
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
import { command } from './command.js';
import { UsageError } from './failure.js';
import type { CliIo } from './io.js';

/** Which instance, and the token for it. */
const INSTANCE_OPTIONS = {
  config: CONFIG_OPTION,
  set: SET_OPTION,
  url: URL_OPTION,
  'token-file': TOKEN_OPTION,
} as const;

interface InstanceArguments extends ConfigArguments {
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
}

/** The instance that the arguments mean. Rejects as `opsUrl` and `opsToken` do. */
async function instanceOf(args: InstanceArguments, io: CliIo): Promise<{ url: string; token: string | undefined }> {
  const { opsToken, opsUrl } = await import('./ops-settings.js');
  const url = args.url ?? (await opsUrl(args, io));
  return { url, token: await opsToken(args.tokenFile, args, io) };
}

export const PURGE = command(
  'purge <user>',
  'Have a running instance forget a user’s cached passwords and failed attempts',
  (y) =>
    y
      .positional('user', { type: 'string', demandOption: true, describe: 'The user name, as in uid=' })
      .options(INSTANCE_OPTIONS)
      .example([
        ['$0 purge ada --config jumpgate.yaml', 'let Ada try again now'],
        ['$0 purge ada --url http://127.0.0.1:9390', 'at the instance with this ops port'],
      ]),
  async (args, io) => {
    const { purge } = await import('./healthcheck.js');
    const { url, token } = await instanceOf(args, io);
    return purge(url, args.user, token, io);
  },
);

export const FLEET = command(
  'fleet',
  'List the instances that share a store: who reads the directory for all, and how old what each has is',
  (y) =>
    y
      .options(INSTANCE_OPTIONS)
      .option('alone', {
        type: 'boolean',
        default: false,
        describe: 'Ask no instance, but the store itself, by the configuration',
      })
      .option('json', { type: 'boolean', default: false, describe: 'JSON instead of text' })
      .example([
        ['$0 fleet --config jumpgate.yaml', 'who is there, and who reads the directory?'],
        ['$0 fleet --config jumpgate.yaml --alone', 'if no instance runs on this machine'],
        ['$0 fleet --config jumpgate.yaml --json', 'for a program'],
      ]),
  async (args, io) => {
    const { fleet } = await import('./fleet.js');
    const load = await configReader(args, io);
    const { url, token } = args.alone ? { url: undefined, token: undefined } : await instanceOf(args, io);
    return fleet({ json: args.json, url, token, load }, io);
  },
);

export const WATCH = command(
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
      .options(INSTANCE_OPTIONS)
      .example([
        ['$0 watch --reason wrong-password', 'who has an old password'],
        ['$0 watch --learn 5m --address 10.0.4.11', 'set up an application'],
        ['$0 watch --app wiki', 'one of several apps'],
      ])
      .version(false),
  async (args, io) => {
    const { readFilter } = await import('../ops/telemetry/operation-filter.js');
    const { user = '', address = '', app = '', result = '', reason = '', reference = '' } = args;
    const filter = readFilter(new URLSearchParams({ user, address, app, result, reason, q: reference }));
    if (typeof filter === 'string') throw new UsageError(`--result ${result}: ${filter}`);
    const options = { ...(await instanceOf(args, io)), filter, json: args.json };
    if (args.learn === undefined) return (await import('./watch.js')).watch({ ...options, last: args.last }, io);
    return (await import('./learn.js')).learn({ ...options, last: 0 }, timeOf(args.learn, '--learn'), io);
  },
);
