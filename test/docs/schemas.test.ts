// docs/schemas is what npm run docs writes; each schema is a good one, describes every field, and allows nothing else than what commands print.
// The commands' own tests hold their real output to them (test/support/schemas.ts).
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import * as z from 'zod';
import { SCHEMA_NAMES, schemaOf, schemaText } from '../../docs/schemas.js';
import { object, of } from '../../docs/shapes/shape.js';
import { defineCommands } from '../../src/cli/cli.js';
import { commandTable } from '../../src/cli/command-table.js';
import { printedJson, schemaErrors } from '../support/schemas.js';

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** Every schema in a schema that is of an object or of one of its fields, by its path. */
function fieldsIn(node: Node, path = ''): [path: string, schema: Node][] {
  const own = Object.entries((node.properties ?? {}) as Record<string, Node>);
  const fields = own.map(([name, schema]) => [`${path}.${name}`, schema] as [string, Node]);
  const rest = [node.items, node.additionalProperties, ...((node.anyOf ?? []) as unknown[])].filter(isNode);
  const below = [...fields, ...rest.map((one): [string, Node] => [path, one])];
  return [...fields, ...below.flatMap(([at, schema]) => fieldsIn(schema, at))];
}

t.test('the files are as npm run docs writes them', async (t) => {
  t.same(readdirSync('docs/schemas').sort(), SCHEMA_NAMES.map((name) => `${name}.schema.json`).sort());
  for (const name of SCHEMA_NAMES)
    t.equal(readFileSync(`docs/schemas/${name}.schema.json`, 'utf8'), schemaText(name), 'run npm run docs');
});

t.test('every command with --json has one', async (t) => {
  const titles = SCHEMA_NAMES.map((name) => String(schemaOf(name).title));
  const { commands } = commandTable(defineCommands);
  const speaking = commands.filter(({ options }) => options.some(({ name }) => name === 'json'));
  t.ok(speaking.length >= 7);
  for (const { name } of speaking)
    t.ok(
      titles.some((title) => title.startsWith(`jumpgate ${name} `) && title.endsWith('--json')),
      name,
    );
});

const operations = readFileSync('docs/operations.md', 'utf8');

t.test('each names itself, and describes every field; objects have no other ones', async (t) => {
  for (const name of SCHEMA_NAMES) {
    const schema = schemaOf(name);
    t.match(schema, {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `${name}.schema.json`,
      title: /^jumpgate /,
      description: /prints/,
    });
    t.ok(operations.includes(`(schemas/${name}.schema.json)`), `docs/operations.md names ${name}`);
    // The configuration's has the descriptions of docs/configuration.md.
    if (name === 'config') continue;
    const fields = fieldsIn(schema);
    t.ok(fields.length >= 2, name);
    for (const [path, field] of fields) {
      t.match(field.description, /^\S.*[^.]$/, `${name}${path} has a description`);
      if ('properties' in field) t.equal(field.additionalProperties, false, `${name}${path} is closed`);
    }
  }
});

const STEP = { step: 'group', status: 'ok', detail: 'x' };
const CHECKED = { ok: true, exitCode: 0, steps: [STEP] };

t.test('a field too many, one that is missing and a value of another kind are refused', async (t) => {
  t.same(schemaErrors('check', CHECKED), []);
  for (const [value, error] of [
    [{ ...CHECKED, more: 1 }, /additional properties.*more/],
    [{ ok: true, steps: [] }, /required property 'exitCode'/],
    [{ ...CHECKED, exitCode: 5 }, /^\/exitCode must be equal to one of/],
    [{ ...CHECKED, steps: [{ ...STEP, status: 'fine' }] }, /^\/steps\/0\/status/],
    [{ ...CHECKED, steps: [{ ...STEP, fault: 'network' }] }, /^\/steps\/0 .*additional/],
  ] as const) {
    t.match(schemaErrors('check', value).join('\n'), error);
    t.throws(() => printedJson('check', JSON.stringify(value)), /check\.schema\.json/);
  }
  const fault = { event: 'fault', time: 'yesterday', fault: 'idle', detail: '', connection: 1, address: '', port: 0 };
  t.match(schemaErrors('watch', fault).join('\n'), /date-time/);
  t.same(schemaErrors('watch', { ...fault, time: '2026-11-27T09:30:00.000Z' }), []);
});

t.test('a shape that is not what is printed does not compile', async (t) => {
  interface Printed {
    readonly name: string;
    readonly members: number | undefined;
    readonly groups?: readonly ('a' | 'b')[];
  }
  const groups = z.array(z.enum(['a', 'b'])).optional();
  const good = { name: z.string(), members: z.number().optional(), groups };
  t.ok(of<Printed>()(object(good)));
  // @ts-expect-error A field too many.
  of<Printed>()(object({ ...good, more: z.string() }));
  // @ts-expect-error A field too many, which may be absent.
  of<Printed>()(object({ ...good, more: z.string().optional() }));
  // @ts-expect-error One that is missing.
  of<Printed>()(object({ name: z.string(), groups }));
  // @ts-expect-error One that may be absent is missing.
  of<Printed>()(object({ name: good.name, members: good.members }));
  // @ts-expect-error One that may be absent has to be there.
  of<Printed>()(object({ ...good, members: z.number() }));
  // @ts-expect-error Another kind.
  of<Printed>()(object({ ...good, name: z.number() }));
  // @ts-expect-error A value that is not printed.
  of<Printed>()(object({ ...good, groups: z.array(z.enum(['a', 'b', 'c'])).optional() }));
  // @ts-expect-error A value that is missing.
  of<Printed>()(object({ ...good, groups: z.array(z.enum(['a'])).optional() }));
});
