// Commands to copy: a name in them is one word of a POSIX shell, whatever somebody has put into it.

/** One word of a POSIX shell, in single quotes. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The same without quotes where it needs none. */
export function shellWord(text: string): string {
  return /^[\p{L}\p{M}\p{N}_.@%+,:/=-]+$/u.test(text) ? text : quoted(text);
}
