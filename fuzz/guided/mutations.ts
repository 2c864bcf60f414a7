// Mutations of bytes that know nothing of their meaning: bits, ranges, numbers, words of a dictionary, parts of other inputs.
import type { Random } from '../random.js';

const MOST_AT_ONCE = 6;
const LONGEST_RANGE = 16;
/** A large prime. */
const STEP = 1_000_003;
const INTERESTING = [0x00, 0x01, 0x02, 0x0a, 0x0d, 0x20, 0x2c, 0x30, 0x5c, 0x7f, 0x80, 0x81, 0x84, 0xa0, 0xc3, 0xff];

export interface Material {
  readonly words: readonly Buffer[];
  readonly corpus: readonly Buffer[];
  /** Bytes of the longest result. */
  readonly longest: number;
}

/** The number of ways to change one byte: what a condition on one byte needs. */
const WAYS = 8 + 8 + INTERESTING.length;

/** All inputs that differ in one byte as above, from a random one on, up to a limit. */
export function* neighbours(input: Buffer, random: Random, most: number): Generator<Buffer> {
  const all = input.length * WAYS;
  // A step that has no divisor in common with the number of them visits each once.
  const start = all === 0 ? 0 : random.below(all);
  for (let i = 0, at = start; i < Math.min(all, most); i++, at = (at + STEP) % all) {
    const octets = Buffer.from(input);
    const place = Math.floor(at / WAYS);
    const way = at % WAYS;
    const octet = octets[place]!;
    if (way < 8) octets[place] = octet ^ (1 << way);
    else if (way < 16) octets[place] = octet + (way < 12 ? way - 7 : 11 - way);
    else octets[place] = INTERESTING[way - 16]!;
    yield octets;
  }
}

type Mutation = (octets: Buffer, random: Random, material: Material) => Buffer;

const replaced = (octets: Buffer, from: number, to: number, by: Buffer) =>
  Buffer.concat([octets.subarray(0, from), by, octets.subarray(to)]);
/** A position at which something can be; the end included for insertions. */
const place = (octets: Buffer, random: Random) => random.below(octets.length + 1);
const end = (octets: Buffer, from: number, random: Random) =>
  Math.min(octets.length, from + 1 + random.below(LONGEST_RANGE));
const part = (octets: Buffer, random: Random) => {
  const from = place(octets, random);
  return octets.subarray(from, from + 1 + random.below(Math.max(1, octets.length - from)));
};

const MUTATIONS: readonly Mutation[] = [
  (octets, random) => changedOctet(octets, random, (octet) => octet ^ (1 << random.below(8))),
  (octets, random) => changedOctet(octets, random, () => random.pick(INTERESTING)),
  (octets, random) => changedOctet(octets, random, () => random.below(256)),
  (octets, random) => changedOctet(octets, random, (octet) => octet + random.below(9) - 4),
  (octets, random) => {
    const at = place(octets, random);
    return replaced(octets, at, end(octets, at, random), Buffer.alloc(0));
  },
  (octets, random) => {
    const at = place(octets, random);
    return replaced(octets, at, at, octets.subarray(at, end(octets, at, random)));
  },
  (octets, random) => {
    const at = place(octets, random);
    return replaced(octets, at, at, random.octets(1 + random.below(4)));
  },
  (octets, random, { words }) => {
    const at = place(octets, random);
    return replaced(octets, at, at, random.pick(words));
  },
  (octets, random, { words }) => {
    const at = place(octets, random);
    const word = random.pick(words);
    return replaced(octets, at, Math.min(octets.length, at + word.length), word);
  },
  (octets, random, { corpus }) => {
    const at = place(octets, random);
    return replaced(octets, at, at, part(random.pick(corpus), random));
  },
  (octets, random, { corpus }) => {
    const other = random.pick(corpus);
    return Buffer.concat([octets.subarray(0, place(octets, random)), other.subarray(place(other, random))]);
  },
  // The same part many times: depth, number and length limits are far away for everything else.
  (octets, random) => {
    const at = place(octets, random);
    const repeated = octets.subarray(at, end(octets, at, random));
    const times = random.once(4) ? 1 + random.below(1200) : 1 + random.below(20);
    return replaced(octets, at, at, Buffer.concat(Array.from({ length: times }, () => repeated)));
  },
];

function changedOctet(octets: Buffer, random: Random, change: (octet: number) => number): Buffer {
  if (octets.length === 0) return random.octets(1);
  const changed = Buffer.from(octets);
  const at = random.below(changed.length);
  changed[at] = change(changed[at]!) & 0xff;
  return changed;
}

/** The input with one to six mutations. */
export function changed(input: Buffer, random: Random, material: Material): Buffer {
  let octets = input;
  for (let times = random.once(2) ? 1 : 1 + random.below(MOST_AT_ONCE); times > 0; times--) {
    octets = random.pick(MUTATIONS)(octets, random, material);
    if (octets.length > material.longest) octets = octets.subarray(0, material.longest);
  }
  return octets;
}
