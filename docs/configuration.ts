// docs/configuration.md: every key of the configuration from its schema, with the words of config/jumpgate.example.yaml.
import { waitsForRestart } from '../src/app/changes.js';
import { describedSchema } from '../src/config/described-schema.js';
import { variableOf } from '../src/config/environment.js';

/** A part of the JSON Schema, as far as it is read here. */
interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
}

/** The version in which a key came; all others came with the first version. */
const SINCE: Readonly<Record<string, string>> = {};
const FIRST = '0.1.0';

interface Key {
  readonly path: readonly string[];
  readonly node: Node;
}

function keysIn(node: Node, path: readonly string[] = []): Key[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const here = [...path, name];
    return child.properties === undefined ? [{ path: here, node: child }] : keysIn(child, here);
  });
}

const code = (value: unknown) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

/** The values that a key may have, in words. */
function typeOf({ type, anyOf, enum: values, const: only, pattern, items }: Node): string {
  if (values !== undefined) return values.map(code).join(', ');
  if (only !== undefined) return code(only);
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (type === 'array') return `a list of ${items === undefined ? 'values' : plural(typeOf(items))}`;
  if (pattern?.includes('ms|s|m|h|d') === true) return 'a duration (`500ms`, `30s`, `5m`, `1h`, `7d`)';
  if (pattern?.includes('KiB') === true) return 'a size (`64KiB`, `1MiB`)';
  switch (type) {
    case 'integer':
    case 'number':
      return 'a number';
    case 'boolean':
      return '`true` or `false`';
    case 'object':
      return 'keys and values';
    default:
      return 'text';
  }
}

const plural = (type: string) => (type === 'text' ? 'texts' : type === 'keys and values' ? 'objects' : type);

function section({ path, node }: Key): string {
  const name = path.join('.');
  const facts = [
    `Type: ${typeOf(node)}`,
    `Default: ${node.default === undefined ? 'none' : code(node.default)}`,
    `Environment: \`${variableOf(path)}\``,
    `Change: ${waitsForRestart(name) ? 'with a restart' : 'with a reload'}`,
    ...(SINCE[name] === undefined ? [] : [`Since ${SINCE[name]}`]),
  ];
  return `### ${name}\n\n${node.description ?? ''}\n\n${facts.join(' · ')}\n`;
}

/** docs/configuration.md. */
export function configurationPage(): string {
  const root = describedSchema() as Node;
  const top = Object.entries(root.properties ?? {});
  const sections = top.map(([name, node]) => {
    const keys = keysIn({ properties: { [name]: node } });
    const isOne = keys.length === 1 && keys[0]?.path.length === 1;
    return isOne
      ? section(keys[0]!).replace('### ', '## ')
      : `## ${name}\n\n${node.description ?? ''}\n\n${keys.map(section).join('\n')}`;
  });
  return `<!-- Made by npm run docs from the schema and config/jumpgate.example.yaml. -->

# Configuration

Every key, what it is for, its type and its default. [config/jumpgate.example.yaml](../config/jumpgate.example.yaml) has the same in one file to start from, and
\`jumpgate config --schema\` prints a JSON Schema for your editor. \`jumpgate config\` shows what is in effect and where each value comes from.

Values come from the file, then from the environment, then from \`--set KEY=VALUE\`; the last one wins. Unknown keys are errors, and all errors are reported together. Relative paths start at
the file's folder. A reload is SIGHUP, or a change of the file ([operations.md](operations.md#change-the-configuration-while-it-runs)). All keys are in version ${FIRST} and later unless they say otherwise.

Sections: ${top.map(([name]) => `[${name}](#${name.toLowerCase()})`).join(', ')}.

${sections.join('\n')}`;
}
