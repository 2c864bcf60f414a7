// From the object that a program passes to the effective configuration.
import type { Config } from '../config/config.js';
import type { ConfigFault } from '../config/fault.js';
import { ConfigError, loadConfig } from '../config/load.js';
import { isTree, merge, type Tree } from '../config/sources.js';
import type { JumpgateConfig } from './jumpgate-config.js';

/** What a program does not expect to happen unless it says so: a port of its own, and lines for people. */
const DEFAULTS: Tree = { ops: { http: false }, log: { format: 'json' } };

/** What the object does not say. */
export interface LoadedWith {
  /** Authorities to trust upstream in place of `upstream.caFile`, in PEM. */
  readonly ca: string | undefined;
  /** Whether anybody reads the log. */
  readonly isLogged: boolean;
}

/**
 * The effective configuration. Neither environment variables nor a configuration file are read, only the files that its keys name.
 * Throws ConfigError with every problem, and TypeError if `settings` is not an object.
 */
export function loadSettings(config: JumpgateConfig, { ca, isLogged }: LoadedWith): Config {
  if (!isTree(config)) throw new TypeError('config must be an object with the keys of the configuration');
  try {
    const settings = merge(DEFAULTS, withoutUndefined(config));
    const loaded = loadConfig({ env: {}, flags: settings, trust: ca });
    const { log, warnings } = loaded;
    return { ...loaded, log: isLogged ? log : { ...log, level: 'silent' }, warnings: warnings.map(withoutOrigin) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.faults.map(withoutOrigin));
  }
}

/** There is one place only where it can have been written. */
function withoutOrigin({ from: _from, ...fault }: ConfigFault): ConfigFault {
  return fault;
}

/** A key without a value is one that is left out. */
function withoutUndefined(tree: object): Tree {
  const said = Object.entries(tree).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said.map(([key, value]) => [key, isTree(value) ? withoutUndefined(value) : value]));
}
