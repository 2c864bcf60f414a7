// What several commands take as arguments, and how it is understood.
import type { Config } from '../config/config.js';
import { DURATION, milliseconds } from '../config/durations.js';
import type { ConfigFault } from '../config/fault.js';
import { findConfigFile } from '../config/find-file.js';
import type { Tree } from '../config/sources.js';
import type { Inheritance } from '../server/inherited-sockets.js';
import { UsageError } from './failure.js';
import type { CliIo } from './io.js';

/** An option that takes a text. */
export function textOption(describe: string) {
  return { type: 'string', requiresArg: true, describe } as const;
}

export const CONFIG_OPTION = textOption(
  'YAML file; else JUMPGATE_CONFIG, ./jumpgate.yaml, /etc/jumpgate/jumpgate.yaml, or environment variables alone',
);

export const SET_OPTION = {
  ...textOption('A setting that wins over file and environment, e.g. --set log.level=debug'),
  array: true,
} as const;

export const URL_OPTION = textOption('URL of the ops port; from the configuration unless given');

/** The ops port of an instance that answers where one runs. */
export const INSTANCE_OPTION = textOption('URL of a running instance’s ops port; from the configuration unless given');

export const ALONE_OPTION = {
  type: 'boolean',
  default: false,
  describe: 'Read JumpCloud itself; ask no running instance',
} as const;

export const TOKEN_OPTION = textOption('File with the token of the ops port; from the configuration unless given');

export interface ConfigArguments {
  readonly config?: string | undefined;
  readonly set?: readonly string[] | undefined;
}

/**
 * How to read the configuration that the arguments mean: as often as wanted. Throws UsageError; what it returns throws ConfigError. `inherited`:
 * what this process listens on.
 */
export async function configReader(
  { config, set = [] }: ConfigArguments,
  { env }: CliIo,
  inherited?: Inheritance,
): Promise<() => Config> {
  const { loadConfig } = await import('../config/load.js');
  const flags = settingsOf(set);
  const { file, source } = findConfigFile(config, env);
  const warnings = set.flatMap(exposedSecret);
  // Of a running instance clients wait while it reads its configuration again.
  let patience: number | undefined;
  return () => {
    const options = { file, source, env, flags, patience, ...(inherited === undefined ? {} : { inherited }) };
    patience = 0;
    const loaded = loadConfig(options);
    return warnings.length === 0 ? loaded : { ...loaded, warnings: [...loaded.warnings, ...warnings] };
  };
}

/** Every user of this machine can read a secret among the arguments in the process list. */
function exposedSecret(assignment: string): ConfigFault[] {
  const [, path, key] =
    /^((?:[^=]*\.)?(password|(?<!\burls\.)token|clientSecret|api\.key|fleet\.key))=/.exec(assignment) ??
    /^(local\.serviceAccounts|apps)=.*\b(password)\b/.exec(assignment) ??
    [];
  if (path === undefined) return [];
  const message = 'was given with --set: every user of this machine can read it in the list of processes';
  const file = path === 'apps' ? 'name that as passwordFile' : `set ${path}File`;
  return [{ path, message, remedy: `Write it into a file and ${file}; then choose another ${key}.` }];
}

/** Milliseconds of a duration on the command line. Throws UsageError. */
export function timeOf(text: string, option: string): number {
  if (!DURATION.test(text)) throw new UsageError(`${option} ${text}: write a duration such as 500ms, 30s or 2m`);
  return milliseconds(text);
}

/** `a.b=c` as nested settings. */
function settingsOf(assignments: readonly string[]): Tree {
  const tree: Tree = {};
  for (const assignment of assignments) {
    const equals = assignment.indexOf('=');
    if (equals <= 0) throw new UsageError(`--set ${assignment}: write it like log.level=debug`);
    const path = assignment.slice(0, equals).split('.');
    const last = path.pop()!;
    let node = tree;
    for (const key of path) {
      const next: Tree = Object.hasOwn(node, key) && typeof node[key] === 'object' ? (node[key] as Tree) : {};
      define(node, key, next);
      node = next;
    }
    define(node, last, assignment.slice(equals + 1));
  }
  return tree;
}

/** Defines the key on the node itself, whatever its name: `__proto__` is a key like any other here, not the prototype. */
function define(node: Tree, key: string, value: unknown): void {
  Object.defineProperty(node, key, { value, enumerable: true, configurable: true, writable: true });
}
