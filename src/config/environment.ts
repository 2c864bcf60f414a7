// Settings from environment variables.
import type { ConfigFault } from './fault.js';
import { nearest } from './nearest.js';
import { keyPaths } from './schema.js';
import { merge, type Tree } from './sources.js';

const PREFIX = 'JUMPGATE_';
const envName = (path: readonly string[]) =>
  PREFIX + path.map((key) => key.replace(/[A-Z]/g, '_$&').toUpperCase()).join('_');

/** Every key as a variable: `upstream.orgId` is JUMPGATE_UPSTREAM_ORG_ID; and the group by its name alone. */
function variables(): ReadonlyMap<string, readonly string[]> {
  const paths = keyPaths().filter((path) => path.join('.') !== 'local.serviceAccounts');
  return new Map([...paths.map((path) => [envName(path), path] as const), ['JUMPGATE_GROUP', ['group']]]);
}

/** The settings in the environment. An unknown JUMPGATE_ variable is a fault. */
export function readEnvironment(env: NodeJS.ProcessEnv, faults: ConfigFault[]): Tree {
  let tree: Tree = {};
  const ours = Object.entries(env).filter(([name]) => name.startsWith(PREFIX) && name !== 'JUMPGATE_CONFIG');
  // Most configurations are files alone, and the names of all keys take their time.
  const known = ours.length === 0 ? new Map<string, readonly string[]>() : variables();
  for (const [name, value] of ours) {
    if (value === undefined) continue;
    const path = known.get(name);
    if (path === undefined) {
      const near = nearest(name, [...known.keys()]);
      faults.push({
        path: name,
        message: 'is no setting',
        remedy: near === undefined ? 'Remove it.' : `Did you mean ${near}?`,
      });
      continue;
    }
    tree = merge(tree, path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Tree);
  }
  return tree;
}
