// The attributes of an app's entries, made of those of the base: by the same rules as a snapshot of the app's people alone would have them.
import type { Layout } from '../../layout/layout.js';
import { keyOfName } from '../../ldap/dn.js';
import type { AttributeType, Schema } from '../../ldap/schema.js';
import { values } from '../../ldap/values.js';
import { SnapshotAttribute } from '../attribute.js';
import type { SnapshotEntry } from '../entry.js';
import { making } from '../making.js';
import { structuralClass } from '../operational.js';
import { AppEntry, type EntryMaking, type MadeEntry } from './app-entry.js';
import { AppPlaces } from './app-places.js';
import type { AppShape } from './app-shape.js';
import { type BaseFacts, isOfUids, MANY_NAMES, type Places } from './base-facts.js';
import { DerivedAttributes } from './derived-attributes.js';
import { LargeAttribute, type LargeValues, type ValueSource } from './large-values.js';
import { RecentEntries } from './recent-entries.js';
import { type Treatment, treat } from './treatments.js';

/** Units of work: to decide how an attribute is shown, and for each name that is written differently here. */
const UNITS_LOOK = 1;
const UNITS_NAME = 3;

/** Rewritten attributes that many entries have in common. */
const MOST_SHARED = 512;
/** Values up to which an attribute may be one of those. */
const MOST_SHARED_VALUES = 16;

/** What replaces some attributes of a group. */
export interface GroupShape {
  /** Of the attributes that it may make. */
  readonly keys: readonly string[];
  attribute(key: string): SnapshotAttribute | undefined;
  /** True for what the upstream's entry has of its own, and does not keep. */
  drops(key: string): boolean;
}

let apps = 0;

/** Makes the attributes of an app's entries from those of the base: names, face, rules, hidden attributes. */
export class AppAttributes implements EntryMaking {
  /** Which entries are in the app, and their names. */
  readonly places: AppPlaces;
  readonly derived: DerivedAttributes;
  /** Groups in other shapes than the upstream's. */
  shapes: ReadonlyMap<SnapshotEntry, GroupShape> = new Map();
  /** Large attributes of which nothing is shown. */
  readonly emptied = new Set<SnapshotAttribute>();
  private readonly layout: Layout;
  private readonly serial = ++apps;
  /** Attributes that people have as they are. */
  private readonly plain = new Set<string>();
  private readonly treatments = new Map<string, Treatment>();
  private readonly shared = new Map<SnapshotAttribute | string, SnapshotAttribute | undefined>();
  private readonly recent = new RecentEntries();
  private readonly types = new Map<string, AttributeType | undefined>();

  constructor(
    shape: AppShape,
    readonly schema: Schema,
    readonly facts: BaseFacts,
    private readonly room: LargeValues,
  ) {
    this.layout = shape.layout;
    this.places = new AppPlaces(facts.base, shape.layout, shape.face);
    this.derived = new DerivedAttributes(shape, this);
  }

  /** Takes an entry of the base into the app. */
  admit(entry: SnapshotEntry): void {
    this.places.entries[entry.place] = new AppEntry(entry, this);
  }

  /** One attribute of an entry, by its key. */
  attribute(entry: AppEntry, key: string): SnapshotAttribute | undefined {
    const { base } = entry;
    if (base.kind === 'user' && this.plain.has(key)) return base.attributes.get(key);
    const derived = this.derived.of(entry.kind).get(key);
    if (derived !== undefined) return this.derived.make(derived, entry);
    if (this.derived.isDropped(key)) return undefined;
    const before = this.before(base, key);
    if (before !== undefined && base.kind === 'user') this.learn(key, before);
    return before;
  }

  /** Takes a note of what people have as it is: nearly all that is asked for. */
  private learn(key: string, attribute: SnapshotAttribute): void {
    if (
      this.treatments.get(key) === 'as-it-is' &&
      this.facts.mentioning.size === 0 &&
      attribute.type?.classes === undefined
    )
      this.plain.add(key);
  }

  /** All of an entry; kept until others come, if it is not large. */
  make(entry: AppEntry): MadeEntry {
    const { base } = entry;
    const attributes = new Map<string, SnapshotAttribute>();
    let isLarge = false;
    const add = (key: string) => {
      const attribute = attributes.has(key) ? undefined : this.attribute(entry, key);
      if (attribute === undefined) return;
      attributes.set(key, attribute);
      isLarge ||= attribute instanceof LargeAttribute;
    };
    const isPerson = base.kind === 'user';
    const derived = this.derived.of(entry.kind);
    const shaped = this.shapes.get(base)?.keys ?? [];
    const own = base.attributes.values();
    let at = 0;
    for (const key of base.attributes.keys()) {
      const attribute = own[at++]!;
      // What is made comes after the others: its place would reveal whether the base has it, which may be because of non-members.
      if (key !== 'objectclass' && (derived.has(key) || shaped.includes(key))) continue;
      if (isPerson && this.plain.has(key)) attributes.set(key, attribute);
      else add(key);
    }
    for (const key of shaped) add(key);
    for (const key of derived.keys()) add(key);
    const list = [...attributes.values()];
    const tagged = base.tagged.length === 0 ? [] : list.filter(({ options }) => options.length > 0);
    const made = { attributes, list, tagged, units: -1 };
    if (!isLarge) this.recent.keep(entry, made);
    return made;
  }

  /** An attribute as it is before the face and the rules. */
  before(base: SnapshotEntry, key: string): SnapshotAttribute | undefined {
    making.units += UNITS_LOOK;
    const shaped = base.kind === 'group' ? this.shapes.get(base) : undefined;
    if (shaped?.keys.includes(key)) return shaped.attribute(key);
    const attribute = base.attributes.get(key);
    if (attribute === undefined || shaped?.drops(key) === true) return undefined;
    switch (this.treatmentOf(key, attribute)) {
      case 'as-it-is':
        return this.facts.mentioning.size > 0 && this.facts.mentioning.has(attribute)
          ? this.withoutNames(attribute)
          : attribute;
      case 'dropped':
        return undefined;
      case 'names':
      case 'uids':
        return this.named(key, attribute);
      case 'entry-dn':
        making.units += 2 * UNITS_NAME;
        return new SnapshotAttribute(attribute.name, attribute.type, values(this.places.dnOf(base)));
      case 'structural':
        return this.structural(base, attribute);
      case 'classes':
        return this.share(attribute, () => this.retyped(attribute));
    }
  }

  /** An attribute that lists names, or uids, of entries: those that the app shows. For large ones see `LargeAttribute`. */
  listed(
    name: string,
    type: AttributeType | undefined,
    places: Places,
    at: (i: number) => Buffer | undefined,
    has: ValueSource['has'],
    source: () => string,
  ): SnapshotAttribute | undefined {
    if (places.length > MANY_NAMES) {
      const key = `${this.serial} ${source()}`;
      return new LargeAttribute(name, type, { key, length: places.length, at, has }, this.room);
    }
    making.units += UNITS_NAME * (1 + places.length);
    const shown: Buffer[] = [];
    for (let i = 0; i < places.length; i++) {
      const value = at(i);
      if (value !== undefined) shown.push(value);
    }
    return shown.length === 0 ? undefined : new SnapshotAttribute(name, type, shown);
  }

  /** A type of the app's schema, by a standard name. */
  type(name: string): AttributeType | undefined {
    if (!this.types.has(name)) this.types.set(name, this.schema.attributeType(name));
    return this.types.get(name);
  }

  /** True for what the layout hides, by a canonical lower-case type. */
  isHidden(key: string): boolean {
    return this.layout.isHidden(key);
  }

  /** What is the same for many entries, made once. */
  share(key: SnapshotAttribute | string, make: () => SnapshotAttribute | undefined): SnapshotAttribute | undefined {
    if (this.shared.has(key)) return this.shared.get(key);
    const made = make();
    if (this.shared.size >= MOST_SHARED) this.shared.clear();
    this.shared.set(key, made);
    return made;
  }

  private treatmentOf(key: string, attribute: SnapshotAttribute): Treatment {
    let treatment = this.treatments.get(key);
    if (treatment === undefined) {
      treatment = treat(key, attribute, this.layout, this.schema !== this.facts.base.schema);
      this.treatments.set(key, treatment);
    }
    return treatment;
  }

  private named(key: string, attribute: SnapshotAttribute): SnapshotAttribute | undefined {
    if (this.emptied.has(attribute)) return undefined;
    const isShared = key === 'memberof' && attribute.values.length <= MOST_SHARED_VALUES;
    return isShared ? this.share(attribute, () => this.rewritten(key, attribute)) : this.rewritten(key, attribute);
  }

  private rewritten(key: string, attribute: SnapshotAttribute): SnapshotAttribute | undefined {
    const { places: app } = this;
    const { name, type, values: all } = attribute;
    const places = this.facts.placesOf(key, attribute);
    const source = () => `attribute ${this.facts.numberOf(attribute)}`;
    if (isOfUids(key)) {
      const uidAt = (i: number) => (app.has(places[i]!) ? all[i] : undefined);
      return this.listed(name, type, places, uidAt, (uid) => app.hasUid(places, uid), source);
    }
    const nameAt = (i: number) => app.nameAt(places[i]!);
    return this.listed(name, type, places, nameAt, (dn) => app.hasName(places, dn), source);
  }

  /** Values that hold the upstream's suffix: none under other names; else all but a name of somebody who is not in the app. */
  private withoutNames(attribute: SnapshotAttribute): SnapshotAttribute | undefined {
    return this.share(attribute, () => {
      const { name, type, values: all } = attribute;
      making.units += UNITS_NAME * all.length;
      const shown = all.filter((value) => !this.layout.mentionsUpstream(value) || this.mayMention(value));
      return shown.length === 0 ? undefined : new SnapshotAttribute(name, type, shown);
    });
  }

  private mayMention(value: Buffer): boolean {
    if (this.layout.isRenamed) return false;
    const dn = value.toString('utf8');
    return (
      this.layout.upstreamName(dn) === undefined || this.places.has(this.facts.base.find(keyOfName(dn))?.place ?? -1)
    );
  }

  private structural(base: SnapshotEntry, attribute: SnapshotAttribute): SnapshotAttribute | undefined {
    const isOther =
      this.schema !== this.facts.base.schema ||
      this.shapes.has(base) ||
      this.isHidden('objectclass') ||
      this.derived.of(base.kind).has('objectclass');
    if (!isOther) return attribute;
    making.units += UNITS_NAME;
    const entry = this.places.entries[base.place];
    const classes = (entry === undefined ? undefined : this.attribute(entry, 'objectclass'))?.values ?? [];
    const structural = structuralClass(classes.map((value) => value.toString('latin1')));
    const { name } = attribute;
    return this.share(structural, () => new SnapshotAttribute(name, this.type(name), values(structural)));
  }

  private retyped({ name, values: all }: SnapshotAttribute): SnapshotAttribute {
    return new SnapshotAttribute(name, this.type(name), all);
  }
}
