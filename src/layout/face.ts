// What an application is shown instead of the directory as it is: attributes that are derived from others, and whole faces. Types alone.
import type { Attribute } from '../ldap/message.js';
import type { AttributeType, ObjectClass } from '../ldap/schema.js';

/** What a rule may look at: an entry as the app shows it, before any rule and before its face. */
export interface Facts {
  readonly kind: 'user' | 'group';
  /** The canonical uid; '' for a group. */
  readonly uid: string;
  /** The first value of cn; '' where there is none, or where it is hidden. */
  readonly cn: string;
  /** The name under which the app shows the entry. */
  readonly dn: string;
  /** entryUUID; '' where it is hidden. */
  readonly uuid: string;
  /**
   * The values of an attribute by any of its names; none for one that is hidden or not there. Of one that has hundreds (the members of a group)
   * the first alone. Not to be changed.
   */
  readonly values: (type: string) => readonly Buffer[];
}

/** The values of `attribute`, a canonical type, under another name. */
export interface Copy {
  readonly attribute: string;
  /** Both names are compared by the same rules. */
  readonly isAlike: boolean;
  /** Which values it has; undefined: all. */
  readonly isFit?: ((value: Buffer) => boolean) | undefined;
}

/** An attribute that is made of the others of its entry. It replaces what the entry has under the same name. */
export interface DerivedAttribute {
  /** The description as it is shown. */
  readonly name: string;
  /** The type says it, where the schema knows one; for a new type see `FaceSchema`. */
  readonly operational?: boolean;
  /** The entries that it belongs to. Others keep what they have under this name. */
  readonly kinds: readonly ('user' | 'group')[];
  /** The values; none: the entry has no such attribute. The same for the same facts. Values that are names have to be names that the facts show. */
  readonly make: (facts: Facts) => readonly Buffer[];
  /** Set if it has the values of another attribute, however many. */
  readonly copies?: Copy;
  /**
   * How equality is answered by an index: the entries in which `attribute`, as it is before the rules, has this key. All entries that match have
   * to be among them, others may be. Keys are comparison keys by each type's equality rule (`normalizerOf`); undefined: no entry matches.
   * Where it is left out, an index is made at the first use.
   */
  readonly through?: (key: string) => { readonly attribute: string; readonly key: string } | undefined;
}

/** What derived attributes and classes add to the schema. Types and classes of a face replace those with the same names; a rule's do not. */
export interface FaceSchema {
  readonly attributeTypes: readonly AttributeType[];
  readonly objectClasses: readonly ObjectClass[];
}

export type FaceName = 'jumpcloud' | 'posix' | 'activedirectory';

/** An entry that only the face knows. In every view of the app, those of single people as well: it may name nobody. */
export interface FaceEntry {
  readonly kind: 'container' | 'group';
  /** Below the app's base. Its superiors are the base, a container of the layout, or another of these entries. */
  readonly dn: string;
  /** All that it has but entryDN, subschemaSubentry and the like, which every entry gets. */
  readonly attributes: readonly Attribute[];
  readonly uuid: string;
}

/** How an app shows the directory. Made for one app: it may depend on its layout. */
export interface Face {
  readonly name: FaceName;
  /**
   * The attribute types of the names of entries: `uid` and `cn` as upstream, `CN` in Active Directory. The value is the uid of a person and the
   * cn of a group whatever the type, so no two entries have one name; the entry must show it in an attribute of this type.
   */
  readonly namedBy: { readonly user: string; readonly group: string };
  /** Attributes of its own, among them `objectClass` if its classes differ from upstream's. Attribute rules take precedence. */
  readonly derived: readonly DerivedAttribute[];
  /** Types that are not shown, though facts have them. */
  readonly dropped: readonly string[];
  readonly entries: readonly FaceEntry[];
  /** What the base and the containers have beside their own, or in place of it. `type`: of the name's first RDN, as it is written. */
  readonly frame?: (kind: 'base' | 'container', type: string, dn: string, uuid: string) => readonly Attribute[];
  /** In the root DSE, beside what it always says. */
  readonly rootDSE: readonly Attribute[];
  readonly schema: FaceSchema;
}

/** The directory as it is. */
export const JUMPCLOUD_FACE: Face = {
  name: 'jumpcloud',
  namedBy: { user: 'uid', group: 'cn' },
  derived: [],
  dropped: [],
  entries: [],
  rootDSE: [],
  schema: { attributeTypes: [], objectClasses: [] },
};
