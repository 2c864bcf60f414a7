// Whether the mirror's snapshot is an app's own. It loads no package, for the running product asks it too.
import type { AppConfig } from './config.js';

/** True for the only app where it shows entries as the mirror has them: its snapshot is the mirror's own, and costs nothing more. */
export function isPlain(apps: readonly AppConfig[]): apps is readonly [AppConfig] {
  const [only, ...others] = apps;
  const isAlone = only !== undefined && others.length === 0;
  return isAlone && only.local.face === 'jumpcloud' && Object.keys(only.attributes).length === 0;
}
