// src/library/jumpgate-config.ts: the configuration's keys as a TypeScript interface, from the schema and with its words.
import { describedSchema } from '../src/config/described-schema.js';

/** A part of the JSON Schema, as far as it is read here. */
interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly pattern?: string;
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
}

/** Columns of a line of source. */
const WIDTH = 120;

/** What a program gets in place of a server's default (src/library/load-settings.ts). */
const OTHER_DEFAULTS: Readonly<Record<string, unknown>> = { 'ops.http': false, 'log.format': 'json' };
const OTHER_WORDS: Readonly<Record<string, string>> = {
  'log.level': 'The least severe lines that `log` of {@link StartOptions} gets.',
  'log.format': 'How lines are written, where `log` of {@link StartOptions} is a stream.',
};
/** Parts with a name of their own. */
const NAMED: Readonly<Record<string, string>> = {
  apps: 'readonly AppConfig[]',
  'local.serviceAccounts': 'readonly ServiceAccountConfig[]',
  'apps.serviceAccounts': 'readonly ServiceAccountConfig[]',
  attributes: 'Readonly<Record<string, AttributeRule>>',
  'apps.attributes': 'Readonly<Record<string, AttributeRule>>',
};

const literal = (value: unknown) => (typeof value === 'string' ? `'${value}'` : JSON.stringify(value));

/** Text stands for a number or for true in environment variables alone. */
function isTextOfVariables({ pattern, enum: values, const: only }: Node): boolean {
  return pattern === '^[0-9]{1,15}$' || only === 'false' || values?.join() === 'true,false';
}

function typeOf({ type, anyOf, enum: values, const: only, items }: Node): string {
  if (values !== undefined) return values.map(literal).join(' | ');
  if (only !== undefined) return literal(only);
  if (anyOf !== undefined) {
    const types = anyOf.filter((node) => !isTextOfVariables(node)).map((node) => typeOf(node));
    return [...new Set(types)].join(' | ');
  }
  if (type === 'array') {
    const item = typeOf(items!);
    return item.includes(' | ') ? `readonly (${item})[]` : `readonly ${item}[]`;
  }
  if (type === 'integer') return 'number';
  if (typeof type === 'string') return type;
  throw new Error(`no type for ${JSON.stringify(type)}`);
}

/** Lines of at most WIDTH columns, broken between words. */
function filled(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

function comment(path: string, node: Node, indent: string): string[] {
  const fallback = OTHER_DEFAULTS[path] ?? node.default;
  const words = OTHER_WORDS[path] ?? node.description;
  const isShown = fallback !== undefined && !(typeof fallback === 'object' && node.properties !== undefined);
  const parts = [
    ...(words === undefined ? [] : filled(words, WIDTH - indent.length - 3)),
    ...(isShown ? [`@defaultValue \`${literal(fallback)}\``] : []),
  ];
  if (parts.some((line) => line.includes('*/'))) throw new Error(`${path}: a comment cannot hold */`);
  if (parts.length === 0) return [];
  if (parts.length === 1 && parts[0]!.length + indent.length + 7 <= WIDTH) return [`${indent}/** ${parts[0]} */`];
  return [`${indent}/**`, ...parts.map((line) => `${indent} * ${line}`), `${indent} */`];
}

/** `upstream.api` is UpstreamApiConfig; the keys of an app are below `apps`. */
function nameOf(path: string): string {
  const words = path.replace(/^apps\./, 'app.').split('.');
  return `${words.map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`).join('')}Config`;
}

/** One section as an interface, and those of the sections below it behind it. `above`: its path. */
function interfaces({ properties = {}, required = [] }: Node, name: string, words: string[], above: string): string[] {
  const below: string[] = [];
  const lines = Object.entries(properties).flatMap(([key, node]) => {
    const path = above === '' ? key : `${above}.${key}`;
    const isNeeded = required.includes(key);
    const head = `  readonly ${key}${isNeeded ? '' : '?'}: `;
    const end = isNeeded ? ';' : ' | undefined;';
    const type = NAMED[path] ?? sectionOf(path, node, below) ?? typeOf(node);
    return [...comment(path, node, '  '), `${head}${type}${end}`];
  });
  return [...words, `export interface ${name} {`, ...lines, '}', '', ...below];
}

/** The name of the interface of a section, which is added to `below`; undefined for a value. */
function sectionOf(path: string, node: Node, below: string[]): string | undefined {
  const section = node.properties === undefined ? node.anyOf?.find((one) => one.properties !== undefined) : node;
  if (section === undefined) return undefined;
  const name = nameOf(path);
  below.push(...interfaces(section, name, [`/** The keys below \`${path.replace(/^apps\./, 'apps[].')}\`. */`], path));
  const others = (node.anyOf ?? []).filter((one) => one !== section).map((one) => typeOf(one));
  return [...others, name].join(' | ');
}

const TOP = `
/**
 * The keys of the configuration file, with the same names and meanings. All have defaults except a few below \`upstream\`. Durations are
 * text such as \`'30s'\`, sizes are bytes or text such as \`'64KiB'\`, addresses are text such as \`'127.0.0.1:1389'\` (port 0: a free one).
 * Paths of files are relative to the working folder.
 *
 * Two defaults differ from those of \`jumpgate serve\`: \`ops.http\` is off, and \`log.format\` is \`json\`.
 */`
  .trim()
  .split('\n');
const ACCOUNT = ['/** An account that exists only here, with its password in exactly one of the three forms. */'];

/** The whole module. Throws an Error for a shape that it cannot express. */
export function settingsModule(): string {
  const root = describedSchema() as Node;
  const { apps, local } = root.properties!;
  const app = apps!.items!;
  const account = local!.properties!.serviceAccounts!.items!;
  return `${[
    '// The configuration as a program writes it. Made by npm run docs from the schema and the comments of config/jumpgate.example.yaml.',
    '',
    ...interfaces(root, 'JumpgateConfig', TOP, ''),
    ...interfaces(
      app,
      'AppConfig',
      ['/** One app among several: what it leaves out is inherited from the top level. */'],
      'apps',
    ),
    ...interfaces(account, 'ServiceAccountConfig', ACCOUNT, 'account'),
    '/**',
    ' * How one attribute is made: the name of another attribute, a template such as `{givenName} {sn}`, `false` (hidden), or the long form of',
    ' * either or of a constant value, with the entries that it is for.',
    ' */',
    'export type AttributeRule =',
    '  | string',
    '  | false',
    "  | { readonly from: string; readonly for?: 'users' | 'groups' | 'all' }",
    "  | { readonly value: string | readonly string[]; readonly for?: 'users' | 'groups' | 'all' };",
  ].join('\n')}\n`;
}
