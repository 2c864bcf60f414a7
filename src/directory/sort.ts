// Order among entries for server-side sorting (RFC 2891): by keys made once per entry, drawn from a heap a little at a time.
import { matchingRule, type OrderingKey } from '../ldap/matching.js';
import type { SortKey } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { attributeType, isPasswordMaterial, splitDescription } from '../ldap/schema.js';
import { type Described, describe, type SnapshotEntry, someAttribute } from './entry.js';

/** The value that one entry has for one sort key; undefined sorts behind all others. */
type Rank = OrderingKey | undefined;

interface Criterion {
  readonly described: Described;
  readonly rank: (value: Buffer) => Rank;
  readonly reverse: boolean;
}

/** How to sort, or the code and the attribute of the key that cannot be used (RFC 2891 1.2). */
export type Order =
  | { readonly kind: 'order'; readonly criteria: readonly Criterion[] }
  | { readonly kind: 'fault'; readonly code: ResultCode; readonly attribute: string };

/**
 * Compiles sort keys. A key without a rule sorts by the attribute's ordering rule, or where it has none (most strings) by its equality
 * rule's keys, for an order that nobody minds is better than none.
 */
export function compileOrder(keys: readonly SortKey[]): Order {
  const criteria: Criterion[] = [];
  for (const { attribute, orderingRule, reverse } of keys) {
    const type = attributeType(splitDescription(attribute).type);
    if (type === undefined || isPasswordMaterial(attribute))
      return { kind: 'fault', code: ResultCode.noSuchAttribute, attribute };
    const named = orderingRule === undefined ? undefined : matchingRule(orderingRule);
    const own = matchingRule(type.ordering ?? type.equality ?? '');
    const rule = orderingRule === undefined ? own : named;
    if (rule === undefined || (named !== undefined && named.order === undefined))
      return { kind: 'fault', code: ResultCode.inappropriateMatching, attribute };
    criteria.push({ described: describe(attribute), rank: rule.order ?? rule.normalize, reverse });
  }
  return { kind: 'order', criteria };
}

interface Ranked {
  readonly entry: SnapshotEntry;
  readonly ranks: readonly Rank[];
  /** Position in the snapshot: equal ranks keep it. */
  readonly serial: number;
}

/** Entries go in in any order and come out sorted; each step costs a logarithm of their number. */
export class SortedEntries {
  private readonly heap: Ranked[] = [];
  private serial = 0;

  constructor(private readonly criteria: readonly Criterion[]) {}

  add(entry: SnapshotEntry): void {
    const { heap } = this;
    heap.push({ entry, ranks: this.criteria.map((criterion) => least(entry, criterion)), serial: this.serial++ });
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (this.compare(heap[parent]!, heap[at]!) <= 0) return;
      this.swap(parent, at);
      at = parent;
    }
  }

  /** The first of those left, or undefined. */
  take(): SnapshotEntry | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first?.entry;
    heap[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let smallest = at;
      if (left < heap.length && this.compare(heap[left]!, heap[smallest]!) < 0) smallest = left;
      if (right < heap.length && this.compare(heap[right]!, heap[smallest]!) < 0) smallest = right;
      if (smallest === at) return first.entry;
      this.swap(at, smallest);
      at = smallest;
    }
  }

  private swap(a: number, b: number): void {
    const held = this.heap[a]!;
    this.heap[a] = this.heap[b]!;
    this.heap[b] = held;
  }

  private compare(a: Ranked, b: Ranked): number {
    for (let i = 0; i < this.criteria.length; i++) {
      const order = compareRanks(a.ranks[i], b.ranks[i]);
      if (order !== 0) return this.criteria[i]!.reverse ? -order : order;
    }
    return a.serial - b.serial;
  }
}

/** An entry without the attribute comes behind all that have it (RFC 2891 2.2). */
function compareRanks(a: Rank, b: Rank): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b ? -1 : 1;
}

/** Of several values the least counts (RFC 2891 2.2). */
function least(entry: SnapshotEntry, { described, rank }: Criterion): Rank {
  let best: Rank;
  someAttribute(entry, described, ({ values }) => {
    for (const value of values) {
      const one = rank(value);
      if (one !== undefined && (best === undefined || one < best)) best = one;
    }
    return false;
  });
  return best;
}
