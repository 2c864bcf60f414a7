// An entry of the snapshot: its name, its keys, and its attributes with their comparison keys made once.
import { type DN, dnKey, dnKeyBelow, parentDN, parseDN, superiorKeys } from '../ldap/dn.js';
import type { Attribute } from '../ldap/message.js';
import { type AttributeType, type Schema, STANDARD, splitDescription } from '../ldap/schema.js';
import { SnapshotAttribute } from './attribute.js';
import { type Attributes, AttributeTables, exactly, replaced } from './attribute-table.js';

export type EntryKind = 'base' | 'container' | 'user' | 'group' | 'rootDSE' | 'subschema';

export interface SnapshotEntry {
  readonly dn: string;
  /** dnKey of the name. */
  readonly key: string;
  readonly parentKey: string;
  /** dnKeys of all superiors, nearest first. */
  readonly superiors: readonly string[];
  readonly kind: EntryKind;
  /** The canonical uid exactly as upstream spells it; '' unless a user. */
  readonly uid: string;
  /** Which account a user is, whatever its name: its `entryUUID`, shown or not; '' unless a user. */
  readonly person: string;
  /** What sending all of it costs, in units of work: one for each value and one for 64 bytes. */
  readonly units: number;
  /** By canonical lower-case description. */
  readonly attributes: Attributes;
  /** Its position among the entries of a snapshot that apps have views of; -1 for any other entry. */
  place: number;
  /** Those with options, e.g. `cn;lang-cs`: subtypes of the same descriptions with fewer (RFC 4512 2.5.2). Mostly none. */
  readonly tagged: readonly SnapshotAttribute[];
}

/** The key of an attribute with this description in an entry. */
export function attributeKey(description: string, schema = STANDARD): string {
  const { type, options } = splitDescription(description);
  return keyOf(schema.canonicalType(type), options);
}

function keyOf(canonicalType: string, options: readonly string[]): string {
  return options.length === 0 ? canonicalType : [canonicalType, ...[...options].sort()].join(';');
}

/** The key of this attribute in its entry. */
function keyOfAttribute({ name, type, options }: SnapshotAttribute): string {
  return keyOf((type?.names[0] ?? splitDescription(name).type).toLowerCase(), options);
}

/** Calls `use` for the attributes that a description stands for, itself and its subtypes by options, until one answers true. */
export function someAttribute(
  entry: SnapshotEntry,
  described: Described,
  use: (attribute: SnapshotAttribute) => boolean,
): boolean {
  const exact = entry.attributes.get(described.key);
  if (exact !== undefined && use(exact)) return true;
  const { type, subtypes } = described;
  if (subtypes.size > 0) {
    for (const one of entry.attributes.values()) if (isSubtype(one, described) && use(one)) return true;
  }
  return type !== undefined && entry.tagged.some((one) => one !== exact && isTagged(one, described) && use(one));
}

/** True for an attribute that a description stands for. */
export function isDescribed(attribute: SnapshotAttribute, described: Described): boolean {
  return (
    keyOfAttribute(attribute) === described.key || isSubtype(attribute, described) || isTagged(attribute, described)
  );
}

function isSubtype({ type, options }: SnapshotAttribute, described: Described): boolean {
  return type !== undefined && described.subtypes.has(type) && hasOptions(options, described);
}

function isTagged({ type, options }: SnapshotAttribute, described: Described): boolean {
  return type !== undefined && options.length > 0 && type === described.type && hasOptions(options, described);
}

function hasOptions(options: readonly string[], described: Described): boolean {
  return described.options.every((option) => options.includes(option));
}

/** A description as it is looked up. */
export interface Described {
  readonly key: string;
  readonly type: AttributeType | undefined;
  readonly options: readonly string[];
  /** Types whose attributes are this one's, too. */
  readonly subtypes: ReadonlySet<AttributeType>;
}

/** An attribute description by the schema: its key, type, options and subtypes (RFC 4512 2.5). */
export function describe(description: string, schema = STANDARD): Described {
  const { type, options } = splitDescription(description);
  const known = schema.attributeType(type);
  return { key: attributeKey(description, schema), type: known, options, subtypes: schema.subtypesOf(known) };
}

/** Builds an entry; `dn` must be a valid name. Attributes without values are left out. */
export function makeEntry(kind: EntryKind, dn: string, attributes: readonly Attribute[], uid = ''): SnapshotEntry {
  return new EntryMaker().make(kind, dn, attributes, uid);
}

/** What a description comes down to. */
interface Known {
  /** The description: one string for all entries. */
  readonly name: string;
  readonly key: string;
  readonly type: AttributeType | undefined;
  /** True for a type whose values many entries have in common. */
  readonly isCommon: boolean;
}

/** Types of which a directory has few different values, or lists of them. */
const COMMON: ReadonlySet<string> = new Set([
  'objectclass',
  'memberof',
  'loginshell',
  'title',
  'company',
  'departmentnumber',
  'employeetype',
  'ou',
  'o',
  'l',
  'st',
  'description',
  'jcldapadmin',
  'structuralobjectclass',
  'subschemasubentry',
  'hassubordinates',
  'numsubordinates',
]);
/** Bytes: entries are unlikely to share a longer list of values. */
const LONGEST_COMMON = 1024;

/** Builds the entries of one snapshot: what they have in common is made once and shared. */
export class EntryMaker {
  private readonly known = new Map<string, Known>();
  private readonly tables = new AttributeTables();
  private readonly common = new Map<string, SnapshotAttribute>();
  private readonly places = new Map<string, readonly string[]>();

  constructor(private readonly schema: Schema = STANDARD) {}

  /** `dn` must be a valid name. Attributes without values are left out. */
  make(kind: EntryKind, dn: string, attributes: readonly Attribute[], uid = '', person = ''): SnapshotEntry {
    const parsed = parseDN(dn) ?? [];
    const superiors = this.superiorsOf(parsed);
    const byKey = new Map<string, SnapshotAttribute>();
    for (const { type, values } of attributes) {
      if (values.length === 0) continue;
      const known = this.knownOf(type);
      const before = byKey.get(known.key);
      byKey.set(known.key, before === undefined ? this.attribute(known, values) : joined(before, values));
    }
    const table = this.tables.of(byKey);
    const found = table.values().filter(({ options }) => options.length > 0);
    const tagged = found.length === 0 ? NONE : found;
    const parentKey = superiors[0] ?? '';
    const key = dnKeyBelow(parsed[0], parentKey);
    const units = unitsOf(table);
    return { dn, key, parentKey, superiors, kind, uid, person, units, attributes: table, tagged, place: -1 };
  }

  private knownOf(description: string): Known {
    let known = this.known.get(description);
    if (known === undefined) {
      const key = attributeKey(description, this.schema);
      const type = this.schema.attributeType(splitDescription(description).type);
      known = { name: description, key, type, isCommon: COMMON.has(key) };
      this.known.set(description, known);
    }
    return known;
  }

  private attribute({ name, type, isCommon }: Known, values: readonly Buffer[]): SnapshotAttribute {
    if (!isCommon) return new SnapshotAttribute(name, type, exactly(values));
    let size = 0;
    for (const value of values) size += value.length;
    if (size > LONGEST_COMMON) return new SnapshotAttribute(name, type, exactly(values));
    // Lengths in front, so that no two lists run into one key.
    let key = name;
    for (const value of values) key += `\0${value.length}:${value.toString('latin1')}`;
    let attribute = this.common.get(key);
    if (attribute === undefined) {
      attribute = new SnapshotAttribute(name, type, exactly(values));
      this.common.set(key, attribute);
    }
    return attribute;
  }

  private superiorsOf(dn: DN): readonly string[] {
    if (dn.length < 2) return [];
    const parentKey = dnKey(parentDN(dn));
    let superiors = this.places.get(parentKey);
    if (superiors === undefined) {
      superiors = superiorKeys(dn);
      this.places.set(parentKey, superiors);
    }
    return superiors;
  }
}

/** One list for all entries that have none. */
const NONE: readonly SnapshotAttribute[] = [];

/** One attribute may come under two of its names. */
function joined(known: SnapshotAttribute, values: readonly Buffer[]): SnapshotAttribute {
  return new SnapshotAttribute(known.name, known.type, [...known.values, ...values]);
}

/** The same entry with these attributes, of standard types, in place of its own of the same types. */
export function withAttributes(entry: SnapshotEntry, attributes: readonly Attribute[]): SnapshotEntry {
  const changes = new Map<string, SnapshotAttribute>();
  for (const { type, values } of attributes)
    changes.set(attributeKey(type), new SnapshotAttribute(type, STANDARD.attributeType(type), values));
  const changed = replaced(entry.attributes, changes);
  return { ...entry, attributes: changed, units: unitsOf(changed) };
}

function unitsOf(attributes: Attributes): number {
  let units = 0;
  for (const { values } of attributes.values()) units += valueUnits(values);
  return units;
}

/** What sending the values of an attribute costs. */
export function valueUnits(values: readonly Buffer[]): number {
  let octets = 0;
  for (const value of values) octets += value.length;
  return 1 + values.length + (octets >> 6);
}
