// Settings as trees of keys, and the YAML file that they come from.
import type { Document } from 'yaml';
import { ConfigError } from './fault.js';
import { readNamedFile } from './files.js';
import { parseYaml } from './parse-yaml.js';

export type Tree = { [key: string]: unknown };

/** True for a mapping of keys, not for lists, bytes and null. */
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

/** Aliases are followed here, and not before; an unquoted password that begins with * is one that leads nowhere. */
function plainTree(document: Document, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch {
    const message = 'has an alias (*name) without its anchor (&name)';
    throw new ConfigError([{ path: file, message, remedy: 'Quote a value that begins with *.' }]);
  }
}

/** Reads a YAML file; `patience` as of `readNamedFile`. Throws ConfigError with the line of each fault. */
export function readYaml(file: string, patience?: number): Tree {
  const read = readNamedFile(file, patience);
  if (!Buffer.isBuffer(read)) {
    const remedy = 'Give the path of a readable file with --config or JUMPGATE_CONFIG.';
    throw new ConfigError([{ path: file, message: read.message, remedy }]);
  }
  const { document, faults } = parseYaml(read.toString('utf8'), file);
  if (faults.length > 0) throw new ConfigError(faults);
  const tree = plainTree(document, file);
  if (!isTree(tree))
    throw new ConfigError([
      { path: file, message: 'has no keys', remedy: 'Write keys with their values, such as `group: wayk-users`.' },
    ]);
  return tree;
}
