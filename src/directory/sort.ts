// Order among entries for server-side sorting (RFC 2891): by keys ranked once per entry, of which a limited number is kept.
import { matchingRule, type Normalizer, normalizerIn } from '../ldap/matching.js';
import type { SortKey } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { isPasswordMaterial, STANDARD, splitDescription } from '../ldap/schema.js';
import type { Steps } from '../runtime/cooperative.js';
import { isOwnRule, type SnapshotAttribute } from './attribute.js';
import { DerivedKeys } from './derived-keys.js';
import { type Described, describe, type SnapshotEntry, someAttribute } from './entry.js';
import { payForMaking } from './making.js';
import type { RankBudget, Work } from './work.js';

/** The key that one entry has for one sort key; undefined sorts behind all others. */
type Rank = string | undefined;

interface Criterion {
  readonly described: Described;
  readonly normalize: Normalizer;
  readonly compare: (a: string, b: string) => number;
  readonly reverse: boolean;
}

/** How to sort, or the code and the attribute of the key that cannot be used (RFC 2891 1.2). */
export type Order =
  | { readonly kind: 'order'; readonly criteria: readonly Criterion[] }
  | { readonly kind: 'fault'; readonly code: ResultCode; readonly attribute: string };

/** Sort keys of one search at most: each is ranked for every entry and kept. */
const MOST_SORT_KEYS = 3;
/** Characters of a rank: values that agree in as many count as equal. */
const LONGEST_RANK = 256;

/**
 * Compiles sort keys. A key without a rule sorts by the attribute's ordering rule, or where it has none (most strings) by its equality
 * rule's keys, for an order that nobody minds is better than none. Too many keys are adminLimitExceeded, with the first that is too much.
 */
export function compileOrder(keys: readonly SortKey[], schema = STANDARD): Order {
  const surplus = keys[MOST_SORT_KEYS];
  if (surplus !== undefined)
    return { kind: 'fault', code: ResultCode.adminLimitExceeded, attribute: surplus.attribute };
  const criteria: Criterion[] = [];
  for (const { attribute, orderingRule, reverse } of keys) {
    const type = schema.attributeType(splitDescription(attribute).type);
    if (type === undefined || isPasswordMaterial(attribute))
      return { kind: 'fault', code: ResultCode.noSuchAttribute, attribute };
    const named = orderingRule === undefined ? undefined : matchingRule(orderingRule);
    const own = matchingRule(type.ordering ?? type.equality ?? '');
    const rule = orderingRule === undefined ? own : named;
    if (rule === undefined || (named !== undefined && named.compare === undefined))
      return { kind: 'fault', code: ResultCode.inappropriateMatching, attribute };
    const { compare = byCharacters } = rule;
    const normalize = normalizerIn(schema, rule);
    criteria.push({ described: describe(attribute, schema), normalize, compare, reverse });
  }
  return { kind: 'order', criteria };
}

const byCharacters = (a: string, b: string) => (a < b ? -1 : a === b ? 0 : 1);

interface Ranked {
  readonly entry: SnapshotEntry;
  readonly ranks: readonly Rank[];
  /** Position in the snapshot: equal ranks keep it. */
  readonly serial: number;
}

/**
 * Entries go in in any order and come out sorted. No more than `most` are kept: while they come in, behind that many the last of them in a
 * heap gives way; when all are in, the heap is turned round, and each that is taken costs a logarithm of their number. All of it is charged
 * and may be interrupted.
 */
export class SortedEntries {
  private heap: Ranked[] = [];
  private serial = 0;
  /** -1: the first is on top; 1: the last; 0: no heap yet. */
  private top: -1 | 0 | 1 = 0;
  private isSurplus = false;
  private readonly derived = new DerivedKeys();

  /** `budget` is asked for each entry that is kept. */
  constructor(
    private readonly criteria: readonly Criterion[],
    private readonly most: number,
    private readonly budget: RankBudget,
  ) {}

  /** True if more came in than are kept. */
  get hasMore(): boolean {
    return this.isSurplus;
  }

  /** False if the budget has no room for another entry. */
  *add(entry: SnapshotEntry, work: Work): Steps<boolean> {
    const { heap, most } = this;
    const isFull = heap.length === most;
    if (isFull) this.isSurplus = true;
    if (most === 0) return true;
    const ranked = { entry, ranks: yield* this.ranksOf(entry, work), serial: this.serial++ };
    if (!isFull) {
      if (!this.budget.take(1)) return false;
      heap.push(ranked);
      return true;
    }
    if (this.top !== 1) yield* this.build(1, work);
    if (this.compare(ranked, heap[0]!, work) >= 0) return true;
    heap[0] = ranked;
    this.sink(0, work);
    return true;
  }

  /** To be called when all are in, before the first is taken. */
  *finish(work: Work): Steps<void> {
    if (this.top !== -1) yield* this.build(-1, work);
  }

  /** The first of those left, or undefined. */
  take(work: Work): SnapshotEntry | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    this.budget.give(1);
    if (heap.length === 0) return first.entry;
    heap[0] = last;
    this.sink(0, work);
    return first.entry;
  }

  /** Gives back what is still kept. */
  release(): void {
    this.budget.give(this.heap.length);
    this.heap = [];
  }

  private *build(top: -1 | 1, work: Work): Steps<void> {
    this.top = top;
    for (let at = (this.heap.length >> 1) - 1; at >= 0; at--) {
      this.sink(at, work);
      if (work.left <= 0) yield;
    }
  }

  private sink(from: number, work: Work): void {
    const { heap, top } = this;
    for (let at = from; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let best = at;
      if (left < heap.length && this.compare(heap[left]!, heap[best]!, work) * top > 0) best = left;
      if (right < heap.length && this.compare(heap[right]!, heap[best]!, work) * top > 0) best = right;
      if (best === at) return;
      const held = heap[at]!;
      heap[at] = heap[best]!;
      heap[best] = held;
      at = best;
    }
  }

  private compare(a: Ranked, b: Ranked, work: Work): number {
    work.left -= 2;
    for (let i = 0; i < this.criteria.length; i++) {
      const { compare, reverse } = this.criteria[i]!;
      const order = compareRanks(a.ranks[i], b.ranks[i], compare);
      if (order !== 0) return reverse ? -order : order;
    }
    return a.serial - b.serial;
  }

  private *ranksOf(entry: SnapshotEntry, work: Work): Steps<readonly Rank[]> {
    const ranks: Rank[] = [];
    for (const criterion of this.criteria) {
      const attributes: SnapshotAttribute[] = [];
      someAttribute(entry, criterion.described, (one) => {
        attributes.push(one);
        return false;
      });
      payForMaking(work);
      work.left -= 1 + (entry.tagged.length >> 2) + attributes.length;
      let least: Rank;
      for (const one of attributes) least = first(least, yield* this.leastOf(entry, one, criterion, work), criterion);
      ranks.push(least);
    }
    return ranks;
  }

  /** Of several values the least counts (RFC 2891 2.2). */
  private *leastOf(entry: SnapshotEntry, attribute: SnapshotAttribute, criterion: Criterion, work: Work): Steps<Rank> {
    const { normalize } = criterion;
    const keys =
      this.derived.quick(entry, attribute, normalize, work) ??
      (yield* this.derived.make(entry, attribute, normalize, work));
    const isKept = isOwnRule(attribute, normalize);
    let least: Rank;
    for (const key of keys) {
      work.left -= 1;
      least = first(least, shortened(key, isKept), criterion);
      if (work.left <= 0) yield;
    }
    return least;
  }
}

/** An entry without the attribute comes behind all that have it (RFC 2891 2.2). */
function compareRanks(a: Rank, b: Rank, compare: Criterion['compare']): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  return b === undefined ? -1 : compare(a, b);
}

function first(a: Rank, b: Rank, { compare }: Criterion): Rank {
  return compareRanks(a, b, compare) <= 0 ? a : b;
}

/** The rank of a key: of a long one its beginning. What the entry keeps anyhow is shared with it, and a part of anything else is copied. */
function shortened(key: string | undefined, isKept: boolean): Rank {
  if (key === undefined || key.length <= LONGEST_RANK) return key;
  const beginning = key.slice(0, LONGEST_RANK);
  return isKept ? beginning : Buffer.from(beginning, 'utf16le').toString('utf16le');
}
