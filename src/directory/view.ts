// What one session may see: a set of entries with its indexes. What is not in a view cannot leak from a search.
import type { Filter } from '../ldap/filter.js';
import { matchingRule } from '../ldap/matching.js';
import { attributeType, isPasswordMaterial } from '../ldap/schema.js';
import { attributeKey, describe, type SnapshotEntry, someAttribute } from './entry.js';

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

export class View {
  private readonly byKey = new Map<string, SnapshotEntry>();
  private indexes: Map<string, Map<string, SnapshotEntry[]>> | undefined;

  constructor(readonly entries: readonly SnapshotEntry[]) {
    for (const entry of entries) this.byKey.set(entry.key, entry);
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
    this.indexes ??= buildIndexes(this.entries);
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

function buildIndexes(entries: readonly SnapshotEntry[]): Map<string, Map<string, SnapshotEntry[]>> {
  const described = new Map(INDEXED.map((attribute) => [attribute, describe(attribute)]));
  const indexes = new Map(INDEXED.map((attribute) => [attribute, new Map<string, SnapshotEntry[]>()]));
  for (const entry of entries) {
    for (const [attribute, index] of indexes) {
      const keys = new Set<string | undefined>();
      someAttribute(entry, described.get(attribute)!, (one) => {
        for (const key of one.keys()) keys.add(key);
        return false;
      });
      for (const key of keys) {
        if (key === undefined) continue;
        const bucket = index.get(key);
        if (bucket === undefined) index.set(key, [entry]);
        else bucket.push(entry);
      }
    }
  }
  return indexes;
}
