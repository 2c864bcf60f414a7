// Substring assertions over comparison keys (RFC 4517 4.2.6, RFC 4518 2.6.1): each part behind the one before, in linear time.
import { isAscii } from 'node:buffer';
import type { SubstringFilter } from '../ldap/filter.js';
import { LONGEST_KEYED, type MatchingRule, normalizingUnits } from '../ldap/matching.js';
import { LONGEST_PREPARED } from '../ldap/prepare.js';
import type { Work } from './work.js';

/** Whether a key of a whole value has the parts; charges what looking costs. */
export type Contains = (key: string, work: Work) => boolean;

/** Undefined where a part does not fit the rule, or all of them together are too long for any value that has a key. */
export function compileSubstrings(filter: SubstringFilter, rule: MatchingRule | undefined): Contains | undefined {
  const part = rule?.part;
  if (part === undefined) return undefined;
  const all = [filter.initial, ...filter.any, filter.final].filter((octets) => octets !== undefined);
  // A part has at least one character (RFC 4517 3.3.30): an empty one would match whatever is there (R38).
  if (all.some(({ length }) => length === 0) || isTooLong(all)) return undefined;
  const initial = filter.initial === undefined ? '' : part(filter.initial, 'initial');
  const final = filter.final === undefined ? '' : part(filter.final, 'final');
  const any: string[] = [];
  for (const octets of filter.any) {
    const text = part(octets, 'any');
    if (text === undefined) return undefined;
    any.push(text);
  }
  if (initial === undefined || final === undefined) return undefined;
  // Each substring rule prepares whole values as its type's equality rule does, and those keys are there already.
  if (![initial, ...any, final].some((text) => text.includes(' '))) return containing(initial, any, final);
  const contains = containing(` ${spaced(initial)}`, any.map(spaced), `${spaced(final)} `);
  return (key, work) => {
    work.left -= key.length >> 4;
    // A whole value has no spaces at its ends and none next to another.
    return contains(` ${key.replaceAll(' ', '  ')} `, work);
  };
}

/** What compiling the assertion costs at most. */
export function substringUnits({ initial, any, final }: SubstringFilter): number {
  const all = [initial, ...any, final].filter((octets) => octets !== undefined);
  return isTooLong(all) ? 1 + all.length : all.reduce((units, octets) => units + normalizingUnits(octets), 1);
}

/** No value that has a key is as long, or has as much to prepare. */
function isTooLong(parts: readonly Buffer[]): boolean {
  let octets = 0;
  let prepared = 0;
  for (const part of parts) {
    octets += part.length;
    if (!isAscii(part)) prepared += part.length;
  }
  return octets > LONGEST_KEYED || prepared > LONGEST_PREPARED;
}

/** Two spaces between words, so that a part that ends and one that begins with a space both find theirs (RFC 4518 2.6.1). */
function spaced(text: string): string {
  const words = text.split(' ');
  return words.map((word, i) => (i === 0 ? word : (words[i - 1] === '' || word === '' ? ' ' : '  ') + word)).join('');
}

/** Each part behind the one before, found from left to right: no going back (R40). */
function containing(initial: string, any: readonly string[], final: string): Contains {
  let least = initial.length + final.length;
  for (const part of any) least += part.length;
  return (key, work) => {
    work.left -= 1;
    if (key.length < least || !key.startsWith(initial)) return false;
    work.left -= (key.length >> 4) + any.length;
    let at = initial.length;
    for (const part of any) {
      const found = indexOf(key, part, at, work);
      if (found < 0) return false;
      at = found + part.length;
    }
    return key.length - final.length >= at && key.endsWith(final);
  };
}

/** Characters of a part, and pairs of characters, up to which the engine's own search is quick whatever they are. */
const SHORT_PART = 8;
const FEW_PAIRS = 4096;

/**
 * As `String.prototype.indexOf`, whose time is the square of the length for some parts: 2 s for one of 32 KiB in a value of 64 KiB (Node
 * 20). Longer ones are searched for by Knuth, Morris and Pratt.
 */
function indexOf(text: string, part: string, from: number, work: Work): number {
  if (part.length <= SHORT_PART || part.length * (text.length - from) <= FEW_PAIRS) return text.indexOf(part, from);
  work.left -= (part.length + text.length - from) >> 4;
  const { length } = part;
  /** How much of the part is still matched when the character behind so much of it does not match. */
  const back = new Uint32Array(length);
  for (let i = 1, matched = 0; i < length; i++) {
    matched = next(part, back, matched, part.charCodeAt(i));
    back[i] = matched;
  }
  for (let i = from, matched = 0; i < text.length; i++) {
    matched = next(part, back, matched, text.charCodeAt(i));
    if (matched === length) return i - length + 1;
  }
  return -1;
}

function next(part: string, back: Uint32Array, before: number, character: number): number {
  let matched = before;
  while (matched > 0 && part.charCodeAt(matched) !== character) matched = back[matched - 1]!;
  return part.charCodeAt(matched) === character ? matched + 1 : matched;
}
