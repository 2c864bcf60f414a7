// The attributes of an app's entries, made of those of the base: by the same rules as a snapshot of the app's people alone would have them.
import type { DerivedAttribute } from '../../layout/face.js';
import type { Layout } from '../../layout/layout.js';
import { keyOfName } from '../../ldap/dn.js';
import type { AttributeType, Schema } from '../../ldap/schema.js';
import { values } from '../../ldap/values.js';
import { SnapshotAttribute } from '../attribute.js';
import { attributeKey, type SnapshotEntry } from '../entry.js';
import { making } from '../making.js';
import { structuralClass } from '../operational.js';
import { AppEntry, type EntryMaking, type MadeEntry } from './app-entry.js';
import { AppNames } from './app-names.js';
import type { AppShape } from './app-shape.js';
import { type BaseFacts, type BaseGroup, isOfUids, MANY_NAMES, type Places } from './base-facts.js';
import { EntryFacts } from './entry-facts.js';
import { LargeAttribute, type LargeValues, type ValueSource } from './large-values.js';
import { type Treatment, treat } from './treatments.js';

/** Units of work: to decide how an attribute is shown, for each name that is written differently here, and for an attribute that is derived. */
const UNITS_LOOK = 1;
const UNITS_NAME = 3;
const UNITS_DERIVED = 16;

/** Entries of which all is kept that was made, until others come. */
const MOST_MADE = 32;
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

/** A group of the app, under its name here. */
interface LocalName {
  readonly dn: string;
  readonly key: string;
  readonly value: Buffer;
}

let apps = 0;

/** Makes the attributes of an app's entries from those of the base: names, face, rules, hidden attributes. */
export class AppAttributes implements EntryMaking {
  readonly names: AppNames;
  /** The app's entries by the places of those of the base. */
  readonly byPlace: (AppEntry | undefined)[];
  /** Groups in other shapes than the upstream's. */
  shapes: ReadonlyMap<SnapshotEntry, GroupShape> = new Map();
  /** Places of groups that another one has taken in: no entries of the app any more, though others may name them. */
  readonly folded = new Set<number>();
  /** Large attributes of which nothing is shown. */
  readonly emptied = new Set<SnapshotAttribute>();
  private readonly layout: Layout;
  private readonly serial = ++apps;
  private readonly localNames = new Map<SnapshotEntry, LocalName>();
  private readonly derived: Readonly<Record<'user' | 'group', ReadonlyMap<string, DerivedAttribute>>>;
  private readonly droppedKeys: ReadonlySet<string>;
  /** Attributes that people have as they are. */
  private readonly plain = new Set<string>();
  private readonly treatments = new Map<string, Treatment>();
  private readonly shared = new Map<SnapshotAttribute | string, SnapshotAttribute | undefined>();
  private readonly ring: (AppEntry | undefined)[] = new Array<AppEntry | undefined>(MOST_MADE).fill(undefined);
  private next = 0;
  private readonly types = new Map<string, AttributeType | undefined>();

  constructor(
    shape: AppShape,
    readonly schema: Schema,
    readonly facts: BaseFacts,
    private readonly room: LargeValues,
  ) {
    this.layout = shape.layout;
    this.names = new AppNames(shape.layout, shape.face);
    this.byPlace = new Array<AppEntry | undefined>(facts.base.entries.length).fill(undefined);
    this.derived = { user: this.derivedOf('user', shape), group: this.derivedOf('group', shape) };
    this.droppedKeys = new Set([...shape.face.dropped, ...shape.dropped].map((type) => attributeKey(type, schema)));
  }

  /** Attributes that are derived for any entry, by their keys. */
  get derivedKeys(): ReadonlySet<string> {
    return new Set([...this.derived.user.keys(), ...this.derived.group.keys()]);
  }

  derivedFor(kind: 'user' | 'group', key: string): DerivedAttribute | undefined {
    return this.derived[kind].get(key);
  }

  /** Takes an entry of the base into the app. */
  admit(entry: SnapshotEntry): AppEntry {
    const admitted = new AppEntry(entry, this);
    this.byPlace[entry.place] = admitted;
    return admitted;
  }

  /** Gives a group its name here. */
  nameGroup({ entry, cn }: BaseGroup): LocalName {
    const { groups } = this.names;
    const dn = groups.dn(cn);
    const name = { dn, key: groups.key(cn), value: Buffer.from(dn, 'utf8') };
    this.localNames.set(entry, name);
    return name;
  }

  dnOf(base: SnapshotEntry): string {
    return base.kind === 'user' ? this.names.users.dn(base.uid) : (this.localNames.get(base)?.dn ?? '');
  }

  keyOf(base: SnapshotEntry): string {
    return base.kind === 'user' ? this.names.userKey(base.key) : (this.localNames.get(base)?.key ?? '');
  }

  superiorsOf({ kind }: SnapshotEntry): readonly string[] {
    return kind === 'user' ? this.names.users.superiors : this.names.groups.superiors;
  }

  /** Whether the app shows the name of an entry of the base; by its place, or -1. */
  has(place: number): boolean {
    return place >= 0 && (this.byPlace[place] !== undefined || this.folded.has(place));
  }

  /** The name of an entry of the base as a value, if the app shows the entry. */
  nameAt(place: number): Buffer | undefined {
    if (!this.has(place)) return undefined;
    const base = this.facts.base.entries[place]!;
    return this.localNames.get(base)?.value ?? Buffer.from(this.dnOf(base), 'utf8');
  }

  /** The uid of a person as a value, if it is in the app. */
  uidAt(place: number): Buffer | undefined {
    const entry = place < 0 ? undefined : this.byPlace[place];
    return entry?.kind === 'user' ? Buffer.from(entry.uid, 'utf8') : undefined;
  }

  /** One attribute of an entry, by its key. */
  attribute(entry: AppEntry, key: string): SnapshotAttribute | undefined {
    const { base } = entry;
    if (base.kind === 'user' && this.plain.has(key)) return base.attributes.get(key);
    const derived = this.derived[entry.kind === 'user' ? 'user' : 'group'].get(key);
    if (derived !== undefined) return this.derive(derived, entry);
    if (this.isDropped(key)) return undefined;
    const before = this.before(base, key);
    if (before !== undefined && base.kind === 'user' && derived === undefined) this.learn(key, before);
    return before;
  }

  /** By its type: whatever the options. */
  private isDropped(key: string): boolean {
    const { droppedKeys } = this;
    if (droppedKeys.size === 0) return false;
    const options = key.indexOf(';');
    return droppedKeys.has(options < 0 ? key : key.slice(0, options));
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
    const derived = this.derived[entry.kind === 'user' ? 'user' : 'group'];
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
    if (!isLarge) this.keep(entry, made);
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
        return new SnapshotAttribute(attribute.name, attribute.type, values(this.dnOf(base)));
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

  /** The place of the entry that has this dnKey in the app; -1 if there is none. */
  placeOf(key: string): number {
    const baseKey = this.names.baseKey(key);
    const base = baseKey === undefined ? undefined : this.facts.base.find(baseKey);
    if (base !== undefined && base.kind === 'user' && this.has(base.place) && this.keyOf(base) === key)
      return base.place;
    return this.groupPlaces.get(key) ?? -1;
  }

  /** Places of the app's groups by their dnKeys. */
  readonly groupPlaces = new Map<string, number>();

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

  private keep(entry: AppEntry, made: MadeEntry): void {
    const before = this.ring[this.next];
    if (before !== undefined) before.made = undefined;
    this.ring[this.next] = entry;
    this.next = (this.next + 1) % MOST_MADE;
    entry.made = made;
  }

  /** A face does not bring back what is hidden or what a rule removes. */
  private derivedOf(
    kind: 'user' | 'group',
    { face, derived, dropped }: AppShape,
  ): ReadonlyMap<string, DerivedAttribute> {
    const away = new Set(dropped.map((type) => attributeKey(type, this.schema)));
    const ofFace = face.derived.filter(({ name }) => !away.has(attributeKey(name, this.schema)));
    // Of two with one name the later counts.
    const all = [...ofFace, ...derived].filter(({ kinds }) => kinds.includes(kind));
    const shown = all.filter(
      ({ name }) => name === 'objectClass' || !this.layout.isHidden(attributeKey(name, this.schema)),
    );
    return new Map(shown.map((one) => [attributeKey(one.name, this.schema), one]));
  }

  private derive({ name, make, copies }: DerivedAttribute, entry: AppEntry): SnapshotAttribute | undefined {
    making.units += UNITS_DERIVED;
    const source =
      copies === undefined ? undefined : this.before(entry.base, attributeKey(copies.attribute, this.schema));
    // Its values are made when somebody wants them, by this name as by that one.
    if (copies !== undefined && source instanceof LargeAttribute) return source.as(name, this.type(name), copies);
    const made = make(new EntryFacts(entry, this));
    return made.length === 0 ? undefined : new SnapshotAttribute(name, this.type(name), made);
  }

  /** What a rule or the face makes of a group of which one member sees no other. Undefined for what neither makes. */
  derivedOnly(
    entry: AppEntry,
    key: string,
    restricted: (attribute: SnapshotAttribute) => readonly Buffer[],
  ): readonly Buffer[] | undefined {
    const derived = this.derivedFor('group', key);
    if (derived === undefined) return undefined;
    const before = (base: SnapshotEntry, of: string): SnapshotAttribute | undefined => {
      const attribute = this.before(base, of);
      const own = attribute === undefined ? [] : restricted(attribute);
      return attribute === undefined || own.length === 0
        ? undefined
        : new SnapshotAttribute(attribute.name, attribute.type, own);
    };
    return derived.make(new EntryFacts(entry, { schema: this.schema, before }));
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
    const { name, type, values: all } = attribute;
    const places = this.facts.placesOf(key, attribute);
    const source = () => `attribute ${this.facts.numberOf(attribute)}`;
    if (isOfUids(key)) {
      const uidAt = (i: number) => (this.has(places[i]!) ? all[i] : undefined);
      return this.listed(name, type, places, uidAt, (uid) => this.hasUid(places, uid), source);
    }
    return this.listed(
      name,
      type,
      places,
      (i) => this.nameAt(places[i]!),
      (dn) => this.hasName(places, dn),
      source,
    );
  }

  /** Whether one of these entries has the dnKey in the app. */
  hasName(places: Places, key: string): boolean {
    const place = this.placeOf(key);
    return place >= 0 && places.includes(place);
  }

  /** Whether one of these people has the uid; undefined where it is compared otherwise than as it is written. */
  hasUid(places: Places, key: string): true | undefined {
    const place = this.facts.base.user(key)?.place ?? -1;
    return this.has(place) && places.includes(place) ? true : undefined;
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
    return this.layout.upstreamName(dn) === undefined || this.has(this.facts.base.find(keyOfName(dn))?.place ?? -1);
  }

  private structural(base: SnapshotEntry, attribute: SnapshotAttribute): SnapshotAttribute | undefined {
    const { kind } = base;
    const isOther =
      this.schema !== this.facts.base.schema ||
      this.shapes.has(base) ||
      this.isHidden('objectclass') ||
      this.derived[kind === 'user' ? 'user' : 'group'].has('objectclass');
    if (!isOther) return attribute;
    making.units += UNITS_NAME;
    const entry = this.byPlace[base.place];
    const classes = (entry === undefined ? undefined : this.attribute(entry, 'objectclass'))?.values ?? [];
    const structural = structuralClass(classes.map((value) => value.toString('latin1')));
    const { name } = attribute;
    return this.share(structural, () => new SnapshotAttribute(name, this.type(name), values(structural)));
  }

  private retyped({ name, values: all }: SnapshotAttribute): SnapshotAttribute {
    return new SnapshotAttribute(name, this.type(name), all);
  }
}
