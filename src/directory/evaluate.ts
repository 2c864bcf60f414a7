// Filters over entries in three-valued logic (RFC 4511 4.5.1.7). A filter is compiled once per search, its assertions normalised once.
import { parseDN } from '../ldap/dn.js';
import type { ExtensibleMatchFilter, Filter, SubstringFilter } from '../ldap/filter.js';
import { type MatchingRule, matchingRule, type OrderingKey } from '../ldap/matching.js';
import {
  type AttributeType,
  attributeType,
  isPasswordMaterial,
  splitDescription,
  superiorType,
} from '../ldap/schema.js';
import { describe, type SnapshotAttribute, type SnapshotEntry, someAttribute } from './entry.js';

/** TRUE, FALSE, Undefined. An entry is returned only for TRUE. */
export type Truth = 1 | 0 | -1;
export type Predicate = (entry: SnapshotEntry) => Truth;

const DIRECTORY_STRING = '1.3.6.1.4.1.1466.115.121.1.15';
const TELEPHONE_NUMBER = '1.3.6.1.4.1.1466.115.121.1.50';

const UNDEFINED: Predicate = () => -1;

/** Makes a predicate of a filter. Depth is bounded by what the decoder lets through. */
export function compileFilter(filter: Filter): Predicate {
  switch (filter.kind) {
    case 'and':
      return every(filter.filters.map(compileFilter));
    case 'or':
      return some(filter.filters.map(compileFilter));
    case 'not': {
      const inner = compileFilter(filter.filter);
      return (entry) => {
        const truth = inner(entry);
        return truth === -1 ? -1 : truth === 1 ? 0 : 1;
      };
    }
    case 'present':
      return overAttribute(filter.attribute, () => true);
    case 'equalityMatch':
      return equality(filter.attribute, filter.value);
    case 'approxMatch':
      return equality(filter.attribute, filter.value);
    case 'greaterOrEqual':
      return ordering(filter.attribute, filter.value, (value, asserted) => value >= asserted);
    case 'lessOrEqual':
      return ordering(filter.attribute, filter.value, (value, asserted) => value <= asserted);
    case 'substrings':
      return substrings(filter);
    case 'extensibleMatch':
      return extensible(filter);
  }
}

/** True for an item that is Undefined whatever entry it is asked of. */
export function isUndefined(item: Filter): boolean {
  return compileFilter(item) === UNDEFINED;
}

function every(parts: readonly Predicate[]): Predicate {
  return (entry) => {
    let truth: Truth = 1;
    for (const part of parts) {
      const one = part(entry);
      if (one === 0) return 0;
      if (one === -1) truth = -1;
    }
    return truth;
  };
}

function some(parts: readonly Predicate[]): Predicate {
  return (entry) => {
    let truth: Truth = 0;
    for (const part of parts) {
      const one = part(entry);
      if (one === 1) return 1;
      if (one === -1) truth = -1;
    }
    return truth;
  };
}

/** The known type of a description that may be asserted; undefined for unknown types and password material (R34). */
function assertable(description: string): AttributeType | undefined {
  if (isPasswordMaterial(description)) return undefined;
  return attributeType(splitDescription(description).type);
}

/** TRUE if the entry has the attribute and `matches` holds for it, FALSE if not, Undefined for an attribute nobody knows. */
function overAttribute(description: string, matches: (attribute: SnapshotAttribute) => boolean): Predicate {
  if (assertable(description) === undefined) return UNDEFINED;
  const described = describe(description);
  return (entry) => (someAttribute(entry, described, matches) ? 1 : 0);
}

function equality(description: string, value: Buffer): Predicate {
  const rule = ruleOf(assertable(description)?.equality);
  const asserted = rule?.normalize(value);
  if (asserted === undefined) return UNDEFINED;
  return overAttribute(description, (attribute) => attribute.keys().includes(asserted));
}

function ordering(
  description: string,
  value: Buffer,
  holds: (value: OrderingKey, asserted: OrderingKey) => boolean,
): Predicate {
  const order = ruleOf(assertable(description)?.ordering)?.order;
  const asserted = order?.(value);
  if (order === undefined || asserted === undefined) return UNDEFINED;
  return overAttribute(description, (attribute) =>
    attribute.values.some((octets) => {
      const key = order(octets);
      return key !== undefined && holds(key, asserted);
    }),
  );
}

function substrings(filter: SubstringFilter): Predicate {
  const part = ruleOf(assertable(filter.attribute)?.substr)?.part;
  if (part === undefined) return UNDEFINED;
  // A part has at least one character (RFC 4517 3.3.30): an empty one would match whatever is there (R38).
  if ([filter.initial, ...filter.any, filter.final].some((octets) => octets?.length === 0)) return UNDEFINED;
  const initial = filter.initial === undefined ? '' : part(filter.initial, 'initial');
  const final = filter.final === undefined ? '' : part(filter.final, 'final');
  const any = filter.any.map((octets) => part(octets, 'any'));
  if (initial === undefined || final === undefined || !any.every((text) => text !== undefined)) return UNDEFINED;
  // Each substring rule prepares whole values as its type's equality rule does, and those keys are there already.
  if (![initial, ...any, final].some((text) => text?.includes(' '))) {
    return overAttribute(filter.attribute, (attribute) =>
      attribute.keys().some((value) => value !== undefined && containsInOrder(value, initial, any, final)),
    );
  }
  const first = ` ${spaced(initial)}`;
  const middle = any.map((text) => spaced(text ?? ''));
  const last = `${spaced(final)} `;
  return overAttribute(filter.attribute, (attribute) =>
    attribute.keys().some((value) => value !== undefined && containsInOrder(` ${spaced(value)} `, first, middle, last)),
  );
}

/** Two spaces between words, so that a part that ends and one that begins with a space both find theirs (RFC 4518 2.6.1). */
function spaced(text: string): string {
  const words = text.split(' ');
  return words.map((word, i) => (i === 0 ? word : (words[i - 1] === '' || word === '' ? ' ' : '  ') + word)).join('');
}

/** Each part behind the one before, found from left to right: no going back, so time is bounded by pattern times value (R40). */
function containsInOrder(value: string, initial: string, any: readonly string[], final: string): boolean {
  if (!value.startsWith(initial)) return false;
  let at = initial.length;
  for (const part of any) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return value.length - final.length >= at && value.endsWith(final);
}

/** RFC 4511 4.5.1.7.7: a rule over one attribute or all that it suits, and with `dnAttributes` over the parts of the name. */
function extensible(filter: ExtensibleMatchFilter): Predicate {
  const { attribute } = filter;
  const type = attribute === undefined ? undefined : assertable(attribute);
  if (attribute !== undefined && type === undefined) return UNDEFINED;
  const rule = filter.matchingRule === undefined ? ruleOf(type?.equality) : matchingRule(filter.matchingRule);
  if (rule === undefined || (type !== undefined && !suits(rule, type))) return UNDEFINED;
  const matches = assertion(rule, filter.value);
  if (matches === undefined) return UNDEFINED;
  const described = attribute === undefined ? undefined : describe(attribute);
  // An option asks for values that are stored with it; the parts of a name have none.
  const isNameless = described !== undefined && described.options.length > 0;
  const applies = (other: AttributeType | undefined) =>
    other !== undefined &&
    !isPasswordMaterial(other.names[0]) &&
    (type === undefined ? suits(rule, other) : other === type || superiorType(other) === type);
  return (entry) => {
    if (described !== undefined) {
      if (someAttribute(entry, described, ({ values }) => values.some(matches))) return 1;
    } else {
      for (const other of entry.attributes.values()) if (applies(other.type) && other.values.some(matches)) return 1;
    }
    if (!filter.dnAttributes || isNameless) return 0;
    for (const { type: name, value } of (parseDN(entry.dn) ?? []).flat()) {
      if (applies(attributeType(name)) && matches(Buffer.from(value, 'utf8'))) return 1;
    }
    return 0;
  };
}

/** The test of one value: equality, or for an ordering rule "comes before" (RFC 4517 4.2). Undefined where there is none. */
function assertion(rule: MatchingRule, value: Buffer): ((octets: Buffer) => boolean) | undefined {
  if (rule.part !== undefined) return undefined; // a substring assertion has another syntax than this value
  if (rule.order === undefined) {
    const asserted = rule.normalize(value);
    return asserted === undefined ? undefined : (octets) => rule.normalize(octets) === asserted;
  }
  const { order } = rule;
  const asserted = order(value);
  if (asserted === undefined) return undefined;
  return (octets) => {
    const key = order(octets);
    return key !== undefined && key < asserted;
  };
}

/** True if values of the type are what the rule compares. */
function suits(rule: MatchingRule, type: AttributeType): boolean {
  if (type.equality === rule.name || ruleOf(type.equality)?.syntax === rule.syntax) return true;
  // Telephone numbers are strings as well (RFC 4517 4.2.4, 4.2.11).
  return rule.syntax === DIRECTORY_STRING && type.syntax === TELEPHONE_NUMBER;
}

function ruleOf(name: string | undefined): MatchingRule | undefined {
  return name === undefined ? undefined : matchingRule(name);
}
