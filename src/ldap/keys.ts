// Comparison keys: from value and assertion octets to text that is equal for what matches (RFC 4517 4.2). No key means Undefined.
import { dnKey, parseDN } from './dn.js';
import {
  LONGEST_PREPARED,
  prepareIA5Substring,
  prepareIA5Value,
  prepareSubstring,
  prepareTelephone,
  prepareValue,
} from './prepare.js';
import { type Schema, STANDARD } from './schema.js';

/** The comparison key of a value or assertion; undefined where it does not fit the syntax or is too long. */
export type Normalizer = (value: Buffer) => string | undefined;

/** The key of one part of a substring assertion. */
export type PartNormalizer = (value: Buffer, part: 'initial' | 'any' | 'final') => string | undefined;

/** Octets: a longer value has no key, whatever its syntax. It is still returned. */
export const LONGEST_KEYED = 65_536;

/** Text, or undefined for octets that are not UTF-8. */
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
const substring =
  (foldCase: boolean): PartNormalizer =>
  (value, part) => {
    const decoded = text(value);
    return decoded === undefined ? undefined : prepareSubstring(decoded, foldCase, part);
  };
const ia5Substring =
  (foldCase: boolean): PartNormalizer =>
  (value, part) => {
    const decoded = text(value);
    return decoded === undefined ? undefined : prepareIA5Substring(decoded, foldCase, part);
  };
/** PrintableString (RFC 4517 3.3.29), which telephone numbers are. */
const PRINTABLE = /^[A-Za-z0-9'()+,\-./:=? ]+$/;
const telephone = (value: Buffer) => {
  const number = value.toString('latin1');
  return PRINTABLE.test(number) ? prepareTelephone(number) : undefined;
};

/** RFC 4517 3.3.16: the text is its own key, because there is one way to write each number. */
function integer(value: Buffer): string | undefined {
  const digits = value.toString('latin1');
  return /^(0|-?[1-9][0-9]*)$/.test(digits) ? digits : undefined;
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

/** Known names and any numeric OID; a name that nothing in the schema bears is Undefined (RFC 4517 4.2.26). */
const objectIdentifier = (schema: Schema) => (value: Buffer) => {
  const word = value.toString('latin1');
  return (
    schema.objectClass(word)?.oid ??
    schema.attributeType(word)?.oid ??
    (/^[0-9]+(\.[0-9]+)+$/.test(word) ? word : undefined)
  );
};

function uuid(value: Buffer): string | undefined {
  const word = value.toString('latin1').toLowerCase();
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(word) ? word : undefined;
}

/**
 * Postal Address (RFC 4517 3.3.28): lines between dollar signs, each compared as a string (4.2.11); a dollar sign or a backslash in a line is
 * escaped.
 */
function postalAddress(value: Buffer): string | undefined {
  const lines = text(value)?.split('$', MOST_LINES + 1);
  if (lines === undefined || lines.length > MOST_LINES) return undefined;
  const prepared = lines.map((line) => (/\\(?!24|5[Cc])/.test(line) ? undefined : prepareValue(line, true)));
  return prepared.includes(undefined) ? undefined : prepared.join('$');
}

/** Lines of a postal address; X.520 has six of 30 characters. */
const MOST_LINES = 64;

/** RFC 4517 3.3.2. */
function bitString(value: Buffer): string | undefined {
  const word = value.toString('latin1');
  return /^'[01]*'B$/.test(word) ? word : undefined;
}

/** RFC 4517 3.3.23, 4.2.22: spaces do not count. */
function numericString(value: Buffer): string | undefined {
  const digits = value.toString('latin1');
  return /^[0-9 ]+$/.test(digits) ? digits.replaceAll(' ', '') : undefined;
}

/** The bit string behind the name in Name and Optional UID (RFC 4517 3.3.21). */
const OPTIONAL_UID = /#('[01]{0,256}'B)$/;

function nameAndUid(value: Buffer): string | undefined {
  if (value.length > LONGEST_PREPARED) return undefined;
  const uid = OPTIONAL_UID.exec(value.toString('latin1'))?.[1];
  const key = name(uid === undefined ? value : value.subarray(0, value.length - uid.length - 1));
  return key === undefined || uid === undefined ? key : `${key}#${uid}`;
}

const octets = (value: Buffer) => value.toString('latin1');

const bounded =
  (normalize: Normalizer): Normalizer =>
  (value) =>
    value.length > LONGEST_KEYED ? undefined : normalize(value);

export const ignoreCaseKey = bounded(string(true));
export const exactCaseKey = bounded(string(false));
export const ignoreCaseIA5Key = bounded(ia5String(true));
export const exactCaseIA5Key = bounded(ia5String(false));
export const ignoreCaseListKey = bounded(postalAddress);
export const numericStringKey = bounded(numericString);
export const nameKey = bounded(name);
export const nameAndUidKey = bounded(nameAndUid);
export const integerKey = bounded(integer);
export const booleanKey = bounded(boolean);
export const bitStringKey = bounded(bitString);
export const octetKey = bounded(octets);
export const telephoneKey = bounded(telephone);
export const timeKey = bounded(time);
export const uuidKey = bounded(uuid);

export const ignoreCasePart = substring(true);
export const exactCasePart = substring(false);
export const ignoreCaseIA5Part = ia5Substring(true);
export const exactCaseIA5Part = ia5Substring(false);
export const telephonePart: PartNormalizer = telephone;
export const numericStringPart: PartNormalizer = numericString;

/** Of values that name elements of a schema. */
interface SchemaKeys {
  readonly identifier: Normalizer;
  readonly className: Normalizer;
}

const bySchema = new WeakMap<Schema, SchemaKeys>();

function keysOf(schema: Schema): SchemaKeys {
  let keys = bySchema.get(schema);
  if (keys === undefined) {
    const className: Normalizer = (value) => schema.objectClass(value.toString('latin1'))?.oid;
    keys = { identifier: bounded(objectIdentifier(schema)), className: bounded(className) };
    bySchema.set(schema, keys);
  }
  return keys;
}

/** The key of an OID or of a name in the schema. */
export function identifierKey(schema: Schema): Normalizer {
  return keysOf(schema).identifier;
}

/** The key of a class, for assertions that imply its superclasses; an unknown class is Undefined, as in slapd. */
export function classNameKey(schema: Schema): Normalizer {
  return keysOf(schema).className;
}

export const standardIdentifierKey = identifierKey(STANDARD);
