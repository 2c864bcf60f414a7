// What loads, and what the composition cannot serve yet.
import type { Config } from '../config/config.js';
import { ConfigError, type ConfigFault } from '../config/fault.js';

/** The same configuration. Throws ConfigError for one with apps of their own, faces or attribute rules. */
export function servable(config: Config): Config {
  const remedy = 'Leave it out: this version checks it, and does not serve it.';
  const faults = config.apps.flatMap(({ name, isNamed, local, attributes }): ConfigFault[] => {
    if (isNamed) return [{ path: 'apps', value: name, message: 'is not served yet', remedy }];
    const { face } = local;
    if (face !== 'jumpcloud') return [{ path: 'local.face', value: face, message: 'is not served yet', remedy }];
    if (Object.keys(attributes).length === 0) return [];
    return [{ path: 'attributes', message: 'is not served yet', remedy }];
  });
  if (faults.length > 0) throw new ConfigError(faults, config.source);
  return config;
}
