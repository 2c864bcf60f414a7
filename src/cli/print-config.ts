// `jumpgate config`: the effective configuration with where each value comes from, or the schema of the file.
import { stringify } from 'yaml';
import { appKeyPaths } from '../config/app-schema.js';
import type { Config } from '../config/config.js';
import { describedSchema } from '../config/described-schema.js';
import { faultText } from '../config/fault.js';
import { writtenAt } from '../config/layers.js';
import { printableConfig } from '../config/printable-config.js';
import { keyPaths } from '../config/schema.js';
import type { Tree } from '../config/sources.js';
import type { CliIo } from './io.js';

export interface PrintOptions {
  readonly json: boolean;
  /** JSON of each key with its value and its origin. */
  readonly origins: boolean;
}

/** `jumpgate config`: YAML with the origin of each value, or JSON; secrets hidden. Resolves with exit code 0. */
export async function printConfig(config: Config, io: CliIo, { json, origins }: PrintOptions): Promise<number> {
  const shown = printableConfig(config);
  if (origins) io.stdout.write(`${JSON.stringify(valuesWithOrigins(shown, config), null, 2)}\n`);
  else io.stdout.write(json ? `${JSON.stringify(shown, null, 2)}\n` : yamlWithOrigins(shown, config));
  for (const warning of config.warnings) io.stderr.write(`warning: ${faultText(warning)}\n`);
  return 0;
}

/** `jumpgate config --schema`: the JSON Schema of the configuration file. Returns exit code 0. */
export function printSchema(io: CliIo): number {
  io.stdout.write(`${JSON.stringify(describedSchema(), null, 2)}\n`);
  return 0;
}

/** YAML whose comments say where each key was written. */
function yamlWithOrigins(shown: unknown, config: Config): string {
  const known = new Set(pathsOf(config));
  let open: readonly string[] = [];
  let app = -1;
  // Without folding each key has its value's beginning in its own line.
  const lines = stringify(shown, { lineWidth: 0 }).split('\n');
  const withOrigin = lines.map((line) => {
    const [, indent = '', dash = '', key] = /^((?: {2})*)(- )?([A-Za-z]+):/.exec(line) ?? [];
    if (key === undefined) return line;
    const depth = (indent.length + dash.length) / 2;
    if (open[0] === 'apps' && dash !== '' && depth === 2) app += 1;
    open = open[0] === 'apps' && depth === 2 ? ['apps', `[${app}]`, key] : [...open.slice(0, depth), key];
    const path = open.join('.').replace('.[', '[');
    return known.has(path) ? `${line}  # ${originText(path, config)}` : line;
  });
  return withOrigin.join('\n');
}

/** The paths of all keys: those of the named apps by their place in the list. */
function pathsOf({ apps }: Config): string[] {
  const named = apps.filter(({ isNamed }) => isNamed).map((_, i) => `apps[${i}].`);
  const inApps = named.flatMap((app) => appKeyPaths().map((path) => app + path.join('.')));
  return [...keyPaths().map((path) => path.join('.')), ...inApps];
}

function valuesWithOrigins(shown: unknown, config: Config): object {
  const values = pathsOf(config).map((path) => {
    const keys = path.replace(/\[(\d+)\]/, '.$1').split('.');
    return [path, { value: writtenAt(shown as Tree, keys), origin: originText(path, config) }] as const;
  });
  const hasApps = config.apps.some(({ isNamed }) => isNamed);
  // The apps are printed one by one instead.
  return Object.fromEntries(values.filter(([path, { value }]) => value !== undefined && !(hasApps && path === 'apps')));
}

function originText(path: string, { origins, source }: Config): string {
  const origin = origins.get(path);
  if (origin?.kind === 'key') return `from ${origin.name}`;
  if (origin !== undefined) return origin.kind === 'file' ? (source ?? origin.name) : origin.name;
  const [one, other] = ['upstream.orgId', 'upstream.baseDN'];
  if ((path === one && origins.has(other)) || (path === other && origins.has(one)))
    return `from ${path === one ? other : one}`;
  if (path === 'upstream.reader.dn' && origins.has('upstream.reader.user')) return 'from upstream.reader.user';
  if (path === 'local.serviceAccounts' && origins.has('local.serviceAccountsFile'))
    return 'from local.serviceAccountsFile';
  return 'default';
}
