// The JSON Schema of the configuration file for editors: with what each key is for.
import * as z from 'zod';
import { DESCRIPTIONS } from './descriptions.js';
import { schema } from './schema.js';
import { isTree, type Tree } from './sources.js';

/** The configuration file's shape, draft 2020-12, without descriptions. */
export function jsonSchema(): unknown {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

/** JSON Schema, draft 2020-12, with a description of each key. */
export function describedSchema(): unknown {
  const described = describe(jsonSchema() as Tree, [], schema.parse({}));
  const { group } = described.properties as Tree;
  const { description, ...section } = group as Tree;
  // `group: wayk-users` is the usual form.
  Object.assign(described.properties as Tree, { group: { description, anyOf: [{ type: 'string' }, section] } });
  return described;
}

/** `fallback`: what the settings have there where nothing is written. */
function describe(node: Tree, path: readonly string[], fallback: unknown): Tree {
  const description = DESCRIPTIONS[path.join('.')];
  const { properties } = node;
  // The library leaves out the defaults of what it converts before it looks at it.
  const isHidden = !('default' in node) && (Array.isArray(fallback) || fallback === false);
  return {
    ...(description === undefined ? {} : { description }),
    ...(isHidden ? { default: fallback } : {}),
    ...node,
    ...(isTree(properties) && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, inner]) => [
          key,
          describe(inner as Tree, [...path, key], isTree(fallback) ? fallback[key] : undefined),
        ]),
      ),
    }),
  };
}
