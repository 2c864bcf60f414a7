// Delta debugging: from an input that fails to a small one that still does. Messages are dropped first, then elements, then bytes.
import { type Element, parseElements, places, printElement } from './element.js';

type Fails = (messages: readonly Buffer[]) => boolean | Promise<boolean>;

/** The messages that are needed, and of each the part that is, as far as a limited number of trials can find. */
export async function shrunk(messages: readonly Buffer[], fails: Fails, trials = 5000): Promise<readonly Buffer[]> {
  let left = trials;
  const counted: Fails = (candidate) => left-- > 0 && fails(candidate);
  const needed = [...(await fewer(messages, counted))];
  for (let i = 0; i < needed.length; i++) {
    const failsWith = (octets: Buffer) => counted(needed.map((message, j) => (i === j ? octets : message)));
    const simple = await simpler(needed[i]!, failsWith);
    needed[i] = Buffer.from(await fewer([...simple], (octets) => failsWith(Buffer.from(octets))));
  }
  return needed;
}

/** Zeller's ddmin: leaves out parts, large ones first, as long as what is left fails. */
async function fewer<Part>(
  parts: readonly Part[],
  fails: (parts: readonly Part[]) => boolean | Promise<boolean>,
): Promise<readonly Part[]> {
  let left = parts;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < left.length && left.length > 1; ) {
      const without = [...left.slice(0, at), ...left.slice(at + size)];
      if (without.length > 0 && (await fails(without))) left = without;
      else at += size;
    }
  }
  return left;
}

/** Drops, empties and unwraps elements, with lengths that are true again. Bytes that are not elements stay as they are. */
async function simpler(octets: Buffer, fails: (octets: Buffer) => boolean | Promise<boolean>): Promise<Buffer> {
  let best = octets;
  for (let isBetter = true; isBetter; ) {
    isBetter = false;
    for (const candidate of simplerForms(best)) {
      if (!(await fails(candidate))) continue;
      best = candidate;
      isBetter = true;
      break;
    }
  }
  return best;
}

/** Shorter bytes, from the outermost change to the innermost. */
function* simplerForms(octets: Buffer): Generator<Buffer> {
  const count = places(parseElements(octets) ?? []).length;
  for (let i = 0; i < count; i++) {
    for (const change of CHANGES) {
      const elements = parseElements(octets) ?? [];
      const { among, index } = places(elements)[i]!;
      change(among, index);
      const candidate = Buffer.concat(elements.map(printElement));
      if (candidate.length > 0 && candidate.length < octets.length) yield candidate;
    }
  }
}

const CHANGES: readonly ((among: Element[], index: number) => void)[] = [
  (among, index) => void among.splice(index, 1),
  (among, index) => void among.splice(index, 1, ...(among[index]!.children ?? [])),
  (among, index) => {
    among[index] = { ...among[index]!, children: undefined, content: Buffer.alloc(0) };
  },
  (among, index) => {
    const { children, content } = among[index]!;
    if (children === undefined) among[index] = { ...among[index]!, content: content.subarray(0, content.length >> 1) };
  },
];
