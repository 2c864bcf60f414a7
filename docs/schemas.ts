// docs/schemas: a JSON Schema (draft 2020-12) of what each command with `--json` prints.
import * as z from 'zod';
import { describedSchema } from '../src/config/described-schema.js';
import { apps, appsDiff } from './shapes/apps.js';
import { check } from './shapes/check.js';
import { explain } from './shapes/explain.js';
import { fleet } from './shapes/fleet.js';
import { recipe, recipes } from './shapes/recipe.js';
import { watch, watchLearn } from './shapes/watch.js';

type Node = Readonly<Record<string, unknown>>;

interface Published {
  readonly command: string;
  /** What one document is, where it is not all that the command prints. */
  readonly of?: string;
  readonly schema: () => Node;
}

const origins = z.record(
  z.string(),
  z.strictObject({
    value: z.unknown().describe('The value as the configuration file has it; secrets are hidden'),
    origin: z.string().describe('The file, the variable or the option that it comes from; from KEY; or default'),
  }),
);

const ofShape = (shape: z.ZodType) => () => plain(z.toJSONSchema(shape)) as Node;

const SCHEMAS = {
  check: { command: 'check --json', schema: ofShape(check) },
  explain: { command: 'explain SUBJECT --json', schema: ofShape(explain) },
  watch: { command: 'watch --json', of: 'each line', schema: ofShape(watch) },
  'watch-learn': { command: 'watch --learn TIME --json', schema: ofShape(watchLearn) },
  apps: { command: 'apps --json', schema: ofShape(apps) },
  'apps-diff': { command: 'apps diff --json', schema: ofShape(appsDiff) },
  fleet: { command: 'fleet --json', schema: ofShape(fleet) },
  config: { command: 'config --json', schema: () => plain(describedSchema(), 'default') as Node },
  'config-origins': { command: 'config --origins', schema: ofShape(origins) },
  recipe: { command: 'recipe APPLICATION --json', schema: ofShape(recipe) },
  recipes: { command: 'recipe --json', schema: ofShape(recipes) },
} satisfies Readonly<Record<string, Published>>;

export type SchemaName = keyof typeof SCHEMAS;

/** Every schema by its name: `docs/schemas/NAME.schema.json`. */
export const SCHEMA_NAMES = Object.keys(SCHEMAS) as SchemaName[];

/** Without the bounds of JavaScript’s whole numbers, and without what is `leftOut`. */
function plain(node: unknown, leftOut?: string): unknown {
  if (Array.isArray(node)) return node.map((item) => plain(item, leftOut));
  if (typeof node !== 'object' || node === null) return node;
  const isBound = (key: string, value: unknown) => /^(max|min)imum$/.test(key) && Math.abs(Number(value)) === LARGEST;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => !isBound(key, value) && key !== leftOut)
      .map(([key, value]) => [key, plain(value, leftOut)]),
  );
}

const LARGEST = Number.MAX_SAFE_INTEGER;

/** One schema, as an object. `$id` is the name of its file. */
export function schemaOf(name: SchemaName): Node {
  const { command, of: what = 'the object', schema }: Published = SCHEMAS[name];
  const { $schema, ...rest } = schema();
  const title = `jumpgate ${command}`;
  const description = `The JSON of ${what} that \`${title}\` prints. Later versions may add fields: docs/operations.md, "JSON for programs".`;
  return { $schema, $id: `${name}.schema.json`, title, description, ...rest };
}

/** The text of its file. */
export function schemaText(name: SchemaName): string {
  return `${JSON.stringify(schemaOf(name), null, 2)}\n`;
}
