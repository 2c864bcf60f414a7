// What searching costs, counted: the caller of a search says how much it may spend before others have their turn.

/**
 * A budget that is spent. One unit is about 0.1 to 0.2 microseconds: one value compared, one key ranked, one entry or index entry visited, two
 * bytes of text normalized (eight of ASCII), 64 bytes of an entry selected for an answer. `npx tsx bench/work.ts` measures how long 1,000 units
 * of each kind take.
 */
export class Work {
  constructor(public left: number) {}
}

/** Of a class of its own, so that the engine keeps what all others have left as a small integer. */
class Unlimited extends Work {}

/** For work that is done whatever it costs: it is never spent. */
export const UNLIMITED: Work = new Unlimited(Number.POSITIVE_INFINITY);

/**
 * Units by which one step may overdraw a budget: the key of the longest value that has one (64 KiB of ASCII), or one look at it. The entry
 * that a step returns is charged on top of that: one unit for 64 bytes and one for each value.
 */
export const MOST_OVERDRAW = 16_384;

/** Entries that running searches keep: to sort them, or to tell which they have seen. Shared by searches, so that their memory is bounded. */
export interface RankBudget {
  /** False if they do not fit; then nothing was taken. */
  take(entries: number): boolean;
  give(entries: number): void;
}

export const UNLIMITED_RANKS: RankBudget = { take: () => true, give: () => {} };
