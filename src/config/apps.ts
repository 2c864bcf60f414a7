// The apps that a configuration makes: that of its top-level keys, and those of its list.
import type { AppConfig, Config } from './config.js';

/** The app of the top-level keys. */
export function topLevelApp({
  group,
  local,
  directory,
  binds,
}: Omit<Config, 'apps' | 'source' | 'origins'>): AppConfig {
  return {
    name: 'default',
    isNamed: false,
    groups: [group.name],
    everyone: group.everyone,
    listen: 'shared',
    local,
    attributes: {},
    hiddenAttributes: directory.hiddenAttributes,
    binds: { failuresPerAddress: binds.failuresPerAddress, window: binds.window },
  };
}
