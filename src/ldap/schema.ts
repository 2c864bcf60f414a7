// The schema: which attribute types and object classes are known, by any of their names (RFC 4512 4.1).
import { ATTRIBUTE_TYPES, OBJECT_CLASSES } from './schema-data.js';
import { COMPARISONS, type Comparison } from './syntaxes.js';

export { type MatchingRuleName, SYNTAXES } from './syntaxes.js';

export interface AttributeType extends Comparison {
  readonly oid: string;
  /** The first is the preferred spelling. */
  readonly names: readonly [string, ...string[]];
  /** The type that this one is a subtype of (RFC 4512 2.5.1). */
  readonly superior?: AttributeType;
  readonly singleValue: boolean;
  /** Not operational: `userApplications`. */
  readonly usage: 'userApplications' | 'directoryOperation' | 'dSAOperation';
  readonly noUserModification: boolean;
  /** Returned only when asked for by name or `+`. */
  readonly operational: boolean;
  /** A further name under which it is returned to those who ask by that. */
  readonly alias?: string;
  /** For types whose values are names of classes: what they mean, and what they imply, depends on the schema. */
  readonly classes?: Schema;
  /** For types whose values may be asserted in several forms: how they are made into keys, in place of the equality rule's way. */
  readonly keyed?: (value: Buffer) => string | undefined;
}

export interface ObjectClass {
  readonly oid: string;
  readonly names: readonly [string, ...string[]];
  readonly kind: 'ABSTRACT' | 'STRUCTURAL' | 'AUXILIARY';
  readonly superiors: readonly string[];
  readonly must: readonly string[];
  readonly may: readonly string[];
}

const NO_TYPES: ReadonlySet<AttributeType> = new Set();
/** Types whose values are classes that imply their superclasses (RFC 4512 3.3). */
const CLASS_NAMING: readonly string[] = ['objectClass', 'structuralObjectClass'];
/** Superiors of superiors that are followed: no schema has as many, but a circle would. */
const MOST_LEVELS = 16;
/** Superclasses of one class from which on no more are looked for. */
const MOST_SUPERCLASSES = 64;

/** Immutable. Of two elements with the same name or OID the first counts. */
export class Schema {
  /** Each comes after its superior. */
  readonly attributeTypes: readonly AttributeType[];
  private readonly types = new Map<string, AttributeType>();
  private readonly classes = new Map<string, ObjectClass>();
  private readonly subtypes = new Map<AttributeType, Set<AttributeType>>();
  /** Found when they are asked for. */
  private readonly superclasses = new Map<ObjectClass, readonly ObjectClass[]>();

  /** `otherOids`: further OIDs, and the names of the types and classes that they stand for. */
  constructor(
    attributeTypes: readonly AttributeType[],
    readonly objectClasses: readonly ObjectClass[],
    readonly otherOids: ReadonlyMap<string, string> = new Map(),
  ) {
    this.attributeTypes = attributeTypes.map((type) =>
      CLASS_NAMING.includes(type.names[0]) ? { ...type, classes: this } : type,
    );
    for (const type of this.attributeTypes) {
      addNames(this.types, type);
      for (let above = type.superior, n = 0; above !== undefined && n < MOST_LEVELS; above = above.superior, n++)
        this.subtypes.set(above, (this.subtypes.get(above) ?? new Set()).add(type));
    }
    for (const one of objectClasses) addNames(this.classes, one);
    for (const [oid, name] of otherOids) {
      const [type, one] = [this.attributeType(name), this.objectClass(name)];
      if (type !== undefined && !this.types.has(oid)) this.types.set(oid, type);
      if (one !== undefined && !this.classes.has(oid)) this.classes.set(oid, one);
    }
  }

  /** The type of this name or OID (any case, no options), or undefined. */
  attributeType(nameOrOid: string): AttributeType | undefined {
    return this.types.get(nameOrOid.toLowerCase());
  }

  /** The class of this name or OID (any case), or undefined. */
  objectClass(nameOrOid: string): ObjectClass | undefined {
    return this.classes.get(nameOrOid.toLowerCase());
  }

  /** The types that are subtypes of this one, at any level; mostly none. */
  subtypesOf(type: AttributeType | undefined): ReadonlySet<AttributeType> {
    return (type === undefined ? undefined : this.subtypes.get(type)) ?? NO_TYPES;
  }

  /** The classes that an entry of this class is of as well, without itself (RFC 4512 3.3). */
  superclassesOf(one: ObjectClass): readonly ObjectClass[] {
    const known = this.superclasses.get(one);
    if (known !== undefined) return known;
    const found = this.findSuperclasses(one);
    this.superclasses.set(one, found);
    return found;
  }

  /** A type's preferred name in lower case, whatever alias or OID it came by; the type itself, in lower case, where it is unknown. */
  canonicalType(type: string): string {
    return (this.attributeType(type)?.names[0] ?? type).toLowerCase();
  }

  /** Visits each class a single time, however many paths lead to it. */
  private findSuperclasses(one: ObjectClass): readonly ObjectClass[] {
    const found = new Set<ObjectClass>([one]);
    for (const { superiors } of found) {
      if (found.size > MOST_SUPERCLASSES) break;
      for (const name of superiors) {
        const above = this.objectClass(name);
        if (above !== undefined) found.add(above);
      }
    }
    found.delete(one);
    return [...found];
  }
}

function addNames<Element extends { readonly oid: string; readonly names: readonly string[] }>(
  map: Map<string, Element>,
  element: Element,
): void {
  for (const name of [element.oid, ...element.names]) {
    const key = name.toLowerCase();
    if (!map.has(key)) map.set(key, element);
  }
}

const rows = (table: string) =>
  table
    .trim()
    .split('\n')
    .map((row) => row.split('|'));
const words = (list: string | undefined) => (list ?? '').split(',').filter((word) => word !== '');

/** The types of a table such as those of schema-data.ts. A superior is one of the rows before. */
export function typesOfTable(table: string): AttributeType[] {
  const types = new Map<string, AttributeType>();
  for (const [oid = '', list, above = '', rules = '', flags = ''] of rows(table)) {
    const names = words(list) as [string, ...string[]];
    const superior = types.get(above);
    const usage = flags.includes('d')
      ? 'dSAOperation'
      : flags.includes('o')
        ? 'directoryOperation'
        : 'userApplications';
    types.set(names[0], {
      oid,
      names,
      ...(superior === undefined ? {} : { superior }),
      ...COMPARISONS.get(rules)!,
      singleValue: flags.includes('s'),
      usage,
      noUserModification: flags.includes('r'),
      operational: usage !== 'userApplications',
      ...(flags.includes('a') ? { alias: names[1]! } : {}),
    });
  }
  return [...types.values()];
}

/** The classes of such a table. */
export function classesOfTable(table: string): ObjectClass[] {
  return rows(table).map(
    ([oid = '', name = '', kind, superior, must, may]): ObjectClass => ({
      oid,
      names: [name],
      kind: kind as ObjectClass['kind'],
      superiors: words(superior),
      must: words(must),
      may: words(may),
    }),
  );
}

/** The built-in schema. A directory's own schema may add to it, and changes nothing in it. */
export const STANDARD = new Schema(typesOfTable(ATTRIBUTE_TYPES), classesOfTable(OBJECT_CLASSES));

/** The standard type of this name or OID (any case, no options), or undefined. */
export function attributeType(nameOrOid: string): AttributeType | undefined {
  return STANDARD.attributeType(nameOrOid);
}

/** The standard class of this name or OID (any case), or undefined. */
export function objectClass(nameOrOid: string): ObjectClass | undefined {
  return STANDARD.objectClass(nameOrOid);
}

/** A standard type's preferred name; see `Schema.canonicalType`. */
export function canonicalType(type: string): string {
  return STANDARD.canonicalType(type);
}

/** One list for all descriptions without options: entries have thousands. */
const NONE: readonly string[] = [];

/** Characters: no attribute is known by a longer description. */
export const LONGEST_DESCRIPTION = 1024;

/**
 * An attribute description in its two parts (RFC 4512 2.5): the type as written, the options in lower case. One that is too long is taken
 * for a type, which nobody knows.
 */
export function splitDescription(description: string): { type: string; options: readonly string[] } {
  if (description.length > LONGEST_DESCRIPTION || !description.includes(';'))
    return { type: description, options: NONE };
  const [type = '', ...options] = description.split(';');
  return { type, options: options.map((option) => option.toLowerCase()) };
}

/** Lower-case names of everything that holds or helps to guess a password, here or in the directories that JumpCloud imitates (R33). */
const PASSWORD_MATERIAL = new Set(
  words(
    'userpassword,2.5.4.35,sambantpassword,1.3.6.1.4.1.7165.2.1.25,sambalmpassword,1.3.6.1.4.1.7165.2.1.24,sambapasswordhistory,1.3.6.1.4.1.7165.2.1.54,sambaclearTextPassword,encntpassword,ntpasswordsha,ntpassword,lmpassword,keynhash,krbprincipalkey,krb5key,pwdhistory,unicodepwd,dbcspwd,ntpwdhistory,lmpwdhistory,supplementalcredentials,authpassword,1.3.6.1.4.1.4203.1.3.4,userpkcs12,2.16.840.1.113730.3.1.216,ipanthash,totpsecret,oathsecret,unixuserpassword,1.2.840.113556.1.4.1910,passwordhistory,krbpwdhistory,sambapreviouscleartextpassword,ms-mcs-admpwd,mslaps-password,mslaps-encryptedpassword,msds-managedpassword,olcrootpw',
  ).map((name) => name.toLowerCase()),
);

/** True for password material by any of its names, whatever the case or the options (R33, R34). */
export function isPasswordMaterial(description: string): boolean {
  const [type = ''] = description.toLowerCase().split(';', 1);
  return PASSWORD_MATERIAL.has(type.trim().replace(/^oid\./, ''));
}
