// Matching rules: from value and assertion octets to comparison keys (RFC 4517 4.2). Equal keys match; no key means Undefined.
import { isAscii } from 'node:buffer';
import { dnKey, parseDN } from './dn.js';
import {
  LONGEST_PREPARED,
  prepareIA5Substring,
  prepareIA5Value,
  prepareSubstring,
  prepareTelephone,
  prepareValue,
} from './prepare.js';
import { attributeType, type MatchingRuleName, objectClass } from './schema.js';

/** The comparison key of a value or assertion; undefined where it does not fit the syntax or is too long. */
export type Normalizer = (value: Buffer) => string | undefined;

/** Octets: a longer value has no key, whatever its syntax. It is returned all the same. */
export const LONGEST_KEYED = 65_536;

/** Octets of values that are charged without a look at them. */
const SHORT = 24;

/**
 * What normalizing a value costs at most, in units of work (see directory/work.ts): by this rule, or by any but those of names, which are
 * parsed first.
 */
export function normalizingUnits(value: Buffer, normalize?: Normalizer): number {
  const { length } = value;
  if (length > LONGEST_KEYED) return 1;
  if (normalize === distinguishedName) return 8 + (length > LONGEST_PREPARED ? 0 : length >> 1);
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
  readonly part?: (value: Buffer, part: 'initial' | 'any' | 'final') => string | undefined;
}

/** Text, or undefined for octets that are no UTF-8. */
function text(value: Buffer): string | undefined {
  const decoded = value.toString('utf8');
  return decoded.includes('\ufffd') ? undefined : decoded;
}

const ia5String = (foldCase: boolean) => (value: Buffer) => {
  const decoded = text(value);
  return decoded === undefined ? undefined : prepareIA5Value(decoded, foldCase);
};
/** A Directory String has at least one character (RFC 4517 3.3.6). */
const string = (foldCase: boolean) => (value: Buffer) => {
  const decoded = value.length === 0 ? undefined : text(value);
  return decoded === undefined ? undefined : prepareValue(decoded, foldCase);
};
const substring = (foldCase: boolean) => (value: Buffer, part: 'initial' | 'any' | 'final') => {
  const decoded = text(value);
  return decoded === undefined ? undefined : prepareSubstring(decoded, foldCase, part);
};
const ia5Substring = (foldCase: boolean) => (value: Buffer, part: 'initial' | 'any' | 'final') => {
  const decoded = text(value);
  return decoded === undefined ? undefined : prepareIA5Substring(decoded, foldCase, part);
};
/** PrintableString (RFC 4517 3.3.29), which telephone numbers are. */
const PRINTABLE = /^[A-Za-z0-9'()+,\-./:=? ]+$/;
const telephone = (value: Buffer) => {
  const number = value.toString('latin1');
  return PRINTABLE.test(number) ? prepareTelephone(number) : undefined;
};

/** RFC 4517 3.3.16; at most so many digits, for the conversion is not linear. */
function integer(value: Buffer): bigint | undefined {
  const digits = value.toString('latin1');
  return digits.length <= 64 && /^(0|-?[1-9][0-9]*)$/.test(digits) ? BigInt(digits) : undefined;
}

function boolean(value: Buffer): string | undefined {
  const word = value.toString('latin1').toUpperCase();
  return word === 'TRUE' || word === 'FALSE' ? word : undefined;
}

function name(value: Buffer): string | undefined {
  if (value.length > LONGEST_PREPARED) return undefined;
  const decoded = text(value);
  const dn = decoded === undefined ? undefined : parseDN(decoded);
  return dn === undefined ? undefined : dnKey(dn);
}

const TIME_OF_DAY = '([01][0-9]|2[0-3])(?:([0-5][0-9])([0-5][0-9]|60)?)?(?:[.,]([0-9]{1,9}))?';
const GENERALIZED_TIME = new RegExp(
  `^([0-9]{4})([0-9]{2})([0-9]{2})${TIME_OF_DAY}(?:Z|([+-])([01][0-9]|2[0-3])([0-5][0-9])?)$`,
);

/** Generalized Time (RFC 4517 3.3.13) as UTC in a form that sorts; fractions of the smallest unit given. */
function time(value: Buffer): string | undefined {
  const match = GENERALIZED_TIME.exec(value.toString('latin1'));
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, sign, hours, minutes] = match;
  // Not by Date.UTC, which takes the year 50 for 1950.
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  // A day that its month has not would come out as one of the next.
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  date.setUTCHours(Number(hour), Number(minute ?? 0), Number(second ?? 0));
  const unit = second !== undefined ? 1000 : minute !== undefined ? 60_000 : 3_600_000;
  const part = fraction === undefined ? 0 : Number(`0.${fraction}`) * unit;
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -1 : 1);
  return new Date(date.getTime() + part - offset * 60_000).toISOString();
}

/** Known names and any numeric OID; a name that nothing here bears is Undefined, as slapd has it. */
function objectIdentifier(value: Buffer): string | undefined {
  const word = value.toString('latin1');
  return objectClass(word)?.oid ?? attributeType(word)?.oid ?? (/^[0-9]+(\.[0-9]+)+$/.test(word) ? word : undefined);
}

function uuid(value: Buffer): string | undefined {
  const word = value.toString('latin1').toLowerCase();
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(word) ? word : undefined;
}

const octets = (value: Buffer) => value.toString('latin1');

/** Strings by code unit. */
const byCharacters = (key: string, other: string) => (key === other ? 0 : key < other ? -1 : 1);

/** Integers by value: their keys are decimal, without leading zeros. */
function byNumber(key: string, other: string): number {
  const [isNegative, isOtherNegative] = [key.startsWith('-'), other.startsWith('-')];
  if (isNegative !== isOtherNegative) return isNegative ? -1 : 1;
  const order = key.length === other.length ? byCharacters(key, other) : key.length - other.length;
  return isNegative ? -order : order;
}

const bounded =
  (normalize: Normalizer): Normalizer =>
  (value) =>
    value.length > LONGEST_KEYED ? undefined : normalize(value);

const S = '1.3.6.1.4.1.1466.115.121.1';
const ignoreCase = bounded(string(true));
const exactCase = bounded(string(false));
const ignoreCaseIA5 = bounded(ia5String(true));
const exactCaseIA5 = bounded(ia5String(false));
const distinguishedName = bounded(name);
const integerKey = bounded((value) => integer(value)?.toString());
const octetKey = bounded(octets);
const telephoneKey = bounded(telephone);
const timeKey = bounded(time);
const oidKey = bounded(objectIdentifier);
const uuidKey = bounded(uuid);
const ordered = (normalize: Normalizer) => ({ normalize, compare: byCharacters });
const parts = (normalize: Normalizer, foldCase: boolean) => ({ normalize, part: substring(foldCase) });
const ia5Parts = (normalize: Normalizer, foldCase: boolean) => ({ normalize, part: ia5Substring(foldCase) });

/** Every rule of RFC 4517 that the schema uses. */
export const ALL_MATCHING_RULES: readonly MatchingRule[] = [
  { oid: '2.5.13.2', name: 'caseIgnoreMatch', syntax: `${S}.15`, normalize: ignoreCase },
  { oid: '2.5.13.3', name: 'caseIgnoreOrderingMatch', syntax: `${S}.15`, ...ordered(ignoreCase) },
  { oid: '2.5.13.4', name: 'caseIgnoreSubstringsMatch', syntax: `${S}.58`, ...parts(ignoreCase, true) },
  { oid: '2.5.13.5', name: 'caseExactMatch', syntax: `${S}.15`, normalize: exactCase },
  { oid: '2.5.13.6', name: 'caseExactOrderingMatch', syntax: `${S}.15`, ...ordered(exactCase) },
  { oid: '2.5.13.7', name: 'caseExactSubstringsMatch', syntax: `${S}.58`, ...parts(exactCase, false) },
  { oid: '1.3.6.1.4.1.1466.109.114.2', name: 'caseIgnoreIA5Match', syntax: `${S}.26`, normalize: ignoreCaseIA5 },
  {
    oid: '1.3.6.1.4.1.1466.109.114.3',
    name: 'caseIgnoreIA5SubstringsMatch',
    syntax: `${S}.58`,
    ...ia5Parts(ignoreCaseIA5, true),
  },
  { oid: '1.3.6.1.4.1.1466.109.114.1', name: 'caseExactIA5Match', syntax: `${S}.26`, normalize: exactCaseIA5 },
  {
    oid: '1.3.6.1.4.1.4203.1.2.1',
    name: 'caseExactIA5SubstringsMatch',
    syntax: `${S}.58`,
    ...ia5Parts(exactCaseIA5, false),
  },
  { oid: '2.5.13.1', name: 'distinguishedNameMatch', syntax: `${S}.12`, normalize: distinguishedName },
  { oid: '2.5.13.14', name: 'integerMatch', syntax: `${S}.27`, normalize: integerKey },
  { oid: '2.5.13.15', name: 'integerOrderingMatch', syntax: `${S}.27`, normalize: integerKey, compare: byNumber },
  { oid: '2.5.13.13', name: 'booleanMatch', syntax: `${S}.7`, normalize: bounded(boolean) },
  { oid: '2.5.13.17', name: 'octetStringMatch', syntax: `${S}.40`, normalize: octetKey },
  { oid: '2.5.13.18', name: 'octetStringOrderingMatch', syntax: `${S}.40`, ...ordered(octetKey) },
  { oid: '2.5.13.20', name: 'telephoneNumberMatch', syntax: `${S}.50`, normalize: telephoneKey },
  {
    oid: '2.5.13.21',
    name: 'telephoneNumberSubstringsMatch',
    syntax: `${S}.58`,
    normalize: telephoneKey,
    part: telephone,
  },
  { oid: '2.5.13.27', name: 'generalizedTimeMatch', syntax: `${S}.24`, normalize: timeKey },
  { oid: '2.5.13.28', name: 'generalizedTimeOrderingMatch', syntax: `${S}.24`, ...ordered(timeKey) },
  { oid: '2.5.13.0', name: 'objectIdentifierMatch', syntax: `${S}.38`, normalize: oidKey },
  { oid: '2.5.13.30', name: 'objectIdentifierFirstComponentMatch', syntax: `${S}.38`, normalize: oidKey },
  { oid: '1.3.6.1.1.16.2', name: 'UUIDMatch', syntax: '1.3.6.1.1.16.1', normalize: uuidKey },
  { oid: '1.3.6.1.1.16.3', name: 'UUIDOrderingMatch', syntax: '1.3.6.1.1.16.1', ...ordered(uuidKey) },
];

const byName = new Map<string, MatchingRule>();
for (const rule of ALL_MATCHING_RULES) {
  byName.set(rule.name.toLowerCase(), rule);
  byName.set(rule.oid, rule);
}

/** The key of a text by the equality rule of an attribute type; undefined where it has none or the rule takes no such text. */
export function textKey(type: string, text: string): string | undefined {
  return matchingRule(attributeType(type)?.equality ?? '')?.normalize(Buffer.from(text, 'utf8'));
}

/** The rule of this name (any case) or OID, or undefined. */
export function matchingRule(nameOrOid: string): MatchingRule | undefined {
  return byName.get(nameOrOid.toLowerCase());
}
