// Client addresses as text: one spelling for each, and the block that limits count by.

/**
 * The one spelling of an address: RFC 5952 for IPv6, and IPv4 where IPv6 only wraps it (`::ffff:c633:6409` is `198.51.100.9`).
 * A zone (`fe80::1%eth0`) is kept. Anything else comes back as it is, e.g. the empty text of a socket file.
 */
export function canonicalAddress(text: string): string {
  // IPv4 in dotted decimals has one spelling: nothing is made for it.
  if (!text.includes(':')) return text;
  const mark = text.indexOf('%');
  const groups = parseIPv6(mark < 0 ? text : text.slice(0, mark));
  if (groups === undefined) return text;
  if (isMapped(groups)) return `${groups[6]! >> 8}.${groups[6]! & 255}.${groups[7]! >> 8}.${groups[7]! & 255}`;
  return mark < 0 ? formatIPv6(groups) : formatIPv6(groups) + text.slice(mark);
}

/**
 * What limits count by, of a canonical address: an IPv4 address is itself, an IPv6 address its /64 (`2001:db8:0:1::/64`),
 * because one customer or host has at least that (RFC 6177, RFC 7934). Anything else comes back as it is.
 */
export function addressBlock(canonical: string): string {
  if (!canonical.includes(':')) return canonical;
  const mark = canonical.indexOf('%');
  const groups = parseIPv6(mark < 0 ? canonical : canonical.slice(0, mark));
  if (groups === undefined) return canonical;
  const block = `${formatIPv6(groups.fill(0, 4))}/64`;
  return mark < 0 ? block : block + canonical.slice(mark);
}

/** The eight groups of an IPv6 address (RFC 4291 section 2.2), or undefined for any other text. */
function parseIPv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  if (halves.length === 1) return head?.length === 8 ? head : undefined;
  const tail = parseGroups(halves[1]!, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Groups of up to four hexadecimal digits; the last two may be written as IPv4 at the end of the address. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const dotted = isEnd && i === parts.length - 1 ? DOTTED.exec(part) : null;
    if (dotted !== null) {
      const [a, b, c, d] = dotted.slice(1).map(Number) as [number, number, number, number];
      if (a > 255 || b > 255 || c > 255 || d > 255) return undefined;
      groups.push((a << 8) | b, (c << 8) | d);
    } else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

const GROUP = /^[0-9a-f]{1,4}$/i;
const DECIMAL = '(0|[1-9][0-9]{0,2})';
const DOTTED = new RegExp(`^${DECIMAL}\\.${DECIMAL}\\.${DECIMAL}\\.${DECIMAL}$`);

/** `::ffff:0:0/96` (RFC 4291 section 2.5.5.2). */
function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

/** RFC 5952 section 4: lower case, no leading zeros, `::` for the first of the longest runs of at least two zero groups. */
function formatIPv6(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; ) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    i = Math.max(end, i + 1);
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return start < 0 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}
