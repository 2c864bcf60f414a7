// The JSON Schema of the configuration file for editors: with what each key is for.
import * as z from 'zod';
import { DESCRIPTIONS } from './descriptions.js';
import { schema } from './schema.js';
import { isTree, type Tree } from './sources.js';
import { PARSING } from './units.js';

/** The configuration file's shape, draft 2020-12, without descriptions. */
export function jsonSchema(): unknown {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

/** JSON Schema, draft 2020-12, with a description of each key. */
export function describedSchema(): unknown {
  const described = describe(jsonSchema() as Tree, [], schema.parse({}, PARSING));
  const { group } = described.properties as Tree;
  const { description, ...section } = group as Tree;
  // `group: wayk-users` is the usual form.
  Object.assign(described.properties as Tree, { group: { description, anyOf: [{ type: 'string' }, section] } });
  const { apps } = described.properties as { apps: { items: Tree } };
  apps.items = { ...describeInApp(apps.items, []), required: ['name'] };
  return described;
}

/** Where the top level describes an app's key that has another place there. */
const DESCRIBED_AT: Readonly<Record<string, string>> = { serviceAccounts: 'local.serviceAccounts' };

/** An app's part of the schema. Its defaults are left out: most of them are inherited, and are the top level's. */
function describeInApp({ default: _default, ...node }: Tree, path: readonly string[]): Tree {
  const key = path.join('.');
  const description = DESCRIPTIONS[`apps.${key}`] ?? DESCRIPTIONS[DESCRIBED_AT[key] ?? key];
  const { properties } = node;
  return {
    ...(description === undefined ? {} : { description }),
    ...node,
    ...(isTree(properties) && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, describeInApp(inner as Tree, [...path, name])]),
      ),
    }),
  };
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
