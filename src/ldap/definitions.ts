// Definitions of attribute types and object classes as a subschema entry holds them (RFC 4512 4.1.1, 4.1.2), read leniently.

/** One definition. */
export interface Definition {
  /** Numeric, or what some servers write instead: a name. */
  readonly oid: string;
  readonly names: readonly string[];
  /** By keyword: its values; none for a keyword without values. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** Characters of one definition. */
const LONGEST_DEFINITION = 32_768;
/** A quoted string, a parenthesis, a word; dollar signs and spaces are in between. */
const TOKEN = /'([^']*)'|[()]|[^\s()'$]+/g;
/** Keywords without values. */
const ALONE: ReadonlySet<string> = new Set([
  ...['OBSOLETE', 'SINGLE-VALUE', 'COLLECTIVE', 'NO-USER-MODIFICATION', 'ABSTRACT', 'STRUCTURAL', 'AUXILIARY'],
]);

/** The definition that a text holds; undefined for any other text. Unknown keywords are kept with their values. */
export function parseDefinition(text: string): Definition | undefined {
  if (text.length > LONGEST_DEFINITION) return undefined;
  const tokens: readonly string[] = text.match(TOKEN) ?? [];
  const [open, oid] = tokens;
  if (open !== '(' || tokens.at(-1) !== ')' || oid === undefined || /^[()']/.test(oid)) return undefined;
  const fields = new Map<string, readonly string[]>();
  for (let at = 2; at < tokens.length - 1; ) {
    const keyword = tokens[at++]!;
    if (/^[()']/.test(keyword)) return undefined;
    if (ALONE.has(keyword)) {
      fields.set(keyword, []);
      continue;
    }
    const end = tokens[at] === '(' ? tokens.indexOf(')', at) : at;
    if (end < 0 || end >= tokens.length - 1) return undefined;
    const words = tokens[at] === '(' ? tokens.slice(at + 1, end) : [tokens[at]!];
    if (words.includes('(')) return undefined;
    if (!fields.has(keyword)) fields.set(keyword, words.map(unquoted));
    at = end + 1;
  }
  return { oid: unquoted(oid), names: fields.get('NAME') ?? [], fields };
}

/** Some servers quote OIDs as well. */
function unquoted(token: string): string {
  return token.startsWith("'") ? token.slice(1, -1) : token;
}
