// Settings from environment variables.

import { nearest } from '../runtime/nearest.js';
import type { ConfigFault } from './fault.js';
import { type Layer, namedGroup } from './layers.js';
import { keyPaths } from './schema.js';
import { merge, type Tree } from './sources.js';
import { isSecretVariable, variableText } from './variable-text.js';

const PREFIX = 'JUMPGATE_';

/**
 * What Kubernetes puts into each container for each Service of its namespace ("service links"), here of one whose name begins with jumpgate:
 * JUMPGATE_SERVICE_HOST, JUMPGATE_LDAP_SERVICE_PORT_LDAPS, JUMPGATE_PORT_1389_TCP_ADDR. Nobody wrote them, and nobody can remove them.
 */
const SERVICE_LINK =
  /^JUMPGATE_([A-Z0-9_]+_)?(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
/** The shortest of them could also be a misspelt setting: its value tells. */
const SERVICE_URL = { name: /^JUMPGATE_([A-Z0-9_]+_)?PORT$/, value: /^(tcp|udp|sctp):\/\// };

/** True for a variable that Kubernetes has made and that is not a setting. */
export function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (SERVICE_URL.name.test(name) && SERVICE_URL.value.test(value));
}

const nameWith = (path: readonly string[], word: RegExp) =>
  PREFIX + path.map((key) => key.replace(word, '_$&').toUpperCase()).join('_');

/** The variable of a key: `upstream.orgId` is JUMPGATE_UPSTREAM_ORG_ID, `local.baseDN` is JUMPGATE_LOCAL_BASE_DN. */
export function variableOf(path: readonly string[]): string {
  return nameWith(path, /(?<=[a-z0-9])[A-Z]/g);
}

/** The name that it had before: JUMPGATE_LOCAL_BASE_D_N. */
function formerVariableOf(path: readonly string[]): string {
  return nameWith(path, /[A-Z]/g);
}

interface Variable {
  readonly path: readonly string[];
  /** The name that it should have. */
  readonly name: string;
}

/** Every key by its variable, and the group by its name alone. */
function variables(): ReadonlyMap<string, Variable> {
  const paths = [['group'], ...keyPaths()];
  const named = (nameOf: (path: readonly string[]) => string) =>
    paths.map((path) => [nameOf(path), { path, name: variableOf(path) }] as const);
  return new Map([...named(formerVariableOf), ...named(variableOf)]);
}

export interface Environment {
  readonly layer: Layer;
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly ConfigFault[];
}

/**
 * The settings in the environment. Empty variables are unset: that is what `${NAME:-}` of Compose makes. An unknown JUMPGATE_ variable is
 * reported, unless Kubernetes has made it.
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const ours = Object.entries(env)
    .filter(([name]) => name.startsWith(PREFIX) && name !== 'JUMPGATE_CONFIG')
    .map(([name, value]) => ({ name, ...variableText(name, value) }))
    .filter(({ text }) => text !== '');
  // Most configurations are files alone, and the names of all keys take their time.
  const known = ours.length === 0 ? new Map<string, Variable>() : variables();
  const [faults, warnings]: [ConfigFault[], ConfigFault[]] = [[], []];
  const given = new Map<string, string>();
  let tree: Tree = {};
  // The group's short form first: what more is said of it is added.
  for (const { name, text, isQuoted } of ours.toSorted(
    (a, b) => Number(b.name === 'JUMPGATE_GROUP') - Number(a.name === 'JUMPGATE_GROUP'),
  )) {
    const variable = known.get(name);
    if (variable === undefined) {
      if (!isServiceLink(name, text)) faults.push(unknownVariable(name, known));
      continue;
    }
    if (isQuoted) warnings.push(quotedVariable(name));
    if (name !== variable.name) {
      if (variableText(variable.name, env[variable.name]).text !== '') {
        faults.push({
          path: name,
          message: `is the former name of ${variable.name}, which is set as well`,
          remedy: 'Remove it.',
        });
        continue;
      }
      warnings.push({ path: name, message: 'is a former name', remedy: `Rename it to ${variable.name}.` });
    }
    given.set(variable.path.join('.'), name);
    const below = variable.path[0] === 'group' ? namedGroup(tree) : tree;
    tree = merge(below, variable.path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), text) as Tree);
  }
  const nameOf = (path: readonly string[]) => {
    const lengths = path.map((_, i) => path.length - i);
    const found = lengths.map((length) => given.get(path.slice(0, length).join('.')));
    return found.find((name) => name !== undefined) ?? variableOf(path);
  };
  return { layer: { kind: 'environment', tree, nameOf }, faults, warnings };
}

function unknownVariable(name: string, known: ReadonlyMap<string, Variable>): ConfigFault {
  const near = nearest(name, [...new Set([...known.values()].map((variable) => variable.name))]);
  const remedy = near === undefined ? 'Remove it. `jumpgate config --schema` has all keys.' : `Did you mean ${near}?`;
  return { path: name, message: 'is not a setting', remedy };
}

function quotedVariable(name: string): ConfigFault {
  const remedy = 'Remove the quotes: a shell and Compose do so, docker run --env-file and Kubernetes do not.';
  return isSecretVariable(name)
    ? { path: name, message: 'is in quotes, which count as part of it', remedy }
    : { path: name, message: 'is in quotes, which were removed', remedy };
}
