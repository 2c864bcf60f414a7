// What one session may see: a set of entries with its indexes. What is not in a view cannot leak from a search.
import type { Filter } from '../ldap/filter.js';
import { type Schema, STANDARD } from '../ldap/schema.js';
import { runToEnd, type Steps } from '../runtime/cooperative.js';
import { ShardedMap } from '../runtime/sharded-map.js';
import type { SnapshotAttribute } from './attribute.js';
import { describe, type SnapshotEntry, someAttribute } from './entry.js';
import { type CompiledFilter, compileSteps } from './filter-evaluation.js';
import { UNLIMITED, type Work } from './work.js';

/** Attributes that applications look entries up by; anything else is answered by a scan. */
export const INDEXED: readonly string[] = [
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
export type Indexes = ReadonlyMap<string, Pick<ShardedMap<readonly SnapshotEntry[]>, 'get'>>;

/** What a view looks entries up in. */
export interface ViewMaps {
  readonly byKey: Pick<ShardedMap<SnapshotEntry>, 'get'>;
  /** Made at the first use where they are left out. */
  readonly indexes?: Indexes;
}

type Entries = readonly SnapshotEntry[];

/** Where the entries are for which a filter may be TRUE. */
export interface Plan {
  /** Lists of entries; one entry may be in several of them. */
  readonly lists: readonly Entries[];
  /** How many entries there are in all of them at most. */
  readonly most: number;
  /** The attributes whose indexes helped; undefined where every entry has to be looked at. */
  readonly indexes: readonly string[] | undefined;
  /** Returns the view's version of an entry of a list, or undefined if the view does not show it; left out: the entries themselves. */
  readonly admit?: Admit;
}

/** From an entry of an index to the one that a view has in its place. */
export type Admit = (entry: SnapshotEntry) => SnapshotEntry | undefined;

/** Entries by their dnKeys. */
export function* indexByName(entries: readonly SnapshotEntry[]): Steps<ShardedMap<SnapshotEntry>> {
  const byKey = new ShardedMap<SnapshotEntry>();
  for (const entry of entries) {
    byKey.set(entry.key, entry);
    yield;
  }
  return byKey;
}

/** Views made so far. */
let views = 0;

/** The entries that a session may see, with lazily built indexes. Immutable otherwise; equal `serial` means equal content. */
export class View {
  /** Unique in this process: stands for what the view shows, wherever that has to be compared or kept. */
  readonly serial = ++views;
  private readonly byKey: ViewMaps['byKey'];
  private indexes: Indexes | undefined;
  /** See `Plan`. */
  protected readonly admit: Admit | undefined = undefined;
  /** Units of work that each entry costs beside those of an ordinary one: see `Candidates`. */
  readonly extraUnits: number = 0;

  constructor(
    readonly entries: readonly SnapshotEntry[],
    maps: ViewMaps = { byKey: runToEnd(indexByName(entries)) },
    /** What the entries' attributes and classes mean. */
    readonly schema: Schema = STANDARD,
  ) {
    this.byKey = maps.byKey;
    this.indexes = maps.indexes;
  }

  /** The entry of this dnKey, or undefined. */
  find(key: string): SnapshotEntry | undefined {
    return this.byKey.get(key);
  }

  /** Where a search for the filter looks, made in one go. */
  plan(filter: Filter): Plan {
    return runToEnd(this.planSteps(runToEnd(compileSteps(filter, UNLIMITED, this.schema)), UNLIMITED));
  }

  /**
   * The same for a compiled filter, a little at a time. A union as wide as the view is replaced by the view. The indexes are made if there are
   * none yet.
   */
  *planSteps(filter: CompiledFilter, work: Work): Steps<Plan> {
    yield* this.makeIndexes(filter, work);
    return this.planOf(yield* this.narrowSlowly(filter, work));
  }

  /** The same for a filter of few parts, if there are indexes. */
  planQuickly(filter: CompiledFilter, work: Work): Plan | undefined {
    return filter.size > this.fewParts || !this.hasIndexes(filter) ? undefined : this.planOf(this.narrow(filter, work));
  }

  /** True if all indexes are there that could help with a filter. */
  protected hasIndexes(_filter: CompiledFilter): boolean {
    return this.indexes !== undefined;
  }

  protected *makeIndexes(_filter: CompiledFilter, work: Work): Steps<void> {
    this.indexes ??= yield* buildIndexes(this.entries, this.schema, work);
  }

  private planOf(found: Narrowed | undefined): Plan {
    if (found === undefined) return { lists: [this.entries], most: this.entries.length, indexes: undefined };
    const plan = { lists: found.lists, most: found.most, indexes: found.used };
    return this.admit === undefined ? plan : { ...plan, admit: this.admit };
  }

  /** All entries that may have this value in an attribute, by its equality key; undefined without an index for it. */
  protected indexed(attribute: string, key: string, _work: Work): Entries | undefined {
    return INDEXED.includes(attribute) ? this.equal(attribute, key) : undefined;
  }

  /** The entries with this value in an indexed attribute, by its equality key. */
  equal(attribute: string, key: string): Entries {
    this.indexes ??= runToEnd(buildIndexes(this.entries, this.schema));
    return this.indexes.get(attribute)?.get(key) ?? NO_ENTRIES;
  }

  /** Parts of a filter whose places are looked up in one go. */
  protected get fewParts(): number {
    return FEW_PARTS;
  }

  private narrow({ narrowing }: CompiledFilter, work: Work): Narrowed | undefined {
    work.left -= 1;
    switch (narrowing?.kind) {
      case undefined:
        return undefined;
      case 'equal': {
        const { attribute, key } = narrowing;
        const entries = key === undefined ? noneOf(attribute) : this.indexed(attribute, key, work);
        if (entries === undefined) return undefined;
        return { lists: [entries], most: entries.length, used: [attribute] };
      }
      case 'and': {
        let least: Narrowed | undefined;
        for (const part of narrowing.parts) least = narrower(least, this.narrow(part, work));
        return least;
      }
      case 'or': {
        const union = new Union(this.entries.length);
        for (const part of narrowing.parts) if (!union.add(this.narrow(part, work), work)) return undefined;
        return union;
      }
      case 'any': {
        const { attribute, keys } = narrowing;
        const union = new Union(this.entries.length, attribute);
        for (const key of keys) if (!union.addList(this.indexed(attribute, key, work), work)) return undefined;
        return union;
      }
    }
  }

  /** The same for a filter of many parts. */
  private *narrowSlowly(filter: CompiledFilter, work: Work): Steps<Narrowed | undefined> {
    const { narrowing, size } = filter;
    if (work.left <= 0) yield;
    if (size <= this.fewParts) return this.narrow(filter, work);
    work.left -= 1;
    switch (narrowing?.kind) {
      case 'and': {
        let least: Narrowed | undefined;
        for (const part of narrowing.parts) least = narrower(least, yield* this.narrowSlowly(part, work));
        return least;
      }
      case 'or': {
        const union = new Union(this.entries.length);
        for (const part of narrowing.parts)
          if (!union.add(yield* this.narrowSlowly(part, work), work)) return undefined;
        return union;
      }
      case 'any': {
        const { attribute, keys } = narrowing;
        const union = new Union(this.entries.length, attribute);
        for (const key of keys) {
          if (work.left <= 0) yield;
          if (!union.addList(this.indexed(attribute, key, work), work)) return undefined;
        }
        return union;
      }
      default:
        return this.narrow(filter, work);
    }
  }
}

/** Parts of a filter whose places are looked up in one go. */
const FEW_PARTS = 64;

interface Narrowed {
  readonly lists: readonly Entries[];
  readonly most: number;
  readonly used: readonly string[];
}

function narrower(one: Narrowed | undefined, other: Narrowed | undefined): Narrowed | undefined {
  return one === undefined || (other !== undefined && other.most < one.most) ? other : one;
}

/** Lists together, as long as they are narrower than the view. */
class Union implements Narrowed {
  readonly lists: Entries[] = [];
  readonly used: string[];
  most = 0;

  /** `entries`: those of the view. */
  constructor(
    private readonly entries: number,
    ...used: string[]
  ) {
    this.used = used;
  }

  /** False if looking at all entries is no more. */
  add(some: Narrowed | undefined, work: Work): boolean {
    if (some === undefined) return false;
    for (const attribute of some.used) if (!this.used.includes(attribute)) this.used.push(attribute);
    // Lists of lists are only copied here.
    work.left -= 1 + (some.lists.length >> 3);
    for (const list of some.lists) if (list.length > 0) this.lists.push(list);
    this.most += some.most;
    return this.most === 0 || this.most < this.entries;
  }

  addList(list: Entries | undefined, work: Work): boolean {
    work.left -= 1;
    if (list === undefined) return false;
    if (list.length === 0) return true;
    this.lists.push(list);
    this.most += list.length;
    return this.most < this.entries;
  }
}

const NO_ENTRIES: Entries = [];

function noneOf(attribute: string): Entries | undefined {
  return INDEXED.includes(attribute) ? NO_ENTRIES : undefined;
}

/** What a session sees that sees nothing: no entry is in it. */
export const NO_VIEW = new View(NO_ENTRIES);

/** The indexes of a view's entries. */
export function* buildIndexes(entries: Entries, schema: Schema = STANDARD, work: Work = UNLIMITED): Steps<Indexes> {
  const all = INDEXED.map((attribute) => ({
    attribute,
    described: describe(attribute, schema),
    index: new ShardedMap<SnapshotEntry[]>(),
  }));
  for (const entry of entries) {
    for (const { described, index } of all) {
      // Few entries have two attributes for one description, but a subtype is one.
      const attributes: SnapshotAttribute[] = [];
      someAttribute(entry, described, (one) => {
        attributes.push(one);
        return false;
      });
      for (const one of attributes) yield* enter(index, yield* one.makeKeys(work), entry, work);
    }
    work.left -= 2 * INDEXED.length;
    yield;
  }
  return new Map(all.map(({ attribute, index }) => [attribute, index]));
}

/** Adds an entry under each of these keys, once. */
function* enter(
  index: ShardedMap<SnapshotEntry[]>,
  keys: readonly (string | undefined)[],
  entry: SnapshotEntry,
  work: Work,
): Steps<void> {
  let count = 0;
  for (const key of keys) {
    work.left -= 2;
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
