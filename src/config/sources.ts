// Settings as trees of keys, and the YAML file that they come from.
import { readFileSync } from 'node:fs';
import { type Document, parseDocument } from 'yaml';
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

/** Aliases are followed here, and not before; an unquoted password that begins with * is one that leads nowhere. */
function plainTree(document: Document, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch {
    const message = 'has an alias (*name) that leads nowhere';
    throw new ConfigError([{ path: file, message, remedy: 'Quote a value that begins with *.' }]);
  }
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
        // The parser's own text may quote what stands there, and that may be a secret.
        message: `is no YAML at line ${error.linePos?.[0].line ?? 1}, column ${error.linePos?.[0].col ?? 1} (${error.code})`,
        remedy: 'Mend the YAML there; quote a value that begins with a special character.',
      })),
    );
  }
  const tree = plainTree(document, file);
  if (!isTree(tree))
    throw new ConfigError([{ path: file, message: 'is not a mapping', remedy: 'See config/jumpgate.example.yaml.' }]);
  return tree;
}
