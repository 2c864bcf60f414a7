// The one place that reads settings: file < environment < flags, checked as a whole, with its faults reported together.

import { type Inheritance, NO_INHERITANCE } from '../server/inherited-sockets.js';
import type { Config } from './config.js';
import { credentialsIn } from './credentials.js';
import { effectiveConfig } from './effective.js';
import { readEnvironment } from './environment.js';
import { ConfigError, type ConfigFault, listed } from './fault.js';
import { fileLayer, flagLayer, type Layer, mergedLayers, originsOf } from './layers.js';
import { originsOfKeys } from './origins.js';
import { type Parsed, schema } from './schema.js';
import { shapeFaults, withoutFaulty } from './shape-faults.js';
import { readYaml, type Tree } from './sources.js';
import { PARSING } from './units.js';
import { variableText } from './variable-text.js';

export { ConfigError } from './fault.js';

export interface LoadOptions {
  readonly file?: string | undefined;
  /** The file as faults name it, or in words where one was looked for and not found. */
  readonly source?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Settings in the file's form that win over file and environment. */
  readonly flags: Tree;
  /** Authorities to trust upstream, in PEM, in place of `upstream.caFile`: for the embedded upstream, whose authority is in no file. */
  readonly trust?: string | undefined;
  /** The sockets that systemd has passed to this process, where it is to listen on them. */
  readonly inherited?: Inheritance;
  /** Milliseconds for which a pipe in place of a file is waited for; 0 where others would wait for that. */
  readonly patience?: number | undefined;
}

/** The effective configuration. Throws ConfigError with its faults, the first 100 of them. Reads the files that the settings name. */
export function loadConfig(options: LoadOptions): Config {
  const { env, flags, trust, inherited = NO_INHERITANCE, patience } = options;
  const credentials = credentialsIn(env);
  const file = options.file ?? (variableText('JUMPGATE_CONFIG', env.JUMPGATE_CONFIG).text || undefined);
  const { source = file } = options;
  const environment = readEnvironment(env);
  const layers: Layer[] = [environment.layer, flagLayer(flags)];
  if (file !== undefined && file !== '') layers.unshift(fileLayer(file, readYaml(file, patience)));
  const settings = mergedLayers(layers, credentials);
  const faults: ConfigFault[] = [...environment.faults];
  const { parsed, ...rest } = parse(settings, faults);
  const config =
    parsed === undefined
      ? undefined
      : effectiveConfig(parsed, { trust, layers, inherited, credentials, patience, ...rest }, faults);
  if (config === undefined || faults.length > 0)
    throw new ConfigError(
      listed(faults).map((fault) => withOrigin(fault, layers)),
      source,
    );
  const warnings = [...environment.warnings, ...config.warnings.map((warning) => withOrigin(warning, layers))];
  const files = file === undefined || file === '' ? config.files : [file, ...config.files];
  return { ...config, files, warnings, source, origins: originsOfKeys(layers, settings, config.apps) };
}

interface Shaped {
  readonly parsed: Parsed | undefined;
  /** What it was made of, and what was left out. */
  readonly settings: Tree;
  readonly dropped: readonly string[];
}

/** What has the right shape; the rest is left out, so that all other faults are reported too. */
function parse(settings: Tree, faults: ConfigFault[]): Shaped {
  const first = schema.safeParse(settings, PARSING);
  if (first.success) return { parsed: first.data, settings, dropped: [] };
  faults.push(...shapeFaults(first.error.issues, settings));
  const partial = withoutFaulty(settings, first.error.issues);
  if (partial === undefined) return { parsed: undefined, settings: {}, dropped: [] };
  return { parsed: schema.safeParse(partial.rest, PARSING).data, settings: partial.rest, dropped: partial.dropped };
}

/** With the variable or the flag that said it. */
function withOrigin(fault: ConfigFault, layers: readonly Layer[]): ConfigFault {
  const path = fault.path.replace(/\[.*$/, '').split('.');
  const origins = originsOf(layers, path).filter(({ kind }) => kind !== 'file');
  return origins.length === 0 ? fault : { ...fault, from: origins.map(({ name }) => name).join(', ') };
}
