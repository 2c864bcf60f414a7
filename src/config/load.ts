// The one place that reads settings: file < environment < flags, checked as a whole, every fault told at once.

import type { Config } from './config.js';
import { effectiveConfig } from './effective.js';
import { readEnvironment } from './environment.js';
import { ConfigError, type ConfigFault } from './fault.js';
import { schema } from './schema.js';
import { shapeFaults } from './shape-faults.js';
import { merge, readYaml, type Tree } from './sources.js';

export { ConfigError } from './fault.js';

export interface LoadOptions {
  readonly file?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Settings in the file's form that win over file and environment. */
  readonly flags: Tree;
  /** Authorities to trust upstream, in PEM, in place of `upstream.caFile`: for the embedded upstream, whose authority is in no file. */
  readonly trust?: string | undefined;
}

/** The effective configuration. Throws ConfigError with every fault. Reads the files that the settings name. */
export function loadConfig(options: LoadOptions): Config {
  const faults: ConfigFault[] = [];
  const file = options.file ?? options.env.JUMPGATE_CONFIG;
  const fromFile = file === undefined || file === '' ? {} : readYaml(file);
  const settings = [readEnvironment(options.env, faults), options.flags].reduce(merge, normalGroup(fromFile));
  const parsed = schema.safeParse(settings);
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap((issue) => shapeFaults(issue, settings)));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  const config = effectiveConfig(parsed.data, options.trust, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return file === undefined || file === '' ? config : { ...config, files: [file, ...config.files] };
}

/** `group: name` and `group: { name }` are the same; the second form merges. */
function normalGroup(tree: Tree): Tree {
  return typeof tree.group === 'string' ? { ...tree, group: { name: tree.group } } : tree;
}
