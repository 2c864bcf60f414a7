// Who of a snapshot's members is in which gate, that is, in which of the configured groups. Pure.
import type { ShardedMap } from '../runtime/sharded-map.js';

/** The gates of one app, by their configured names; `everyone`: all people in the mirror. */
export type GateNames = readonly string[] | 'everyone';

/** Those who are in at least one of some gates. */
export interface GateMembers {
  /** By the canonical uid. */
  has(uid: string): boolean;
  readonly count: number;
}

/** Bits by gate, 32 in a word. */
const BITS = 32;

/** The number of words that hold one bit per gate. */
export function wordsFor(gates: number): number {
  return Math.ceil(gates / BITS);
}

/** Sets the bit of a gate in the row that begins at `word`. */
export function setBit(bits: Uint32Array, word: number, gate: number): void {
  bits[word + (gate >>> 5)]! |= 1 << (gate & 31);
}

function hasBit(bits: Uint32Array, gate: number): boolean {
  return (bits[gate >>> 5]! & (1 << (gate & 31))) !== 0;
}

/** People who are in the same gates: an organisation has few such combinations, and each person only refers to one. */
interface Combination {
  readonly bits: Uint32Array;
  count: number;
}

/** Takes down who is in which gates; lives while one snapshot is built. */
export class GatesBuilder {
  private readonly combinations: Combination[] = [];
  private readonly known = new Map<string, number>();
  private readonly sizes: Map<string, number>;

  /** `names`: of the gates, in the order of their bits. */
  constructor(private readonly names: readonly string[]) {
    this.sizes = new Map(names.map((name) => [name, 0]));
  }

  /** The number of the combination that has these bits, which are copied. */
  numberOf(bits: Uint32Array): number {
    const key = bits.join();
    let number = this.known.get(key);
    if (number === undefined) {
      number = this.combinations.push({ bits: bits.slice(), count: 0 }) - 1;
      this.known.set(key, number);
    }
    return number;
  }

  /** One more person with this combination. */
  count(number: number): void {
    const { sizes, names } = this;
    const combination = this.combinations[number]!;
    combination.count++;
    for (const [gate, name] of names.entries()) {
      if (hasBit(combination.bits, gate)) sizes.set(name, (sizes.get(name) ?? 0) + 1);
    }
  }

  /** `numbers`: of each member's combination, by the canonical uid. */
  gates(numbers: Pick<ShardedMap<number>, 'get'>): Gates {
    return new Gates(this.names, this.sizes, this.combinations, numbers);
  }

  /** The same where all members have the one combination: nothing is kept of each. */
  gatesOfOne(members: Pick<ShardedMap<unknown>, 'get'>): Gates {
    return this.gates({ get: (uid) => (members.get(uid) === undefined ? undefined : 0) });
  }
}

/** Which members are in which gates. Immutable; a person costs one number. */
export class Gates {
  constructor(
    /** Configured names of the groups that exist and have members. */
    readonly names: readonly string[],
    /** How many members each of them has. */
    readonly sizes: ReadonlyMap<string, number>,
    private readonly combinations: readonly Combination[],
    private readonly numbers: Pick<ShardedMap<number>, 'get'>,
  ) {}

  /** Looks the names up once: for questions about many people. */
  membersOf(gates: readonly string[]): GateMembers {
    const numbers = this.numbersOf(gates);
    const isOpen = this.combinations.map(({ bits }) => numbers.some((gate) => hasBit(bits, gate)));
    const count = this.combinations.reduce((sum, one, i) => (isOpen[i] === true ? sum + one.count : sum), 0);
    return { has: (uid) => isOpen[this.numbers.get(uid) ?? -1] === true, count };
  }

  /** Whether a member of the snapshot is in at least one of the gates. */
  isIn(uid: string, gates: readonly string[]): boolean {
    const combination = this.combinations[this.numbers.get(uid) ?? -1];
    return combination !== undefined && this.numbersOf(gates).some((gate) => hasBit(combination.bits, gate));
  }

  /** Of those that exist. */
  private numbersOf(gates: readonly string[]): number[] {
    return gates.map((name) => this.names.indexOf(name)).filter((gate) => gate >= 0);
  }
}

/** Of a snapshot without members. */
export const NO_GATES = new Gates([], new Map(), [], { get: () => undefined });
