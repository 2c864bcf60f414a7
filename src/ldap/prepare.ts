// String preparation for matching: what OpenLDAP takes for equal is equal here, and nothing else is.
//
// Whether two names are one decides who is let in, and the upstream's server decides it by its own tables. RFC 4518 would also drop soft
// hyphens and zero-width characters and fold case by the table of RFC 3454 B.2 (ß is ss, ς is σ). OpenLDAP does neither: each character
// becomes its simple lower case, then comes NFKC. Folding further would take two upstream accounts for one.
import { LATER_CHARACTERS } from './later-characters.js';

/** What needs any of this work: everything but ASCII. */
const PLAIN = /^[\u0000-\u007f]*$/;
const LATER = new RegExp(LATER_CHARACTERS, 'u');
const BETWEEN_LATER = new RegExp(`(${LATER_CHARACTERS})`, 'u');
/** Roman numerals and circled letters have a lower case in Unicode. They are not letters, and OpenLDAP leaves them. */
const UNCASED = /[\u2160-\u216f\u24b6-\u24cf]/;
const BETWEEN_UNCASED = /([\u2160-\u216f\u24b6-\u24cf]+)/;

/**
 * Octets of text that may need preparation: a longer one has no key. Normalization makes 18 characters of one (U+FDFA), so a megabyte would take 0.1
 * s. Plain ASCII is not bounded here.
 */
export const LONGEST_PREPARED = 8192;
/** Combining marks in a row, in UTF-16 units: sorting them takes the square of their number (16 KiB of them: 40 ms). */
const MOST_MARKS = 64;

function isTooLong(text: string): boolean {
  return text.length * 3 > LONGEST_PREPARED && Buffer.byteLength(text) > LONGEST_PREPARED;
}

function hasLongRunOfMarks(text: string): boolean {
  if (text.length <= MOST_MARKS) return false;
  for (const [marks] of text.matchAll(/\p{M}+/gu)) if (marks.length > MOST_MARKS) return true;
  return false;
}

/**
 * The text as all its equal spellings come out, or undefined if it is not well formed or is beyond the bounds above. Spaces are left as
 * they are.
 */
function prepareCharacters(text: string, foldCase: boolean): string | undefined {
  if (PLAIN.test(text)) return foldCase ? text.toLowerCase() : text;
  if (isTooLong(text) || !text.isWellFormed() || hasLongRunOfMarks(text)) return undefined;
  if (!LATER.test(text)) return normalize(text, foldCase);
  // Every other part is a run of later characters: they neither change nor join with what is beside them.
  return text
    .split(BETWEEN_LATER)
    .map((part, i) => (i % 2 === 1 ? part : normalize(part, foldCase)))
    .join('');
}

function normalize(text: string, foldCase: boolean): string {
  return (foldCase ? lowerCase(text) : text).normalize('NFKC');
}

/** The simple lower case of each character, before its decomposition: that is OpenLDAP's order, so ℡ stays TEL. */
function lowerCase(text: string): string {
  if (!UNCASED.test(text)) return lowerLetters(text);
  return text
    .split(BETWEEN_UNCASED)
    .map((part, i) => (i % 2 === 1 ? part : lowerLetters(part)))
    .join('');
}

/** toLowerCase(), except for the two letters that it does not map one to one: a final Σ, and İ, which becomes two characters. */
function lowerLetters(text: string): string {
  return text.replaceAll('Σ', 'σ').replaceAll('İ', 'i').toLowerCase();
}

/** Whole values: outer spaces are dropped, inner ones count once (RFC 4518 2.6.1); one of nothing but spaces is one space. */
export function prepareValue(text: string, foldCase: boolean): string | undefined {
  const prepared = prepareCharacters(text, foldCase);
  return prepared === undefined ? undefined : trimmed(prepared);
}

/** The same for IA5 Strings: case is that of ASCII. Anything else, which a mail address may hold (RFC 6531), is equal to itself alone. */
export function prepareIA5Value(text: string, foldCase: boolean): string {
  return trimmed(foldCase ? lowerAscii(text) : text);
}

/** Parts of a substring assertion: spaces at a cut are kept as one, because they separate words. */
export function prepareSubstring(
  text: string,
  foldCase: boolean,
  part: 'initial' | 'any' | 'final',
): string | undefined {
  const prepared = prepareCharacters(text, foldCase);
  return prepared === undefined ? undefined : cut(prepared, part);
}

/** The same for IA5 Strings. */
export function prepareIA5Substring(text: string, foldCase: boolean, part: 'initial' | 'any' | 'final'): string {
  return cut(foldCase ? lowerAscii(text) : text, part);
}

function lowerAscii(text: string): string {
  return PLAIN.test(text) ? text.toLowerCase() : text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function trimmed(text: string): string {
  const squeezed = squeeze(text);
  return squeezed === ' ' ? squeezed : withoutFinalSpace(withoutInitialSpace(squeezed));
}

function cut(text: string, part: 'initial' | 'any' | 'final'): string {
  const squeezed = squeeze(text);
  if (part === 'any') return squeezed;
  return part === 'initial' ? withoutInitialSpace(squeezed) : withoutFinalSpace(squeezed);
}

// Not by trim(): that drops line separators and byte order marks as well.
const withoutInitialSpace = (text: string) => (text.startsWith(' ') ? text.slice(1) : text);
const withoutFinalSpace = (text: string) => (text.endsWith(' ') ? text.slice(0, -1) : text);

/** Runs of spaces become one space: linear, unlike a pattern that may try again from each position. */
function squeeze(text: string): string {
  if (!text.includes('  ')) return text;
  const words = text.split(' ').filter((word, i, all) => word !== '' || i === 0 || i === all.length - 1);
  const joined = words.join(' ');
  return joined === '' || joined === '  ' ? ' ' : joined;
}

/** Telephone numbers: spaces and hyphens do not count, nor does case (RFC 4518 2.6.3). `text` is a PrintableString. */
export function prepareTelephone(text: string): string {
  return text.toLowerCase().replace(/[ -]/g, '');
}
