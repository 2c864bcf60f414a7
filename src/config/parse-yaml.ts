// YAML texts as documents, in time that grows with their length alone. The package compares each key of a mapping with all before it (version 2.9:
// a minute and more for 100,000 keys), and a reload stops logins for as long; here each is looked up in a set.
import { CST, type Document, isScalar, Lexer, LineCounter, parseDocument, visit } from 'yaml';
import type { ConfigFault } from './fault.js';
import { duplicateKey, type LineFault, tooLarge, yamlFaults } from './yaml-faults.js';

/** Keys, values and indicators at most: a list of 100,000 accounts with hashed passwords has 700,000. About 10 s and 1 GB of memory. */
export const MOST_TOKENS = 1_000_000;

/** What carries no key, value or structure of its own. */
const UNCOUNTED: ReadonlySet<string> = new Set(['space', 'newline', 'comment', 'doc-mode', 'flow-error-end']);

/** A YAML document; `faults` in the order of their lines, one for each line, the first 20 of them. `toJS` of a document with faults means nothing. */
export interface ParsedYaml {
  readonly document: Document;
  readonly faults: readonly ConfigFault[];
}

/** Parses a YAML text. `file`: as faults name it; they quote nothing of the text. */
export function parseYaml(text: string, file: string): ParsedYaml {
  // A token has a character at least.
  if (text.length > MOST_TOKENS && hasMoreTokens(text))
    return { document: parseDocument(''), faults: [tooLarge(file, MOST_TOKENS)] };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false });
  return { document, faults: yamlFaults(document.errors, duplicateKeys(document, lines), file) };
}

function hasMoreTokens(text: string): boolean {
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    const type = CST.tokenType(lexeme);
    if (type !== null && !UNCOUNTED.has(type) && ++tokens > MOST_TOKENS) return true;
  }
  return false;
}

/** Keys that are there twice in one mapping, compared as `uniqueKeys` of the package does: by their values. */
function duplicateKeys(document: Document, lines: LineCounter): LineFault[] {
  const faults: LineFault[] = [];
  visit(document, {
    Map(_, { items }) {
      const last = new Map<unknown, number>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const { line, col } = lines.linePos(key.range?.[0] ?? 0);
        const before = last.get(key.value);
        if (before !== undefined) faults.push({ line, col, told: duplicateKey(line, before) });
        last.set(key.value, line);
      }
    },
  });
  return faults;
}
