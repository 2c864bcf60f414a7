// An entry of the snapshot: its name, its keys, and its attributes with their comparison keys made once.
import { dnKey, parentDN, parseDN } from '../ldap/dn.js';
import { matchingRule } from '../ldap/matching.js';
import type { Attribute } from '../ldap/message.js';
import { type AttributeType, attributeType, splitDescription, subtypesOf } from '../ldap/schema.js';

export type EntryKind = 'base' | 'container' | 'user' | 'group' | 'rootDSE' | 'subschema';

/** One attribute of an entry, ready to be sent and to be compared. */
export class SnapshotAttribute {
  readonly operational: boolean;
  readonly options: readonly string[];
  private equalityKeys: readonly (string | undefined)[] | undefined;

  constructor(
    /** The description as it is shown. */
    readonly name: string,
    readonly type: AttributeType | undefined,
    readonly values: readonly Buffer[],
  ) {
    this.operational = type?.operational === true;
    this.options = splitDescription(name).options;
  }

  /** The values' keys by the type's equality rule, in their order; made at the first use. */
  keys(): readonly (string | undefined)[] {
    if (this.equalityKeys === undefined) {
      const rule = matchingRule(this.type?.equality ?? 'caseIgnoreMatch');
      this.equalityKeys = this.values.map((value) => rule?.normalize(value));
    }
    return this.equalityKeys;
  }
}

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
  /** By canonical lower-case description. */
  readonly attributes: ReadonlyMap<string, SnapshotAttribute>;
  /** Those with options, e.g. `cn;lang-cs`: subtypes of the same descriptions with fewer (RFC 4512 2.5.2). Mostly none. */
  readonly tagged: readonly SnapshotAttribute[];
}

/** The key under which an attribute of this description stands in an entry. */
export function attributeKey(description: string): string {
  const { type, options } = splitDescription(description);
  const canonical = (attributeType(type)?.names[0] ?? type).toLowerCase();
  return options.length === 0 ? canonical : [canonical, ...[...options].sort()].join(';');
}

/** Calls `use` for the attributes that a description stands for, itself and its subtypes by options, until one answers true. */
export function someAttribute(
  { attributes, tagged }: SnapshotEntry,
  { key, type, options, subtypes }: Described,
  use: (attribute: SnapshotAttribute) => boolean,
): boolean {
  const exact = attributes.get(key);
  if (exact !== undefined && use(exact)) return true;
  if (subtypes.size > 0) {
    for (const one of attributes.values()) {
      const isSubtype = one.type !== undefined && subtypes.has(one.type);
      if (isSubtype && options.every((option) => one.options.includes(option)) && use(one)) return true;
    }
  }
  return (
    type !== undefined &&
    tagged.some(
      (one) =>
        one !== exact && one.type === type && options.every((option) => one.options.includes(option)) && use(one),
    )
  );
}

/** A description as it is looked up. */
export interface Described {
  readonly key: string;
  readonly type: AttributeType | undefined;
  readonly options: readonly string[];
  /** Types whose attributes are this one's, too. */
  readonly subtypes: ReadonlySet<AttributeType>;
}

export function describe(description: string): Described {
  const { type, options } = splitDescription(description);
  const known = attributeType(type);
  return { key: attributeKey(description), type: known, options, subtypes: subtypesOf(known) };
}

/** Builds an entry; `dn` must be a valid name. Attributes without values are left out. */
export function makeEntry(kind: EntryKind, dn: string, attributes: readonly Attribute[], uid = ''): SnapshotEntry {
  const parsed = parseDN(dn) ?? [];
  const superiors: string[] = [];
  for (let name = parentDN(parsed); name.length > 0; name = parentDN(name)) superiors.push(dnKey(name));
  const byKey = new Map<string, SnapshotAttribute>();
  for (const { type, values } of attributes) {
    if (values.length === 0) continue;
    const key = attributeKey(type);
    // One attribute may come under two of its names.
    const known = byKey.get(key);
    const all = known === undefined ? values : [...known.values, ...values];
    byKey.set(key, new SnapshotAttribute(known?.name ?? type, attributeType(splitDescription(type).type), all));
  }
  const tagged = [...byKey.values()].filter(({ options }) => options.length > 0);
  return { dn, key: dnKey(parsed), parentKey: superiors[0] ?? '', superiors, kind, uid, attributes: byKey, tagged };
}

/** The same entry with these attributes in place of its own of the same descriptions. */
export function withAttributes(entry: SnapshotEntry, attributes: readonly Attribute[]): SnapshotEntry {
  const changed = new Map(entry.attributes);
  for (const { type, values } of attributes)
    changed.set(attributeKey(type), new SnapshotAttribute(type, attributeType(splitDescription(type).type), values));
  return { ...entry, attributes: changed };
}

/** Text as attribute values. */
export function values(...texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text, 'utf8'));
}
