// The items of a filter (RFC 4511 4.5.1.7): which attributes one is about, and what it asks of a value's comparison key.
import type { AssertionFilter, ExtensibleMatchFilter, Filter } from '../ldap/filter.js';
import {
  type MatchingRule,
  matchingRule,
  type Normalizer,
  normalizerIn,
  normalizerOf,
  normalizingUnits,
} from '../ldap/matching.js';
import { LONGEST_PREPARED } from '../ldap/prepare.js';
import { type AttributeType, isPasswordMaterial, type Schema, STANDARD, splitDescription } from '../ldap/schema.js';
import { DIRECTORY_STRING, TELEPHONE_NUMBER } from '../ldap/syntaxes.js';
import { type Described, describe } from './entry.js';
import { compileSubstrings, substringUnits } from './substrings.js';
import type { Work } from './work.js';

/** A part of a filter without parts of its own. */
export type FilterItem = Exclude<Filter, { readonly kind: 'and' | 'or' | 'not' }>;

/** What is asked of one value, by its key. */
export interface ValueTest {
  /** Which keys; undefined: the attribute's own, by its equality rule. */
  readonly normalize?: Normalizer;
  /** Set if the key has to be this one. */
  readonly equal?: string;
  /** Set if it has to be one of these. */
  readonly equals?: ReadonlySet<string>;
  /** Charges `work` with what goes beyond the visit of one value. */
  readonly holds: (key: string, work: Work) => boolean;
}

/** An item that is not Undefined whatever it is asked of. */
export interface Item {
  /** The attributes that it is about; undefined: all of these `types`. */
  readonly described?: Described;
  readonly types?: ReadonlySet<AttributeType>;
  /** The types of the parts of an entry's name that it is about, too (`dn`). */
  readonly nameTypes?: ReadonlySet<AttributeType>;
  /** Undefined: any value will do. */
  readonly test?: ValueTest;
}

/** Units for the description and the rule of an item. */
const LOOKING_UP = 24;

/** What compiling an item costs at most, in units of work. */
export function itemUnits(item: FilterItem): number {
  return LOOKING_UP + ((item.attribute?.length ?? 0) >> 6) + assertionUnits(item);
}

function assertionUnits(item: FilterItem): number {
  switch (item.kind) {
    case 'present':
      return 0;
    case 'substrings':
      return substringUnits(item);
    default: {
      // It may be a name, which costs most.
      const { length } = item.value;
      return Math.max(normalizingUnits(item.value), length > LONGEST_PREPARED ? 0 : length >> 1);
    }
  }
}

/** The item, or undefined for one that is Undefined whatever entry it is asked of. `schema`: that of the entries. */
export function compileItem(filter: FilterItem, schema = STANDARD): Item | undefined {
  if (filter.kind === 'extensibleMatch') return extensible(filter, schema);
  const type = assertable(filter.attribute, schema);
  if (type === undefined) return undefined;
  const described = describe(filter.attribute, schema);
  switch (filter.kind) {
    case 'present':
      return { described };
    case 'equalityMatch':
    case 'approxMatch': {
      const equal = normalizerOf(type)(filter.value);
      return equal === undefined ? undefined : { described, test: ownEquality(equal, type) };
    }
    case 'greaterOrEqual':
      return ordering(described, ruleOf(type.ordering), filter.value, (order) => order >= 0);
    case 'lessOrEqual':
      return ordering(described, ruleOf(type.ordering), filter.value, (order) => order <= 0);
    case 'substrings': {
      const holds = compileSubstrings(filter, ruleOf(type.substr));
      return holds === undefined ? undefined : { described, test: { holds } };
    }
  }
}

/** The known type of a description that may be asserted; undefined for unknown types and password material (R34). */
function assertable(description: string, schema: Schema): AttributeType | undefined {
  if (isPasswordMaterial(description)) return undefined;
  return schema.attributeType(splitDescription(description).type);
}

function equality(equal: string): ValueTest {
  return { equal, holds: (key) => key === equal };
}

/** By the type's own rule. A class is matched by each of its subclasses, whose attributes have its key as well. */
function ownEquality(equal: string, { classes: schema }: AttributeType): ValueTest {
  if (schema === undefined) return equality(equal);
  const implies = (key: string) => {
    const stored = schema.objectClass(key);
    return stored !== undefined && schema.superclassesOf(stored).some(({ oid }) => oid === equal);
  };
  return { equal, holds: (key) => key === equal || implies(key) };
}

/** Values in their order cost by what both keys have in common at most. */
function ordering(
  described: Described,
  rule: MatchingRule | undefined,
  value: AssertionFilter['value'],
  holds: (order: number) => boolean,
): Item | undefined {
  const compare = rule?.compare;
  const asserted = rule?.normalize(value);
  if (compare === undefined || asserted === undefined) return undefined;
  return { described, test: { holds: ordered(asserted, compare, holds) } };
}

function ordered(
  asserted: string,
  compare: (key: string, other: string) => number,
  holds: (order: number) => boolean,
): ValueTest['holds'] {
  return (key, work) => {
    work.left -= Math.min(key.length, asserted.length) >> 7;
    return holds(compare(key, asserted));
  };
}

/** RFC 4511 4.5.1.7.7: a rule over one attribute or all that it suits, and with `dnAttributes` over the parts of the name. */
function extensible(filter: ExtensibleMatchFilter, schema: Schema): Item | undefined {
  const { attribute } = filter;
  const type = attribute === undefined ? undefined : assertable(attribute, schema);
  if (attribute !== undefined && type === undefined) return undefined;
  const rule = filter.matchingRule === undefined ? ruleOf(type?.equality) : matchingRule(filter.matchingRule);
  if (rule === undefined || (type !== undefined && !suits(rule, type))) return undefined;
  const isOwn = filter.matchingRule === undefined && type !== undefined;
  const test = isOwn ? ownAssertion(type, filter.value) : assertion(rule, normalizerIn(schema, rule), filter.value);
  if (test === undefined) return undefined;
  const described = attribute === undefined ? undefined : describe(attribute, schema);
  // An option asks for values that are stored with it; the parts of a name have none.
  const hasName = filter.dnAttributes && (described === undefined || described.options.length === 0);
  const about = described === undefined ? { types: typesOf(rule, schema) } : { described };
  if (!hasName) return { ...about, test };
  return { ...about, nameTypes: type === undefined ? typesOf(rule, schema) : subtypesAndSelf(type, schema), test };
}

function ownAssertion(type: AttributeType, value: Buffer): ValueTest | undefined {
  const normalize = normalizerOf(type);
  const asserted = normalize(value);
  return asserted === undefined ? undefined : { normalize, ...ownEquality(asserted, type) };
}

/** The test of one value: equality, or for an ordering rule "comes before" (RFC 4517 4.2). Undefined where there is none. */
function assertion(rule: MatchingRule, normalize: Normalizer, value: Buffer): ValueTest | undefined {
  if (rule.part !== undefined) return undefined; // a substring assertion has another syntax than this value
  const { compare, holds } = rule;
  const asserted = normalize(value);
  if (asserted === undefined) return undefined;
  if (holds !== undefined) return { normalize, holds: related(asserted, holds) };
  if (compare === undefined) return { normalize, ...equality(asserted) };
  return { normalize, holds: ordered(asserted, compare, (order) => order < 0) };
}

/** Values in a relation to the asserted one cost by what both have in common at most. */
function related(asserted: string, holds: NonNullable<MatchingRule['holds']>): ValueTest['holds'] {
  return (key, work) => {
    work.left -= Math.min(key.length, asserted.length) >> 7;
    return holds(key, asserted);
  };
}

/** True if values of the type are what the rule compares. */
function suits(rule: MatchingRule, type: AttributeType): boolean {
  if (type.equality === rule.name || ruleOf(type.equality)?.syntax === rule.syntax) return true;
  // Telephone numbers are strings as well (RFC 4517 4.2.4, 4.2.11).
  return rule.syntax === DIRECTORY_STRING && type.syntax === TELEPHONE_NUMBER;
}

/** The types that each rule suits, for each schema that was asked about. */
const suitable = new WeakMap<Schema, Map<MatchingRule, ReadonlySet<AttributeType>>>();

function typesOf(rule: MatchingRule, schema: Schema): ReadonlySet<AttributeType> {
  let byRule = suitable.get(schema);
  if (byRule === undefined) {
    byRule = new Map();
    suitable.set(schema, byRule);
  }
  let types = byRule.get(rule);
  if (types === undefined) {
    types = new Set(schema.attributeTypes.filter((type) => !isPasswordMaterial(type.names[0]) && suits(rule, type)));
    byRule.set(rule, types);
  }
  return types;
}

function subtypesAndSelf(type: AttributeType, schema: Schema): ReadonlySet<AttributeType> {
  return new Set([type, ...schema.subtypesOf(type)].filter(({ names }) => !isPasswordMaterial(names[0])));
}

function ruleOf(name: string | undefined): MatchingRule | undefined {
  return name === undefined ? undefined : matchingRule(name);
}
