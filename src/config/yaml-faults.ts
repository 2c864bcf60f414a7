// What is wrong with a YAML file, in words. Nothing of it is quoted: it may be a secret.
import type { YAMLParseError } from 'yaml';
import type { ConfigFault } from './fault.js';

type Told = readonly [message: string, remedy: string];

const INDENTATION: Told = [
  'has two keys in one line, or is indented otherwise than its neighbours',
  'Write each key in a line of its own and the keys of one section equally far in; quote a text that has a colon in it.',
];

const TOLD: Readonly<Partial<Record<YAMLParseError['code'], Told>>> = {
  BLOCK_AS_IMPLICIT_KEY: INDENTATION,
  MULTILINE_IMPLICIT_KEY: INDENTATION,
  TAB_AS_INDENT: ['is indented with a tab', 'Indent with blanks.'],
  BAD_INDENT: ['belongs to a list or mapping whose bracket is not closed', 'Close it with ] or }.'],
  MISSING_CHAR: ['ends before a quote or bracket is closed', 'Close it.'],
  BAD_SCALAR_START: [
    'has a value that begins with a character with a meaning of its own',
    'Put the value into quotes.',
  ],
  MULTIPLE_DOCS: ['begins a second document (---)', 'One file is one document: remove what is behind it.'],
};
const OTHER: Told = ['is not YAML', 'Correct it there; quote a value that begins with a special character.'];

/** The first fault of each line. `text`: of the file. */
export function yamlFaults(errors: readonly YAMLParseError[], text: string, file: string): ConfigFault[] {
  const byLine = new Map<number, YAMLParseError>();
  for (const error of errors) {
    const line = error.linePos?.[0].line ?? 1;
    if (!byLine.has(line)) byLine.set(line, error);
  }
  return [...byLine].map(([line, error]) => {
    const [message, remedy] = error.code === 'DUPLICATE_KEY' ? duplicate(line, text) : (TOLD[error.code] ?? OTHER);
    return { path: file, message: `line ${line}, column ${error.linePos?.[0].col ?? 1}: ${message}`, remedy };
  });
}

/** A key that is there twice in one section: both lines. */
function duplicate(line: number, text: string): Told {
  const lines = text.split('\n');
  const keyOf = (one: string | undefined) => /^ *[^:#]+:/.exec(one ?? '')?.[0];
  const first = lines.slice(0, line - 1).findLastIndex((one) => keyOf(one) === keyOf(lines[line - 1]));
  const where = first < 0 ? 'the same key twice' : `the same key as line ${first + 1}`;
  return [`has ${where}`, 'Put what belongs to one key below it, and remove the other.'];
}
