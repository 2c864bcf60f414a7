// `jumpgate config`: the effective configuration with where each value comes from, or the schema of the file.
import { stringify } from 'yaml';
import type { Config } from '../config/config.js';
import { describedSchema } from '../config/described-schema.js';
import { faultText } from '../config/fault.js';
import { printableConfig } from '../config/printable-config.js';
import { keyPaths } from '../config/schema.js';
import { isTree } from '../config/sources.js';
import type { CliIo } from './io.js';

export interface PrintOptions {
  readonly json: boolean;
  /** JSON of each key with its value and its origin. */
  readonly origins: boolean;
}

export async function printConfig(config: Config, io: CliIo, { json, origins }: PrintOptions): Promise<number> {
  const shown = printableConfig(config);
  if (origins) io.stdout.write(`${JSON.stringify(valuesWithOrigins(shown, config), null, 2)}\n`);
  else io.stdout.write(json ? `${JSON.stringify(shown, null, 2)}\n` : yamlWithOrigins(shown, config));
  for (const warning of config.warnings) io.stderr.write(`warning: ${faultText(warning)}\n`);
  return 0;
}

export function printSchema(io: CliIo): number {
  io.stdout.write(`${JSON.stringify(describedSchema(), null, 2)}\n`);
  return 0;
}

/** YAML whose comments say where each key was written. */
function yamlWithOrigins(shown: unknown, config: Config): string {
  const keys = new Set(keyPaths().map((path) => path.join('.')));
  let open: readonly string[] = [];
  // Without folding each key has its value's beginning in its own line.
  const lines = stringify(shown, { lineWidth: 0 }).split('\n');
  const withOrigin = lines.map((line) => {
    const [, indent = '', key] = /^((?: {2})*)([A-Za-z]+):/.exec(line) ?? [];
    if (key === undefined) return line;
    open = [...open.slice(0, indent.length / 2), key];
    const path = open.join('.');
    return keys.has(path) ? `${line}  # ${originText(path, config)}` : line;
  });
  return withOrigin.join('\n');
}

function valuesWithOrigins(shown: unknown, config: Config): object {
  const values = keyPaths().map((path) => {
    const value = path.reduce<unknown>((node, key) => (isTree(node) ? node[key] : undefined), shown);
    return [path.join('.'), { value, origin: originText(path.join('.'), config) }] as const;
  });
  return Object.fromEntries(values.filter(([, { value }]) => value !== undefined));
}

function originText(path: string, { origins, source }: Config): string {
  const origin = origins.get(path);
  if (origin !== undefined) return origin.kind === 'file' ? (source ?? origin.name) : origin.name;
  const [one, other] = ['upstream.orgId', 'upstream.baseDN'];
  if ((path === one && origins.has(other)) || (path === other && origins.has(one)))
    return `from ${path === one ? other : one}`;
  if (path === 'upstream.reader.dn' && origins.has('upstream.reader.user')) return 'from upstream.reader.user';
  if (path === 'local.serviceAccounts' && origins.has('local.serviceAccountsFile'))
    return 'from local.serviceAccountsFile';
  return 'default';
}
