// The inputs that are worth mutating: of each thing that the code can do the shortest input that makes it do it.
import type { Random } from '../random.js';
import type { Trace } from './instrument.js';

/** How often an edge was taken, in eight classes: the number of a loop's rounds counts, but not each round. */
const CLASSES = 8;

function classOf(count: number): number {
  if (count <= 3) return count - 1;
  if (count <= 7) return 3;
  if (count <= 15) return 4;
  if (count <= 31) return 5;
  return count <= 127 ? 6 : 7;
}

/** A feature is an edge (a branch after another) in one class. */
export class Collection {
  private readonly shortest = new Map<number, Buffer>();
  /** The features in the order in which they were found. */
  private readonly features: number[] = [];
  /** In how many executions each feature was seen. */
  private readonly seen: Uint32Array;
  private readonly known: Uint8Array;
  /** Edges that some input took. */
  edges = 0;

  constructor(slots: number) {
    this.seen = new Uint32Array(slots * CLASSES);
    this.known = new Uint8Array(slots);
  }

  /**
   * Takes note of what an execution did, and keeps the input if it is the first or the shortest that does some of it.
   * True if it took an edge that none before it took.
   */
  add(input: Buffer, { counts, touched, size }: Trace): boolean {
    const before = this.edges;
    for (let i = 0; i < size; i++) {
      const slot = touched[i]!;
      const feature = slot * CLASSES + classOf(counts[slot]!);
      if (this.seen[feature]!++ === 0) {
        this.features.push(feature);
        this.shortest.set(feature, input);
        if (this.known[slot] === 0) this.edges++;
        this.known[slot] = 1;
      } else if (input.length < this.shortest.get(feature)!.length) this.shortest.set(feature, input);
    }
    return this.edges > before;
  }

  /** An input for a feature that is rare: what lies behind it has been tried least. */
  pick(random: Random): Buffer {
    let rarest = random.pick(this.features);
    for (let more = random.below(4); more > 0; more--) {
      const other = random.pick(this.features);
      if (this.seen[other]! < this.seen[rarest]!) rarest = other;
    }
    return this.shortest.get(rarest)!;
  }

  inputs(): Buffer[] {
    return [...new Set(this.shortest.values())];
  }
}
