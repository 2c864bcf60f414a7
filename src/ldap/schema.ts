// The schema: which attribute types, object classes and matching rules are known, by any of their names (RFC 4512 4.1).
import { ATTRIBUTE_TYPES, OBJECT_CLASSES, SUPERIOR_TYPES } from './schema-data.js';

export type MatchingRuleName =
  | 'caseIgnoreMatch'
  | 'caseIgnoreOrderingMatch'
  | 'caseIgnoreSubstringsMatch'
  | 'caseExactMatch'
  | 'caseExactOrderingMatch'
  | 'caseExactSubstringsMatch'
  | 'caseIgnoreIA5Match'
  | 'caseIgnoreIA5SubstringsMatch'
  | 'caseExactIA5Match'
  | 'caseExactIA5SubstringsMatch'
  | 'distinguishedNameMatch'
  | 'integerMatch'
  | 'integerOrderingMatch'
  | 'booleanMatch'
  | 'octetStringMatch'
  | 'octetStringOrderingMatch'
  | 'telephoneNumberMatch'
  | 'telephoneNumberSubstringsMatch'
  | 'generalizedTimeMatch'
  | 'generalizedTimeOrderingMatch'
  | 'objectIdentifierMatch'
  | 'objectIdentifierFirstComponentMatch'
  | 'UUIDMatch'
  | 'UUIDOrderingMatch';

export interface AttributeType {
  readonly oid: string;
  /** The first is the preferred spelling. */
  readonly names: readonly [string, ...string[]];
  /** OID of the syntax (RFC 4517). */
  readonly syntax: string;
  readonly equality?: MatchingRuleName;
  readonly ordering?: MatchingRuleName;
  readonly substr?: MatchingRuleName;
  readonly singleValue: boolean;
  /** Returned only when asked for by name or `+`. */
  readonly operational: boolean;
}

export interface ObjectClass {
  readonly oid: string;
  readonly name: string;
  readonly kind: 'ABSTRACT' | 'STRUCTURAL' | 'AUXILIARY';
  readonly superior: string;
  readonly must: readonly string[];
  readonly may: readonly string[];
}

interface RuleSet {
  readonly syntax: string;
  readonly equality: MatchingRuleName;
  readonly ordering?: MatchingRuleName;
  readonly substr?: MatchingRuleName;
}

const LDAP_SYNTAX = '1.3.6.1.4.1.1466.115.121.1';

/** The syntaxes in use, by OID with their descriptions (RFC 4517 3.3, RFC 4530 2.1). */
export const SYNTAXES: ReadonlyMap<string, string> = new Map([
  [`${LDAP_SYNTAX}.7`, 'Boolean'],
  [`${LDAP_SYNTAX}.12`, 'DN'],
  [`${LDAP_SYNTAX}.15`, 'Directory String'],
  [`${LDAP_SYNTAX}.24`, 'Generalized Time'],
  [`${LDAP_SYNTAX}.26`, 'IA5 String'],
  [`${LDAP_SYNTAX}.27`, 'INTEGER'],
  [`${LDAP_SYNTAX}.3`, 'Attribute Type Description'],
  [`${LDAP_SYNTAX}.38`, 'OID'],
  [`${LDAP_SYNTAX}.40`, 'Octet String'],
  [`${LDAP_SYNTAX}.50`, 'Telephone Number'],
  [`${LDAP_SYNTAX}.58`, 'Substring Assertion'],
  ['1.3.6.1.1.16.1', 'UUID'],
]);

/** DN syntax: values are names of entries. */
export const DN_SYNTAX = `${LDAP_SYNTAX}.12`;

const RULES: ReadonlyMap<string, RuleSet> = new Map<string, RuleSet>([
  [
    'ci',
    {
      syntax: `${LDAP_SYNTAX}.15`,
      equality: 'caseIgnoreMatch',
      substr: 'caseIgnoreSubstringsMatch',
    },
  ],
  [
    'ce',
    {
      syntax: `${LDAP_SYNTAX}.15`,
      equality: 'caseExactMatch',
      substr: 'caseExactSubstringsMatch',
    },
  ],
  ['ci5', { syntax: `${LDAP_SYNTAX}.26`, equality: 'caseIgnoreIA5Match', substr: 'caseIgnoreIA5SubstringsMatch' }],
  ['ce5', { syntax: `${LDAP_SYNTAX}.26`, equality: 'caseExactIA5Match', substr: 'caseExactIA5SubstringsMatch' }],
  ['path', { syntax: `${LDAP_SYNTAX}.26`, equality: 'caseExactIA5Match' }],
  ['dn', { syntax: DN_SYNTAX, equality: 'distinguishedNameMatch' }],
  ['int', { syntax: `${LDAP_SYNTAX}.27`, equality: 'integerMatch', ordering: 'integerOrderingMatch' }],
  ['bool', { syntax: `${LDAP_SYNTAX}.7`, equality: 'booleanMatch' }],
  ['octet', { syntax: `${LDAP_SYNTAX}.40`, equality: 'octetStringMatch' }],
  ['tel', { syntax: `${LDAP_SYNTAX}.50`, equality: 'telephoneNumberMatch', substr: 'telephoneNumberSubstringsMatch' }],
  ['time', { syntax: `${LDAP_SYNTAX}.24`, equality: 'generalizedTimeMatch', ordering: 'generalizedTimeOrderingMatch' }],
  ['oid', { syntax: `${LDAP_SYNTAX}.38`, equality: 'objectIdentifierMatch' }],
  ['oid1', { syntax: `${LDAP_SYNTAX}.3`, equality: 'objectIdentifierFirstComponentMatch' }],
  ['uuid', { syntax: '1.3.6.1.1.16.1', equality: 'UUIDMatch', ordering: 'UUIDOrderingMatch' }],
]);

const rows = (table: string) =>
  table
    .trim()
    .split('\n')
    .map((row) => row.split('|'));
const words = (list: string | undefined) => (list ?? '').split(',').filter((word) => word !== '');

export const ALL_ATTRIBUTE_TYPES: readonly AttributeType[] = rows(ATTRIBUTE_TYPES).map(
  ([oid, names, rules, flags]): AttributeType => ({
    oid: oid ?? '',
    names: words(names) as [string, ...string[]],
    ...RULES.get(rules ?? '')!,
    singleValue: flags?.includes('s') === true,
    operational: flags?.includes('o') === true,
  }),
);

export const ALL_OBJECT_CLASSES: readonly ObjectClass[] = rows(OBJECT_CLASSES).map(
  ([oid, name, kind, superior, must, may]): ObjectClass => ({
    oid: oid ?? '',
    name: name ?? '',
    kind: kind as ObjectClass['kind'],
    superior: superior ?? '',
    must: words(must),
    may: words(may),
  }),
);

const typesByName = new Map<string, AttributeType>();
for (const type of ALL_ATTRIBUTE_TYPES) {
  for (const name of [type.oid, ...type.names]) typesByName.set(name.toLowerCase(), type);
}
const classesByName = new Map<string, ObjectClass>();
for (const objectClass of ALL_OBJECT_CLASSES) {
  for (const name of [objectClass.oid, objectClass.name]) classesByName.set(name.toLowerCase(), objectClass);
}

/** The type of this name or OID (any case, no options), or undefined. */
export function attributeType(nameOrOid: string): AttributeType | undefined {
  return typesByName.get(nameOrOid.toLowerCase());
}

const superiors = new Map<AttributeType, AttributeType>();
const subtypes = new Map<AttributeType, Set<AttributeType>>();
for (const [superior, names] of rows(SUPERIOR_TYPES)) {
  const above = typesByName.get((superior ?? '').toLowerCase());
  for (const name of words(names)) {
    const below = typesByName.get(name.toLowerCase());
    if (above === undefined || below === undefined) continue;
    superiors.set(below, above);
    subtypes.set(above, (subtypes.get(above) ?? new Set()).add(below));
  }
}

const NO_TYPES: ReadonlySet<AttributeType> = new Set();

/** The type that this one is a subtype of, if any (RFC 4512 2.5.1). */
export function superiorType(type: AttributeType | undefined): AttributeType | undefined {
  return type === undefined ? undefined : superiors.get(type);
}

/** The types that are subtypes of this one; mostly none. */
export function subtypesOf(type: AttributeType | undefined): ReadonlySet<AttributeType> {
  return (type === undefined ? undefined : subtypes.get(type)) ?? NO_TYPES;
}

/** The class of this name or OID (any case), or undefined. */
export function objectClass(nameOrOid: string): ObjectClass | undefined {
  return classesByName.get(nameOrOid.toLowerCase());
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

/** A type's preferred name in lower case, whatever alias or OID it came by; the type itself, in lower case, where it is unknown. */
export function canonicalType(type: string): string {
  return (attributeType(type)?.names[0] ?? type).toLowerCase();
}
