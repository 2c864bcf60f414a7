// Matching rules (RFC 4517 4.2): which keys each compares, and how. Equal keys match; no key means Undefined.
import { isAscii } from 'node:buffer';
import { isKeyBelow, isKeyDirectlyBelow } from './dn.js';
import {
  bitStringKey,
  booleanKey,
  classNameKey,
  exactCaseIA5Key,
  exactCaseIA5Part,
  exactCaseKey,
  exactCasePart,
  identifierKey,
  ignoreCaseIA5Key,
  ignoreCaseIA5Part,
  ignoreCaseKey,
  ignoreCaseListKey,
  ignoreCasePart,
  integerKey,
  LONGEST_KEYED,
  type Normalizer,
  nameAndUidKey,
  nameKey,
  numericStringKey,
  numericStringPart,
  octetKey,
  type PartNormalizer,
  standardIdentifierKey,
  telephoneKey,
  telephonePart,
  timeKey,
  uuidKey,
} from './keys.js';
import { LONGEST_PREPARED } from './prepare.js';
import { type AttributeType, attributeType, type MatchingRuleName, type Schema } from './schema.js';

export { LONGEST_KEYED, type Normalizer } from './keys.js';

/** Octets of values that are charged without a look at them. */
const SHORT = 24;

/**
 * What normalizing a value costs at most, in units of work (see directory/work.ts): by this rule, or by any but those of names, which are
 * parsed first.
 */
export function normalizingUnits(value: Buffer, normalize?: Normalizer): number {
  const { length } = value;
  if (length > LONGEST_KEYED) return 1;
  if (normalize === nameKey || normalize === nameAndUidKey) return 8 + (length > LONGEST_PREPARED ? 0 : length >> 1);
  if (length <= SHORT) return 1 + (length >> 2);
  // Text that is too long to be prepared is only decoded.
  return 1 + (length > LONGEST_PREPARED || isAscii(value) ? length >> 3 : length >> 1);
}

export interface MatchingRule {
  readonly oid: string;
  readonly name: MatchingRuleName;
  /** OID of the assertion syntax. */
  readonly syntax: string;
  /** Rules that make the same keys share it: the keys made by one of them serve the others. */
  readonly normalize: Normalizer;
  /** For ordering rules: negative if the value with the first key comes before the one with the second. */
  readonly compare?: (key: string, other: string) => number;
  /** For substring rules: the key of one part of the assertion. */
  readonly part?: PartNormalizer;
  /** For rules that ask for something else than equality or order. */
  readonly holds?: (key: string, asserted: string) => boolean;
}

/** Strings by code unit. */
const byCharacters = (key: string, other: string) => (key === other ? 0 : key < other ? -1 : 1);

/** Integers by value: their keys are decimal, without leading zeros. */
function byNumber(key: string, other: string): number {
  const [isNegative, isOtherNegative] = [key.startsWith('-'), other.startsWith('-')];
  if (isNegative !== isOtherNegative) return isNegative ? -1 : 1;
  const order = key.length === other.length ? byCharacters(key, other) : key.length - other.length;
  return isNegative ? -order : order;
}

const equality = (oid: string, name: MatchingRuleName, syntax: string, normalize: Normalizer): MatchingRule => ({
  oid,
  name,
  syntax: syntax.includes('.') ? syntax : `1.3.6.1.4.1.1466.115.121.1.${syntax}`,
  normalize,
});
const ordering = (
  oid: string,
  name: MatchingRuleName,
  syntax: string,
  normalize: Normalizer,
  compare: NonNullable<MatchingRule['compare']> = byCharacters,
): MatchingRule => ({ ...equality(oid, name, syntax, normalize), compare });
const substrings = (
  oid: string,
  name: MatchingRuleName,
  normalize: Normalizer,
  part: PartNormalizer,
): MatchingRule => ({
  ...equality(oid, name, '58', normalize),
  part,
});
const names = (oid: string, name: MatchingRuleName, holds: NonNullable<MatchingRule['holds']>): MatchingRule => ({
  ...equality(oid, name, '12', nameKey),
  holds,
});

const bits = (
  oid: string,
  name: MatchingRuleName,
  holds: (bits: bigint, asserted: bigint) => boolean,
): MatchingRule => ({
  ...equality(oid, name, '27', integerKey),
  holds: (key, asserted) => {
    const [value, wanted] = [bitsOf(key), bitsOf(asserted)];
    return value !== undefined && wanted !== undefined && holds(value, wanted);
  },
});

/** Digits of the longest number of 64 bits, with its sign. */
const LONGEST_BITS = 20;

/** A number of 64 bits, or less; undefined for one that has more: to read it would take time that grows with the square of its digits. */
function bitsOf(key: string): bigint | undefined {
  return key.length > LONGEST_BITS ? undefined : BigInt.asUintN(64, BigInt(key));
}

const UUID = '1.3.6.1.1.16.1';

/** Every rule there is: those of RFC 4517, OpenLDAP's for places in the tree, and Active Directory's for chains of groups. */
export const ALL_MATCHING_RULES: readonly MatchingRule[] = [
  equality('2.5.13.2', 'caseIgnoreMatch', '15', ignoreCaseKey),
  ordering('2.5.13.3', 'caseIgnoreOrderingMatch', '15', ignoreCaseKey),
  substrings('2.5.13.4', 'caseIgnoreSubstringsMatch', ignoreCaseKey, ignoreCasePart),
  equality('2.5.13.5', 'caseExactMatch', '15', exactCaseKey),
  ordering('2.5.13.6', 'caseExactOrderingMatch', '15', exactCaseKey),
  substrings('2.5.13.7', 'caseExactSubstringsMatch', exactCaseKey, exactCasePart),
  equality('1.3.6.1.4.1.1466.109.114.2', 'caseIgnoreIA5Match', '26', ignoreCaseIA5Key),
  substrings('1.3.6.1.4.1.1466.109.114.3', 'caseIgnoreIA5SubstringsMatch', ignoreCaseIA5Key, ignoreCaseIA5Part),
  equality('1.3.6.1.4.1.1466.109.114.1', 'caseExactIA5Match', '26', exactCaseIA5Key),
  substrings('1.3.6.1.4.1.4203.1.2.1', 'caseExactIA5SubstringsMatch', exactCaseIA5Key, exactCaseIA5Part),
  equality('2.5.13.11', 'caseIgnoreListMatch', '41', ignoreCaseListKey),
  substrings('2.5.13.12', 'caseIgnoreListSubstringsMatch', ignoreCaseListKey, ignoreCasePart),
  equality('2.5.13.8', 'numericStringMatch', '36', numericStringKey),
  ordering('2.5.13.9', 'numericStringOrderingMatch', '36', numericStringKey),
  substrings('2.5.13.10', 'numericStringSubstringsMatch', numericStringKey, numericStringPart),
  equality('2.5.13.1', 'distinguishedNameMatch', '12', nameKey),
  equality('2.5.13.23', 'uniqueMemberMatch', '34', nameAndUidKey),
  names('1.3.6.1.4.1.4203.666.4.9', 'dnSubtreeMatch', (key, above) => key === above || isKeyBelow(key, above)),
  names('1.3.6.1.4.1.4203.666.4.8', 'dnOneLevelMatch', isKeyDirectlyBelow),
  names('1.3.6.1.4.1.4203.666.4.10', 'dnSubordinateMatch', isKeyBelow),
  names('1.3.6.1.4.1.4203.666.4.11', 'dnSuperiorMatch', (key, below) => isKeyBelow(below, key)),
  // JumpCloud nests no groups: the chain of a membership is the membership.
  equality('1.2.840.113556.1.4.1941', 'inChainMatch', '12', nameKey),
  equality('2.5.13.14', 'integerMatch', '27', integerKey),
  ordering('2.5.13.15', 'integerOrderingMatch', '27', integerKey, byNumber),
  // Active Directory's, which OpenLDAP has as well: all of these bits are set, or one of them.
  bits('1.2.840.113556.1.4.803', 'integerBitAndMatch', (value, wanted) => (value & wanted) === wanted),
  bits('1.2.840.113556.1.4.804', 'integerBitOrMatch', (value, wanted) => (value & wanted) !== 0n),
  equality('2.5.13.13', 'booleanMatch', '7', booleanKey),
  equality('2.5.13.16', 'bitStringMatch', '6', bitStringKey),
  equality('2.5.13.17', 'octetStringMatch', '40', octetKey),
  ordering('2.5.13.18', 'octetStringOrderingMatch', '40', octetKey),
  equality('2.5.13.20', 'telephoneNumberMatch', '50', telephoneKey),
  substrings('2.5.13.21', 'telephoneNumberSubstringsMatch', telephoneKey, telephonePart),
  equality('2.5.13.27', 'generalizedTimeMatch', '24', timeKey),
  ordering('2.5.13.28', 'generalizedTimeOrderingMatch', '24', timeKey),
  equality('2.5.13.0', 'objectIdentifierMatch', '38', standardIdentifierKey),
  equality('2.5.13.30', 'objectIdentifierFirstComponentMatch', '38', standardIdentifierKey),
  equality('1.3.6.1.1.16.2', 'UUIDMatch', UUID, uuidKey),
  ordering('1.3.6.1.1.16.3', 'UUIDOrderingMatch', UUID, uuidKey),
];

const byName = new Map<string, MatchingRule>();
for (const rule of ALL_MATCHING_RULES) {
  byName.set(rule.name.toLowerCase(), rule);
  byName.set(rule.oid, rule);
}

/** The rule of this name (any case) or OID, or undefined. */
export function matchingRule(nameOrOid: string): MatchingRule | undefined {
  return byName.get(nameOrOid.toLowerCase());
}

/** How this rule makes keys where these are the names that are known. */
export function normalizerIn(schema: Schema, { normalize }: MatchingRule): Normalizer {
  return normalize === standardIdentifierKey ? identifierKey(schema) : normalize;
}

const NO_KEY: Normalizer = () => undefined;
const normalizers = new WeakMap<AttributeType, Normalizer>();

/** How the values of a type, and what is asserted of them, are made into keys: by its equality rule. Undefined stands for an unknown type. */
export function normalizerOf(type: AttributeType | undefined): Normalizer {
  if (type === undefined) return ignoreCaseKey;
  let normalizer = normalizers.get(type);
  if (normalizer === undefined) {
    normalizer = ownNormalizer(type);
    normalizers.set(type, normalizer);
  }
  return normalizer;
}

function ownNormalizer({ classes, keyed, equality: rule }: AttributeType): Normalizer {
  if (keyed !== undefined) return keyed;
  if (classes !== undefined) return classNameKey(classes);
  return (rule === undefined ? undefined : matchingRule(rule)?.normalize) ?? NO_KEY;
}

/** The key of a text by the equality rule of an attribute type; undefined where it has none or the rule takes no such text. */
export function textKey(type: string, text: string): string | undefined {
  const known = attributeType(type);
  return known === undefined ? undefined : normalizerOf(known)(Buffer.from(text, 'utf8'));
}
