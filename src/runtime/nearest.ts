// Which word somebody may have meant.

/** The most similar of some names, if one is similar at all. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(3, Math.floor(name.length / 3));
  for (const candidate of names) {
    const far = distance(name.toLowerCase(), candidate.toLowerCase());
    // Of very short names all are close to each other: some of it has to be the same.
    if (far < least && far < Math.max(name.length, candidate.length)) [best, least] = [candidate, far];
  }
  return best;
}

/** Levenshtein distance of two short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
