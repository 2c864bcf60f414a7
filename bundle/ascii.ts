// A bundle in ASCII: it is read byte by byte, and V8 keeps it in one byte a character.

/**
 * Writes every other character as `\uXXXX`. esbuild does so in strings and names; what it leaves are templates with a tag and regular
 * expressions, where the same is meant, and comments.
 */
export function inAscii(text: string): string {
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
