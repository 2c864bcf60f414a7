// Parts of an attribute's values, `member;range=0-1499`, as Active Directory gives them (MS-ADTS 3.1.1.3.1.3.3).
import type { Attribute } from '../ldap/message.js';
import type { Schema } from '../ldap/schema.js';

export interface ValueRange {
  readonly first: number;
  /** Infinity for `*`. */
  readonly last: number;
}

/** The range that the only option of a description asks for; undefined where it asks for none, or where the schema is not that of a domain. */
export function rangeIn(options: readonly string[], schema: Schema): ValueRange | undefined {
  const [, first, last] = /^range=([0-9]{1,9})-([0-9]{1,9}|\*)$/.exec(options.length === 1 ? options[0]! : '') ?? [];
  if (first === undefined || schema.attributeType('objectSid') === undefined) return undefined;
  const range = { first: Number(first), last: last === '*' ? Number.POSITIVE_INFINITY : Number(last) };
  return range.last < range.first ? undefined : range;
}

/** The values in a range. Its end is `*` where none are left behind it: then a client asks for no more. */
export function inRange(name: string, { first, last }: ValueRange, values: readonly Buffer[]): Attribute {
  const end = last + 1 >= values.length ? '*' : String(last);
  return { type: `${name};range=${first}-${end}`, values: values.slice(first, last + 1) };
}
