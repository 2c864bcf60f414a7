// Mutations: of the tree of elements (tags, lengths, dropped, doubled, swapped and nested ones) and of single bits and bytes.
import { copyOf, type Element, lengthOctets, parseElements, places, printElement } from './element.js';
import type { Random } from './random.js';

/** The largest input that is made, in bytes. */
const LARGEST = 200_000;
const BIND_REQUEST = 0x60;
const TAGS = [
  0x00, 0x01, 0x02, 0x04, 0x05, 0x0a, 0x30, 0x31, 0x24, 0x42, 0x4a, 0x50, 0x60, 0x61, 0x63, 0x64, 0x66, 0x68, 0x6c,
  0x6e, 0x77, 0x78, 0x80, 0x81, 0x82, 0x83, 0x84, 0x87, 0x8a, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa8, 0xa9, 0x1f,
  0x7f, 0xbf, 0xff,
];
const LENGTHS = [
  '00',
  '01',
  '7f',
  '80',
  '81',
  'ff',
  '8100',
  '81ff',
  '820000',
  '82ffff',
  '83ffffff',
  '8400000000',
  '847fffffff',
  '8480000000',
  '84ffffffff',
  '850100000005',
  '88ffffffffffffffff',
];
const CONTENTS = [
  '',
  '00',
  '01',
  '02',
  '03',
  '7f',
  '80',
  'ff',
  '0080',
  '00ff',
  '0100',
  '7fffffff',
  '80000000',
  'ffffffff',
  '0000000003',
  'c080',
  'eda080',
  'fffe',
  'efbbbf',
  'e280a8',
  '2a',
  '28292a7c',
  '5c',
  '5c00',
  '3d2c2b',
  '2c2c2c2c',
  '300080',
  '646e3a',
];
const WORDS = [
  '__proto__',
  'constructor',
  '\0',
  '*',
  'uid=,',
  '\\zz',
  '"',
  '#0',
  'ou=Users,o=5f1c0a9e7b3d4c2a8e6f9d10,dc=jumpcloud,dc=com',
  '\r\n{"level":60}',
  '\u{1f600}',
  'ﬀ',
  'ß',
  '\u0301',
];

/** One input: a message from the corpus, as it is or changed, or bytes of no sense at all. */
export function mutated(random: Random, corpus: readonly Buffer[]): Buffer {
  if (random.once(200)) return random.octets(1 + random.below(64));
  const octets = random.pick(corpus);
  if (random.once(12)) return octets;
  const bent = random.once(4) ? octets : bend(octets, random, corpus);
  return (bent === octets || random.once(4) ? spoil(bent, random) : bent).subarray(0, LARGEST);
}

/** A message whose envelope is valid, so that the conversation goes on behind it: only the operation and its controls are changed. */
export function mutatedInside(random: Random, corpus: readonly Buffer[]): Buffer {
  const [envelope] = parseElements(random.pick(corpus)) ?? [];
  const inner = envelope?.children;
  if (envelope === undefined || inner === undefined || inner.length < 2) return mutated(random, corpus);
  const part = inner[1 + random.below(inner.length - 1)]!;
  if (part.children === undefined) part.content = spoil(part.content, random);
  else {
    for (let times = random.below(4); times > 0 && part.children.length > 0; times--)
      bendOnce(part.children, random, corpus);
    if (random.once(4)) setContent(part, spoil(Buffer.concat(part.children.map(printElement)), random));
  }
  const octets = printElement(envelope);
  return octets.length > LARGEST ? random.pick(corpus) : octets;
}

function bend(octets: Buffer, random: Random, corpus: readonly Buffer[]): Buffer {
  const elements = parseElements(octets);
  if (elements === undefined) return octets;
  for (let times = 1 + random.below(3); times > 0 && elements.length > 0; times--) bendOnce(elements, random, corpus);
  return Buffer.concat(elements.map(printElement));
}

function bendOnce(elements: Element[], random: Random, corpus: readonly Buffer[]): void {
  const all = places(elements);
  const { among, index } = random.pick(all);
  const element = among[index]!;
  const other = random.pick(all);
  switch (random.below(14)) {
    case 0:
      among.splice(index, 1);
      return;
    case 1:
      among.splice(index, 0, copyOf(element));
      return;
    case 2: {
      const sibling = random.below(among.length);
      [among[index], among[sibling]] = [among[sibling]!, element];
      return;
    }
    case 3:
      among[index] = copyOf(other.among[other.index]!);
      return;
    case 4:
      among[index] = nested(element, random.once(8) ? 45 + random.below(20) : 1 + random.below(4), random);
      return;
    case 5:
      element.tag = random.pick(TAGS);
      return;
    case 6:
      element.tag ^= 1 << random.below(8);
      return;
    case 7:
      element.length = Buffer.from(random.pick(LENGTHS), 'hex');
      return;
    case 8: {
      const length = printElement({ ...element, length: Buffer.alloc(0) }).length - 1;
      element.length = lengthOctets(
        Math.max(0, length + random.below(5) - 2),
        random.once(2) ? 1 + random.below(4) : undefined,
      );
      return;
    }
    case 9:
      setContent(element, Buffer.from(random.pick(CONTENTS), 'hex'));
      return;
    case 10:
      setContent(element, Buffer.from(random.pick(WORDS)));
      return;
    case 11:
      setContent(element, Buffer.concat([element.content, random.octets(random.below(9))]));
      return;
    case 12: {
      const times = random.once(20) ? 1 + random.below(mostCopies(element)) : 1 + random.below(5);
      among.splice(index, 0, ...Array.from({ length: times }, () => copyOf(element)));
      return;
    }
    default: {
      // A part of another message in place of this one.
      const foreign = parseElements(random.pick(corpus));
      if (foreign === undefined || foreign.length === 0) return;
      const place = random.pick(places(foreign));
      among[index] = copyOf(place.among[place.index]!);
    }
  }
}

function setContent(element: Element, content: Buffer): void {
  element.children = undefined;
  element.content = content;
}

/** Binds wait for each other, and a refused one for the moment that all refusals have: a thousand of them would take a minute. */
function mostCopies({ children }: Element): number {
  return children?.some(({ tag }) => tag === BIND_REQUEST) ? 100 : 1200;
}

/** The element nested in itself or in filters, `times` levels deep. */
function nested(element: Element, times: number, random: Random): Element {
  const tag = random.once(2) ? element.tag | 0x20 : random.pick([0xa0, 0xa1, 0xa2, 0x30]);
  let inner = copyOf(element);
  for (let i = 0; i < times; i++) inner = { tag, children: [inner], content: Buffer.alloc(0) };
  return inner;
}

function spoil(octets: Buffer, random: Random): Buffer {
  let spoilt: Buffer = Buffer.from(octets);
  for (let times = 1 + random.below(4); times > 0 && spoilt.length > 0; times--) {
    const at = random.below(spoilt.length);
    const size = 1 + random.below(8);
    switch (random.below(6)) {
      case 0:
        spoilt[at] = spoilt[at]! ^ (1 << random.below(8));
        break;
      case 1:
        spoilt[at] = random.once(2) ? random.below(256) : random.pick(TAGS);
        break;
      case 2:
        spoilt = Buffer.concat([spoilt.subarray(0, at), spoilt.subarray(at + size)]);
        break;
      case 3:
        spoilt = Buffer.concat([spoilt.subarray(0, at), random.octets(size), spoilt.subarray(at)]);
        break;
      case 4:
        spoilt = Buffer.concat([spoilt.subarray(0, at + size), spoilt.subarray(at)]);
        break;
      default:
        spoilt = spoilt.subarray(0, at + 1);
    }
  }
  return spoilt;
}
