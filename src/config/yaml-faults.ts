// What is wrong with a YAML file, in words. Nothing of it is quoted: it may be a secret.
import type { YAMLParseError } from 'yaml';
import type { ConfigFault } from './fault.js';

/** What is wrong, and what to do. */
export type Told = readonly [message: string, remedy: string];

const INDENTATION: Told = [
  'has two keys on one line, or different indentation from its neighbours',
  'Write each key on its own line, and indent all keys of a section equally; quote a text that has a colon in it.',
];

const TOLD: Readonly<Partial<Record<YAMLParseError['code'], Told>>> = {
  BLOCK_AS_IMPLICIT_KEY: INDENTATION,
  MULTILINE_IMPLICIT_KEY: INDENTATION,
  TAB_AS_INDENT: ['is indented with a tab', 'Indent with spaces.'],
  BAD_INDENT: ['belongs to a list or mapping whose bracket is not closed', 'Close it with ] or }.'],
  MISSING_CHAR: ['ends before a quote or bracket is closed', 'Close it.'],
  BAD_SCALAR_START: ['has a value that begins with a special character', 'Put the value in quotes.'],
  MULTIPLE_DOCS: ['begins a second document (---)', 'One file is one document: remove what follows.'],
};
const OTHER: Told = ['is not YAML', 'Correct that line; quote a value that begins with a special character.'];

/** A problem at a place of the file, both numbers from 1. */
export interface LineFault {
  readonly line: number;
  readonly col: number;
  readonly told: Told;
}

/** Lines with faults that are reported; anyone who has more has written something that is not YAML. */
const MOST_LINES = 20;

/** The first fault of each line, of what the package says and of `others`. */
export function yamlFaults(
  errors: readonly YAMLParseError[],
  others: readonly LineFault[],
  file: string,
): ConfigFault[] {
  const byLine = new Map<number, LineFault>();
  const all = [...errors.map(lineFault), ...others].sort((a, b) => a.line - b.line || a.col - b.col);
  for (const fault of all) if (!byLine.has(fault.line)) byLine.set(fault.line, fault);
  return [...byLine.values()].slice(0, MOST_LINES).map(({ line, col, told: [message, remedy] }) => ({
    ...{ path: file, message: `line ${line}, column ${col}: ${message}`, remedy },
  }));
}

function lineFault({ code, linePos }: YAMLParseError): LineFault {
  const { line, col } = linePos?.[0] ?? { line: 1, col: 1 };
  return { line, col, told: TOLD[code] ?? OTHER };
}

/** A key that is there twice in one section: both lines. */
export function duplicateKey(line: number, before: number): Told {
  const where = line === before ? 'the same key twice' : `the same key as line ${before}`;
  return [`has ${where}`, 'Put everything below one of the two, and remove the other.'];
}

/** A file that has more than `most` keys and values. */
export function tooLarge(file: string, most: number): ConfigFault {
  return {
    ...{ path: file, message: `has more than ${most.toLocaleString('en')} keys and values` },
    remedy: 'Give the path of the file that is meant.',
  };
}
