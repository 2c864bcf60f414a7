// Where settings come from: a YAML file, the environment, flags; later ones win, key by key.
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { ConfigError, type Fault } from './fault.js';
import { keyPaths } from './schema.js';

export type Tree = { [key: string]: unknown };

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);
}

/** The right side wins, key by key. */
export function merge(left: Tree, right: Tree): Tree {
  const both: Tree = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const old = both[key];
    both[key] = isTree(old) && isTree(value) ? merge(old, value) : value;
  }
  return both;
}

/** Reads a YAML file. Throws ConfigError with the line of each fault. */
export function readYaml(file: string): Tree {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const remedy = 'Give the path of a readable file with --config or JUMPGATE_CONFIG.';
    throw new ConfigError([{ path: file, message: `cannot be read: ${(error as Error).message}`, remedy }]);
  }
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error) => ({
        path: file,
        message: error.message.split('\n')[0]!.replace(/:$/, ''),
        remedy: 'Mend the YAML at that line.',
      })),
    );
  }
  const tree: unknown = document.toJS() ?? {};
  if (!isTree(tree))
    throw new ConfigError([{ path: file, message: 'is not a mapping', remedy: 'See config/jumpgate.example.yaml.' }]);
  return tree;
}

const PREFIX = 'JUMPGATE_';
const envName = (path: readonly string[]) =>
  PREFIX + path.map((key) => key.replace(/[A-Z]/g, '_$&').toUpperCase()).join('_');

/** Every key as a variable: `upstream.orgId` is JUMPGATE_UPSTREAM_ORG_ID. */
export const ENV_NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  keyPaths()
    .filter((path) => path.join('.') !== 'local.serviceAccounts')
    .map((path) => [envName(path), path]),
);
/** Names that end otherwise in the environment than the file's key would: secrets from a file, and the group by its name alone. */
const ALIASES: ReadonlyMap<string, readonly string[]> = new Map([['JUMPGATE_GROUP', ['group']]]);

/** The settings in the environment. An unknown JUMPGATE_ variable is a fault. */
export function readEnvironment(env: NodeJS.ProcessEnv, faults: Fault[]): Tree {
  let tree: Tree = {};
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || name === 'JUMPGATE_CONFIG' || value === undefined) continue;
    const path = ENV_NAMES.get(name) ?? ALIASES.get(name);
    if (path === undefined) {
      const near = nearest(name, [...ENV_NAMES.keys(), ...ALIASES.keys()]);
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

/** The most similar of some names, if one is similar at all. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(3, Math.floor(name.length / 3));
  for (const candidate of names) {
    const far = distance(name.toLowerCase(), candidate.toLowerCase());
    if (far < least) [best, least] = [candidate, far];
  }
  return best;
}

/** Levenshtein distance of two short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
