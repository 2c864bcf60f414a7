// String preparation for matching (RFC 4518): map, normalise, refuse what is prohibited, make spaces insignificant.

/** Mapped to nothing (RFC 4518 2.2): controls, soft hyphen, joiners, variation selectors, byte order mark. */
const NOTHING =
  /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u06dd\u070f\u1806\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2063\u206a-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffc]/gu;
/** Mapped to a space. */
const SPACE = /[\t\n\v\f\r\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/gu;
/** Prohibited (RFC 4518 2.4): private use, non-characters, surrogates, the replacement character. */
const PROHIBITED = /[\ue000-\uf8ff\ufdd0-\ufdef\ufffd-\uffff\ud800-\udfff]/u;
/** What needs any of this work: everything but printable ASCII. */
const PLAIN = /^[ -~]*$/;

/**
 * Octets of text that may need preparation: a longer one has no key. Normalization makes 18 characters of one (U+FDFA), so that a megabyte
 * would take 0.1 s. Plain ASCII is not bounded here.
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
 * The text as all its equal spellings come out, or undefined if it holds what is prohibited or is beyond the bounds above. Spaces are left
 * as they are.
 */
function prepareCharacters(text: string, foldCase: boolean): string | undefined {
  if (PLAIN.test(text)) return foldCase ? text.toLowerCase() : text;
  if (isTooLong(text) || !text.isWellFormed() || hasLongRunOfMarks(text)) return undefined;
  let mapped = text.replace(NOTHING, '').replace(SPACE, ' ').normalize('NFKC');
  // Upper case first, so that ß meets SS and a final sigma meets any other; the result may decompose anew.
  if (foldCase) mapped = mapped.toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
  return PROHIBITED.test(mapped) ? undefined : mapped;
}

/** Whole values: outer spaces are dropped, inner ones count once (RFC 4518 2.6.1, as for comparison of whole values). */
export function prepareValue(text: string, foldCase: boolean): string | undefined {
  const prepared = prepareCharacters(text, foldCase);
  return prepared === undefined ? undefined : squeeze(prepared).trim();
}

/** Parts of a substring assertion: spaces at a cut are kept as one, for they stand between words. */
export function prepareSubstring(
  text: string,
  foldCase: boolean,
  part: 'initial' | 'any' | 'final',
): string | undefined {
  const prepared = prepareCharacters(text, foldCase);
  if (prepared === undefined) return undefined;
  const squeezed = squeeze(prepared);
  if (part === 'initial') return squeezed.trimStart();
  return part === 'final' ? squeezed.trimEnd() : squeezed;
}

/** Runs of spaces become one space: linear, unlike a pattern that may try again from each position. */
function squeeze(text: string): string {
  return text.includes('  ')
    ? text
        .split(' ')
        .filter((word, i, all) => word !== '' || i === 0 || i === all.length - 1)
        .join(' ')
    : text;
}

/** Telephone numbers: spaces and hyphens do not count, nor does case (RFC 4518 2.6.3). `text` is a PrintableString. */
export function prepareTelephone(text: string): string {
  return text.toLowerCase().replace(/[ -]/g, '');
}
