// What one session may see: a set of entries with its indexes. What is not in a view cannot leak from a search.
import type { Filter } from '../ldap/filter.js';
import { matchingRule } from '../ldap/matching.js';
import { attributeType, isPasswordMaterial } from '../ldap/schema.js';
import { finish, type Steps } from '../steps.js';
import { WideMap } from '../wide-map.js';
import { attributeKey, describe, type SnapshotAttribute, type SnapshotEntry, someAttribute } from './entry.js';

/** Attributes that applications look entries up by; anything else is answered by a scan. */
const INDEXED = [
  'objectclass',
  'uid',
  'mail',
  'cn',
  'sn',
  'givenname',
  'displayname',
  'memberof',
  'member',
  'uniquemember',
  'memberuid',
  'uidnumber',
  'gidnumber',
  'entryuuid',
  'entrydn',
];

/** Entries by their equality keys, for each indexed attribute. */
export type Indexes = ReadonlyMap<string, Pick<WideMap<readonly SnapshotEntry[]>, 'get'>>;

/** What a view looks entries up in. */
export interface ViewMaps {
  readonly byKey: Pick<WideMap<SnapshotEntry>, 'get'>;
  /** Made at the first use where they are left out. */
  readonly indexes?: Indexes;
}

/** Entries by their dnKeys. */
export function* keyed(entries: readonly SnapshotEntry[]): Steps<WideMap<SnapshotEntry>> {
  const byKey = new WideMap<SnapshotEntry>();
  for (const entry of entries) {
    byKey.set(entry.key, entry);
    yield;
  }
  return byKey;
}

/** Views made so far. */
let views = 0;

export class View {
  /** Unique in this process: stands for what the view shows, wherever that has to be compared or kept. */
  readonly serial = ++views;
  private readonly byKey: ViewMaps['byKey'];
  private indexes: Indexes | undefined;

  constructor(
    readonly entries: readonly SnapshotEntry[],
    maps: ViewMaps = { byKey: finish(keyed(entries)) },
  ) {
    this.byKey = maps.byKey;
    this.indexes = maps.indexes;
  }

  /** The entry of this dnKey, or undefined. */
  find(key: string): SnapshotEntry | undefined {
    return this.byKey.get(key);
  }

  /** A superset of the entries for which the filter is TRUE, from the indexes where they help. */
  candidates(filter: Filter): readonly SnapshotEntry[] {
    return this.narrow(filter) ?? this.entries;
  }

  /** The same, with the attributes whose indexes helped; undefined where every entry has to be looked at. */
  plan(filter: Filter): {
    readonly entries: readonly SnapshotEntry[];
    readonly indexes: readonly string[] | undefined;
  } {
    const used = new Set<string>();
    const entries = this.narrow(filter, used);
    return entries === undefined ? { entries: this.entries, indexes: undefined } : { entries, indexes: [...used] };
  }

  /** The entries with this value in an indexed attribute, by its equality key. */
  protected equal(attribute: string, key: string): readonly SnapshotEntry[] {
    this.indexes ??= finish(indexed(this.entries));
    return this.indexes.get(attribute)?.get(key) ?? [];
  }

  /** `used`: where the attributes are noted whose indexes are used, if anybody wants to know. */
  private narrow(filter: Filter, used?: Set<string>): readonly SnapshotEntry[] | undefined {
    switch (filter.kind) {
      case 'equalityMatch':
      case 'approxMatch': {
        const attribute = attributeKey(filter.attribute);
        if (!INDEXED.includes(attribute) || isPasswordMaterial(filter.attribute)) return undefined;
        const key = matchingRule(attributeType(attribute)?.equality ?? '')?.normalize(filter.value);
        used?.add(attribute);
        return key === undefined ? [] : this.equal(attribute, key);
      }
      case 'and': {
        let least: readonly SnapshotEntry[] | undefined;
        let best: Set<string> | undefined;
        for (const part of filter.filters) {
          const mine = used === undefined ? undefined : new Set<string>();
          const some = this.narrow(part, mine);
          if (some === undefined || (least !== undefined && some.length >= least.length)) continue;
          least = some;
          best = mine;
        }
        for (const attribute of best ?? []) used?.add(attribute);
        return least;
      }
      case 'or': {
        const union = new Set<SnapshotEntry>();
        for (const part of filter.filters) {
          const some = this.narrow(part, used);
          if (some === undefined) return undefined;
          for (const entry of some) union.add(entry);
        }
        return [...union];
      }
      default:
        return undefined;
    }
  }
}

/** For sessions that see the root DSE and the subschema only. */
export const NO_VIEW = new View([]);

/** The indexes of a view's entries. */
export function* indexed(entries: readonly SnapshotEntry[]): Steps<Indexes> {
  const all = INDEXED.map((attribute) => ({
    attribute,
    described: describe(attribute),
    index: new WideMap<SnapshotEntry[]>(),
  }));
  for (const entry of entries) {
    for (const { described, index } of all) {
      // Few entries have two attributes for one description, but a subtype is one.
      const attributes: SnapshotAttribute[] = [];
      someAttribute(entry, described, (one) => {
        attributes.push(one);
        return false;
      });
      for (const one of attributes) yield* enter(index, yield* one.makeKeys(), entry);
    }
    yield;
  }
  return new Map(all.map(({ attribute, index }) => [attribute, index]));
}

/** Adds an entry under each of these keys, once. */
function* enter(
  index: WideMap<SnapshotEntry[]>,
  keys: readonly (string | undefined)[],
  entry: SnapshotEntry,
): Steps<void> {
  let count = 0;
  for (const key of keys) {
    if (++count % KEYS_PER_STEP === 0) yield;
    if (key === undefined) continue;
    const bucket = index.get(key);
    if (bucket === undefined) index.set(key, [entry]);
    // Entries come one after the other: one that is in the bucket already is its last.
    else if (bucket[bucket.length - 1] !== entry) bucket.push(entry);
  }
}

/** Keys between two places where the work may be interrupted. */
const KEYS_PER_STEP = 64;
