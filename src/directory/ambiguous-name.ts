// Ambiguous name resolution (MS-ADTS 3.1.1.3.1.3.4): one assertion of `anr` asks for everybody with a name that begins with the value. Pure.
import type { AssertionFilter, Filter, SubstringFilter } from '../ldap/filter.js';
import type { Schema } from '../ldap/schema.js';
import type { FilterItem } from './items.js';

/** The attributes that may contain a name. */
const NAMES = ['displayName', 'givenName', 'sn', 'sAMAccountName', 'mail', 'name', 'physicalDeliveryOfficeName'];
/** Bytes of the longest name that is searched for in two parts: first and last name, in either order. */
const LONGEST_NAME = 256;

/** What an assertion of `anr` stands for, where the schema has it; undefined for every other item. */
export function ambiguousName(item: FilterItem, schema: Schema): Filter | undefined {
  if (!asksFor(item) || schema.attributeType('anr') === undefined) return undefined;
  const asserted = item.kind === 'substrings' ? (item.initial ?? NOTHING) : item.value;
  // A leading = asks for the whole name.
  const isWhole = asserted[0] === EQUALS;
  const value = isWhole ? asserted.subarray(1) : asserted;
  if (value.length === 0) return { kind: 'or', filters: [] };
  const is = (attribute: string, part: Buffer) => (isWhole ? equal(attribute, part) : begins(attribute, part));
  const parts = inTwo(value);
  const both = (one: string, other: string): Filter[] =>
    parts === undefined ? [] : [{ kind: 'and', filters: [is(one, parts[0]), is(other, parts[1])] }];
  return {
    kind: 'or',
    filters: [...NAMES.map((name) => is(name, value)), ...both('givenName', 'sn'), ...both('sn', 'givenName')],
  };
}

const NOTHING = Buffer.alloc(0);
const EQUALS = 0x3d;
const SPACE = 0x20;

function asksFor(item: FilterItem): item is AssertionFilter | SubstringFilter {
  switch (item.kind) {
    case 'equalityMatch':
    case 'approxMatch':
    case 'substrings':
      return item.attribute.length === 3 && item.attribute.toLowerCase() === 'anr';
    default:
      return false;
  }
}

const equal = (attribute: string, value: Buffer): Filter => ({ kind: 'equalityMatch', attribute, value });
const begins = (attribute: string, initial: Buffer): Filter => ({ kind: 'substrings', attribute, initial, any: [] });

/** The name before its first space, and what follows the space. */
function inTwo(name: Buffer): readonly [Buffer, Buffer] | undefined {
  const space = name.length > LONGEST_NAME ? -1 : name.indexOf(SPACE);
  return space <= 0 || space === name.length - 1 ? undefined : [name.subarray(0, space), name.subarray(space + 1)];
}
