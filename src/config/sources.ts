// Settings as trees of keys, and the YAML file that they come from.
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { ConfigError } from './fault.js';

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
