// Client text made harmless for logs and pages: one line, no control characters, bounded length (R99).

/** Longest client text in a log field, in characters. */
const LONGEST = 256;

/** Escapes everything that could start a line, move a cursor or forge a field; cuts at `longest` characters and says so. */
export function printable(text: string, longest = LONGEST): string {
  if (text.length <= longest && /^[\x20-\x7e]*$/.test(text)) return text;
  const cut = text.length > longest ? `${copyOf(text.slice(0, longest))}…(${text.length} characters)` : text;
  return cut.replace(
    /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/gu,
    (char) => {
      return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
    },
  );
}

/** The same text in memory of its own: V8 keeps the whole of a long text alive for a slice of it. */
export function copyOf(slice: string): string {
  return Buffer.from(slice, 'utf16le').toString('utf16le');
}
