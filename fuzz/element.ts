// BER as a tree that can be bent: every element with its tag, its content, and a length that may be a lie.

export interface Element {
  tag: number;
  /** Of constructed elements; of others `content` counts. */
  children: Element[] | undefined;
  content: Buffer;
  /** The length bytes to write in place of the true ones. */
  length?: Buffer;
}

const DEEPEST = 60;

/** The elements that the bytes consist of, or undefined if they do not. Constructed ones that cannot be read are taken as they are. */
export function parseElements(octets: Buffer, depth = 0): Element[] | undefined {
  const elements: Element[] = [];
  for (let at = 0; at < octets.length; ) {
    if (at + 2 > octets.length) return undefined;
    const tag = octets[at]!;
    let length = octets[at + 1]!;
    let start = at + 2;
    if (length >= 0x80) {
      const count = length - 0x80;
      if (count === 0 || count > 4 || start + count > octets.length) return undefined;
      length = octets.readUIntBE(start, count);
      start += count;
    }
    if (start + length > octets.length) return undefined;
    const content = octets.subarray(start, start + length);
    const children = (tag & 0x20) !== 0 && depth < DEEPEST ? parseElements(content, depth + 1) : undefined;
    elements.push({ tag, children, content });
    at = start + length;
  }
  return elements;
}

export function printElement({ tag, children, content, length }: Element): Buffer {
  const body = children === undefined ? content : Buffer.concat(children.map(printElement));
  return Buffer.concat([Buffer.of(tag), length ?? lengthOctets(body.length), body]);
}

/** A length in its shortest form, or in `octets` bytes behind the first. */
export function lengthOctets(length: number, octets?: number): Buffer {
  if (octets === undefined && length < 0x80) return Buffer.of(length);
  let count = octets ?? 1;
  while (count < 4 && length >= 256 ** count) count++;
  const long = Buffer.alloc(1 + count);
  long[0] = 0x80 + count;
  long.writeUIntBE(length, 1, count);
  return long;
}

/** Every element of the tree with the list that it is in, from the outside inwards. */
export function places(elements: Element[]): { readonly among: Element[]; readonly index: number }[] {
  return elements.flatMap((element, index) => [{ among: elements, index }, ...places(element.children ?? [])]);
}

export function copyOf(element: Element): Element {
  return { ...element, children: element.children?.map(copyOf) };
}
