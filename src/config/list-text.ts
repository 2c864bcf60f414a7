// Lists as one text. It loads no package, for a health check needs it too.

/** The items of a list that is written as a text with commas, in brackets or without, quoted or not (`[10.0.0.5, "fd00::/8"]`). */
export function itemsOf(text: string): string[] {
  const inside = /^\s*\[(.*)\]\s*$/s.exec(text)?.[1] ?? text;
  return inside.trim() === '' ? [] : inside.split(',').map((part) => part.trim().replace(/^(["'])(.*)\1$/s, '$2'));
}
