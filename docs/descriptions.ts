// The descriptions of the configuration's keys, from the comments of its example: one text for the file's reader and for editors.
import { appKeyPaths } from '../src/config/app-schema.js';
import { keyPaths } from '../src/config/schema.js';

/** Columns of a line of source. */
const WIDTH = 120;
const SHORT = 5;

/** A line of the example that has a key: its indentation, a comment sign where the key has no default, and the key. */
const KEY = /^( *)(# )?( *(?:- )?)([a-zA-Z]+):(?: .*)?$/;

/** An app's keys; what is below them is described by the top level's. */
const APP_KEYS = [...new Set(appKeyPaths().map(([key]) => `apps.${key}`))];

/**
 * The text of each key's comment, by its path: the comment lines in front of it; without any, those of the key before it in the same section,
 * else of the section itself. Throws an Error for a key that has none.
 */
export function descriptionsIn(example: string): Readonly<Record<string, string>> {
  const paths = new Set([...keyPaths().map((path) => path.join('.')), ...APP_KEYS]);
  const sections = new Set([...paths].flatMap((path) => prefixesOf(path)));
  const found = new Map<string, string>();
  /** The keys that the current line is below, with their indentation. */
  let open: { readonly indent: number; readonly path: string }[] = [];
  let comment: string[] = [];
  let before = '';
  for (const line of example.split('\n')) {
    const [, indent = '', sign = '', more = '', key = ''] = KEY.exec(line) ?? [];
    const depth = indent.length + more.length;
    const above = open.filter((section) => section.indent < depth);
    const path = [above.at(-1)?.path, key].filter((part) => part !== undefined && part !== '').join('.');
    if (key === '' || (sign !== '' && !paths.has(path) && !sections.has(path))) {
      if (line.trim() === '') comment = [];
      else if (/^ *#/.test(line)) comment.push(line.replace(/^ *# ?(?: *# )?/, '').trim());
      continue;
    }
    open = [...above, { indent: depth, path }];
    const parent = above.at(-1)?.path ?? '';
    const isBeside = before.slice(0, Math.max(before.lastIndexOf('.'), 0)) === parent && before !== '';
    const inherited = sections.has(path) ? '' : isBeside ? found.get(before) : found.get(parent);
    const text = comment.join(' ') || inherited || '';
    found.set(path, text);
    before = path;
    comment = [];
  }
  const missing = [...paths].filter((path) => (found.get(path) ?? '') === '');
  if (missing.length > 0) throw new Error(`the example has no comment for ${missing.join(', ')}`);
  return Object.fromEntries(
    [...found].filter(([path, text]) => text !== '' && (paths.has(path) || sections.has(path))),
  );
}

function prefixesOf(path: string): string[] {
  const keys = path.split('.');
  return keys.slice(1).map((_, i) => keys.slice(0, i + 1).join('.'));
}

/** src/config/descriptions.ts. */
export function descriptionsModule(example: string): string {
  const rows = Object.entries(descriptionsIn(example)).map(([path, text]) => {
    const [key, value] = [/^\w+$/.test(path) ? path : quoted(path), quoted(text)];
    const row = `  ${key}: ${value},`;
    // As the formatter has it: behind a short key no line begins.
    return row.length <= WIDTH || key.length < SHORT ? row : `  ${key}:\n    ${value},`;
  });
  return `// What each key of the configuration is for. Made by npm run docs from the comments of config/jumpgate.example.yaml.

export const DESCRIPTIONS: Readonly<Record<string, string>> = {
${rows.join('\n')}
};
`;
}

/** As the formatter has it. */
function quoted(text: string): string {
  const count = (quote: string) => text.split(quote).length;
  const quote = count("'") > count('"') ? '"' : "'";
  return quote + text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`) + quote;
}
