// Where each key of a configuration was written.
import { isInherited } from './app-local.js';
import { appKeyPaths } from './app-schema.js';
import type { AppConfig } from './config.js';
import { type Layer, type Origin, originsOf, writtenAt } from './layers.js';
import { keyPaths } from './schema.js';
import type { Tree } from './sources.js';

/** By `upstream.orgId`, and of the apps by `apps[0].local.face`. Keys at their default have none. */
export function originsOfKeys(
  layers: readonly Layer[],
  settings: Tree,
  apps: readonly AppConfig[],
): ReadonlyMap<string, Origin> {
  const origins = new Map<string, Origin>();
  for (const path of keyPaths()) {
    const [origin] = originsOf(layers, path);
    if (origin !== undefined) origins.set(path.join('.'), origin);
  }
  const [list] = originsOf(layers, ['apps']);
  for (const [i, app] of apps.filter(({ isNamed }) => isNamed).entries()) {
    const written = writtenAt(settings, ['apps', String(i)]) as Tree;
    for (const path of appKeyPaths()) {
      const origin = writtenAt(written, path) === undefined ? sourceOf(path, app, settings, written) : list;
      if (origin !== undefined) origins.set(`apps[${i}].${path.join('.')}`, origin);
    }
  }
  return origins;
}

/** The key that an app's key follows, where the app does not write it. */
function sourceOf(path: readonly string[], { local }: AppConfig, settings: Tree, written: Tree): Origin | undefined {
  const name = path.join('.');
  const from = (key: string): Origin => ({ kind: 'key', name: key });
  const isWritten = (keys: readonly string[]) => writtenAt(settings, keys) !== undefined;
  if (name === 'hiddenAttributes') {
    const everywhere = ['directory', 'hiddenAttributes'];
    return isWritten(everywhere) ? from(everywhere.join('.')) : undefined;
  }
  if (name === 'serviceAccounts' && written.serviceAccountsFile !== undefined) return from('serviceAccountsFile');
  const [section, key = ''] = path;
  const inherits = section === 'binds' || (section === 'local' && isInherited(key, local.face, settings));
  if (inherits && isWritten(path)) return from(name);
  const isDerived = name === 'local.domains' && local.face === 'activedirectory';
  return isDerived ? from('local.baseDN') : undefined;
}
