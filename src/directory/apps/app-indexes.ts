// Where the entries of an app are that may have a value: by the indexes of the base, and by some of its own for what is derived.

import type { Layout } from '../../layout/layout.js';
import { textKey } from '../../ldap/matching.js';
import { splitDescription } from '../../ldap/schema.js';
import type { Steps } from '../../runtime/cooperative.js';
import type { SnapshotAttribute } from '../attribute.js';
import type { CompiledFilter } from '../compiled-filter.js';
import { type Described, describe, type SnapshotEntry, someAttribute } from '../entry.js';
import { INDEXED } from '../view.js';
import type { Work } from '../work.js';
import type { AppAttributes } from './app-attributes.js';
import type { AppEntry } from './app-entry.js';
import { isConcealed } from './app-schema.js';
import { KeyIndex, MOST_FOUND } from './key-index.js';
import type { ShapedGroup } from './shaped-groups.js';

type Entries = readonly SnapshotEntry[];

const KINDS = ['user', 'group'] as const;
const NOBODY: Entries = [];
/** Units of work for an entry that goes into an index. */
const UNITS = 12;

/** Finds an app's entries by value, with the base's indexes where they apply and its own for derived attributes. */
export class AppIndexes {
  private readonly own = new Map<string, KeyIndex>();
  /** Attributes that need an index of their own. */
  private readonly needed = new Set<string>();
  private readonly derived: ReadonlySet<string>;
  private readonly byGid = new Map<string, SnapshotEntry[]>();
  private readonly shaped: Entries;

  constructor(
    private readonly app: AppAttributes,
    /** Those that stand for entries of the base. */
    private readonly entries: readonly AppEntry[],
    /** All others of the app: very few. */
    private readonly others: Entries,
    private readonly layout: Layout,
    private readonly dropped: ReadonlySet<string>,
    shapes: readonly ShapedGroup[],
  ) {
    this.derived = app.derived.keys;
    for (const key of this.derived) {
      const unled = KINDS.filter((kind) => app.derived.of(kind).get(key)?.through === undefined);
      if (unled.some((kind) => app.derived.of(kind).has(key) || !INDEXED.includes(key))) this.needed.add(key);
    }
    const shaped: SnapshotEntry[] = [];
    for (const { entry, gid } of shapes) {
      const one = app.places.entries[entry.place];
      if (one === undefined) continue;
      shaped.push(one);
      this.byGid.set(gid, [...(this.byGid.get(gid) ?? []), one]);
    }
    this.shaped = shaped;
  }

  /** Attributes of a filter by which it may be narrowed, and whose indexes are still to be made. */
  *missingFor({ narrowing }: CompiledFilter): Generator<string, void, void> {
    if (narrowing === undefined) return;
    switch (narrowing.kind) {
      case 'equal':
      case 'any':
        if (this.isMissing(narrowing.attribute)) yield narrowing.attribute;
        return;
      default:
        for (const part of narrowing.parts) yield* this.missingFor(part);
    }
  }

  isMissing(attribute: string): boolean {
    return this.needed.has(attribute) && !this.own.has(attribute);
  }

  /** Makes an index of the attribute's own. */
  *make(attribute: string, work: Work): Steps<KeyIndex> {
    const index = new KeyIndex(this.entries.length);
    const described = describe(attribute, this.app.schema);
    for (let i = 0; i < this.entries.length; i++) {
      const entry = this.entries[i]!;
      // Two attributes of one description may have the same value.
      const keys = new Set<string | undefined>();
      for (const one of attributesOf(entry, described)) for (const key of yield* one.makeKeys(work)) keys.add(key);
      let count = 0;
      for (const key of keys) {
        if (key !== undefined) index.add(key, i);
        work.left -= 2;
        if (++count % MOST_FOUND === 0) yield;
      }
      work.left -= UNITS;
      yield;
    }
    yield* index.finish();
    this.own.set(attribute, index);
    return index;
  }

  /**
   * All entries that may have this value: entries of the base, of which only those count that are the app's, or the app's own. Undefined where no
   * index tells, or where looking at all is as well.
   */
  find(attribute: string, key: string, work: Work): Entries | undefined {
    const lists = this.lists(attribute, key)?.filter(({ length }) => length > 0);
    // What was found was listed, or will be.
    for (const { length } of lists ?? []) work.left -= Math.min(length, MOST_FOUND) >> 1;
    work.left -= this.others.length;
    if (lists === undefined || lists.length < 2) return lists === undefined ? undefined : (lists[0] ?? NOBODY);
    let total = 0;
    for (const { length } of lists) total += length;
    if (total > MOST_FOUND) return undefined;
    work.left -= total;
    return [...new Set(lists.flat().flatMap((entry) => this.admit(entry) ?? []))];
  }

  /** The same in several lists, in which an entry may be more than once. */
  lists(attribute: string, key: string): Entries[] | undefined {
    const found = this.derived.has(attribute) ? this.derivedLists(attribute, key) : this.shownLists(attribute, key);
    if (found === undefined) return undefined;
    const described = describe(attribute, this.app.schema);
    const others = this.others.filter((entry) => hasKey(entry, described, key));
    return others.length === 0 ? found : [...found, others];
  }

  /** The app's entry for one of an index; undefined for one that is not in the app. */
  readonly admit = (entry: SnapshotEntry): SnapshotEntry | undefined =>
    entry.place < 0 ? entry : this.app.places.entries[entry.place];

  private derivedLists(attribute: string, key: string): Entries[] | undefined {
    if (this.needed.has(attribute)) {
      const found = this.own.get(attribute)?.find(key);
      return found === undefined ? undefined : [found.map((i) => this.entries[i]!)];
    }
    const lists: Entries[] = [];
    for (const kind of KINDS) {
      const derived = this.app.derived.of(kind).get(attribute);
      const way = derived === undefined ? { attribute, key } : derived.through?.(key);
      if (way === undefined) continue;
      const { type } = splitDescription(way.attribute);
      const through = INDEXED.includes(way.attribute) ? way.attribute : this.app.schema.canonicalType(type);
      if (!INDEXED.includes(through)) {
        this.needed.add(attribute);
        return undefined;
      }
      lists.push(...this.before(through, way.key));
    }
    return lists;
  }

  private shownLists(attribute: string, key: string): Entries[] | undefined {
    if (!INDEXED.includes(attribute)) return undefined;
    return this.dropped.has(attribute) ? [] : this.before(attribute, key);
  }

  /** By an attribute as it is before the rules. */
  private before(attribute: string, key: string): Entries[] {
    const { base } = this.app.facts;
    const isHidden = isConcealed(attribute, this.app.schema.attributeType(attribute), this.layout);
    const ofBase = isHidden ? [] : [base.equal(attribute, key)];
    switch (attribute) {
      case 'entrydn':
        return [this.at(this.app.places.placeOf(key))];
      case 'memberof':
        return isHidden ? [] : [this.naming('memberof', key)];
      case 'member':
      case 'uniquemember':
        // A group that is shaped has either from its members.
        return this.shaped.length === 0
          ? isHidden
            ? []
            : [this.naming(attribute, key)]
          : [this.naming('member', key), this.naming('uniquemember', key)];
      case 'memberuid':
        return this.shaped.length === 0 ? ofBase : [...ofBase, ...this.groupsOfUid(key)];
      case 'gidnumber':
        return [...ofBase, this.byGid.get(key) ?? NOBODY];
      case 'objectclass':
        return this.isOfShape(key) ? [...ofBase, this.shaped] : ofBase;
      default:
        return ofBase;
    }
  }

  private at(place: number): Entries {
    const entry = place < 0 ? undefined : this.app.places.entries[place];
    return entry === undefined ? NOBODY : [entry];
  }

  /** Entries of the base that name the one with this dnKey here. */
  private naming(attribute: string, key: string): Entries {
    const { base } = this.app.facts;
    const place = this.app.places.placeOf(key);
    return place < 0 ? NOBODY : base.equal(attribute, base.entries[place]!.key);
  }

  private groupsOfUid(key: string): Entries[] {
    const { base } = this.app.facts;
    const people = base.equal('uid', textKey('uid', key) ?? '');
    return people.map((person) => base.equal('member', person.key));
  }

  private isOfShape(key: string): boolean {
    const [one] = this.shaped;
    return one?.attributes.get('objectclass')?.keys().includes(key) === true;
  }
}

/** Whether an entry has a value with this key by the attribute's own rule. */
export function hasKey(entry: SnapshotEntry, described: Described, key: string): boolean {
  return someAttribute(entry, described, (one) => one.keys().includes(key));
}

/** Few entries have two attributes for one description. */
function attributesOf(entry: SnapshotEntry, described: Described): SnapshotAttribute[] {
  const found: SnapshotAttribute[] = [];
  someAttribute(entry, described, (one) => {
    found.push(one);
    return false;
  });
  return found;
}
