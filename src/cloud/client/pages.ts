// A page of a list of V1, `{"totalCount": …, "results": […]}`: its list is read item by item, and the rest is not made into objects at all.
import type { Steps } from '../../runtime/cooperative.js';
import { itemsOf, NoList } from './items.js';

export interface Page<Item> {
  readonly results: Item[];
  /** How many there are in all, where that is said. */
  readonly total: number | undefined;
}

/** Characters between two steps. */
const STEP = 64 * 1024;
/** Characters of the name of a field, and of a number, that are looked at. */
const SHORT = 64;

/** What `read` makes of the first `most` results. Throws NoList for a text that has no list of them. */
export function* pageOf<Item>(text: string, most: number, read: (item: unknown) => Item): Steps<Page<Item>> {
  const fields = yield* fieldsOf(text);
  const results = fields.get('results');
  if (results?.startsWith('[') !== true) throw new NoList('there are no results');
  const count = fields.get('totalCount') ?? '';
  const total = /^[0-9]{1,15}$/.test(count) ? Number(count) : undefined;
  return { results: yield* itemsOf(results, most, read), total };
}

/** The texts of the two fields that matter; of one that is there twice the later one. Whether the others are JSON is not looked at. */
function* fieldsOf(text: string): Steps<Map<string, string>> {
  const fields = new Map<string, string>();
  const scan = new Scan(text);
  const isOpen = scan.skip() === BRACE;
  scan.at++;
  if (isOpen && scan.skip() === BRACE_END) return scan.end(fields);
  while (isOpen) {
    const key = scan.skip() === QUOTE ? yield* scan.value() : '';
    if (scan.skip() !== COLON) break;
    scan.at++;
    scan.skip();
    const value = yield* scan.value();
    const name = key.length <= SHORT ? nameIn(key) : undefined;
    if (name === 'results' || name === 'totalCount') fields.set(name, value);
    const next = scan.skip();
    if (next === BRACE_END) return scan.end(fields);
    if (next !== COMMA) break;
    scan.at++;
  }
  throw new NoList('no object, or not ended');
}

function nameIn(key: string): unknown {
  try {
    return JSON.parse(key);
  } catch {
    return undefined;
  }
}

class Scan {
  at = 0;

  constructor(private readonly text: string) {}

  /** The next character that is not a space. */
  skip(): number {
    while (SPACES.has(this.text.charCodeAt(this.at))) this.at++;
    return this.text.charCodeAt(this.at);
  }

  /** The text of the value that begins here; what follows it is next. */
  *value(): Steps<string> {
    const begin = this.at;
    const state = { depth: 0, isQuoted: false };
    for (;;) {
      const until = Math.min(this.text.length, this.at + STEP);
      if (this.isOver(state, until) || this.at >= this.text.length) break;
      yield;
    }
    return this.text.slice(begin, this.at).trimEnd();
  }

  /** Goes on to the end of the value, or so far. */
  private isOver(state: { depth: number; isQuoted: boolean }, until: number): boolean {
    const { text } = this;
    let { depth, isQuoted } = state;
    let at = this.at;
    let isOver = false;
    for (; at < until && !isOver; at++) {
      const char = text.charCodeAt(at);
      if (isQuoted) {
        if (char === BACKSLASH) at++;
        else if (char === QUOTE) isQuoted = false;
        isOver = !isQuoted && depth === 0;
      } else if (char === QUOTE) isQuoted = true;
      else if (char === BRACE || char === BRACKET) depth++;
      else if ((char === BRACE_END || char === BRACKET_END) && depth > 0) isOver = --depth === 0;
      else if (depth === 0 && (char === COMMA || char === COLON || char === BRACE_END)) break;
    }
    const isEnd = isOver || at < until;
    Object.assign(state, { depth, isQuoted });
    this.at = at;
    return isEnd;
  }

  /** Behind the closing brace there is nothing. */
  end(fields: Map<string, string>): Map<string, string> {
    this.at++;
    this.skip();
    if (this.at < this.text.length) throw new NoList('more than an object');
    return fields;
  }
}

const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;
