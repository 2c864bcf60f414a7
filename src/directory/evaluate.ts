// Filters over entries in three-valued logic (RFC 4511 4.5.1.7). A filter is compiled once per search, its assertions normalised once.
import { parseDN } from '../ldap/dn.js';
import type { ExtensibleMatchFilter, Filter, SubstringFilter } from '../ldap/filter.js';
import { type MatchingRule, matchingRule, type OrderingKey } from '../ldap/matching.js';
import { type AttributeType, attributeType, isPasswordMaterial, splitDescription } from '../ldap/schema.js';
import { attributeKey, type SnapshotAttribute, type SnapshotEntry } from './entry.js';

/** TRUE, FALSE, Undefined. An entry is returned only for TRUE. */
export type Truth = 1 | 0 | -1;
export type Predicate = (entry: SnapshotEntry) => Truth;

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
  const key = attributeKey(description);
  return (entry) => {
    const attribute = entry.attributes.get(key);
    return attribute !== undefined && matches(attribute) ? 1 : 0;
  };
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
  const rule = ruleOf(assertable(filter.attribute)?.substr);
  const part = rule?.part;
  if (rule === undefined || part === undefined) return UNDEFINED;
  const initial = filter.initial === undefined ? '' : part(filter.initial, 'initial');
  const final = filter.final === undefined ? '' : part(filter.final, 'final');
  const any = filter.any.map((octets) => part(octets, 'any'));
  if (initial === undefined || final === undefined || !any.every((text) => text !== undefined)) return UNDEFINED;
  return overAttribute(filter.attribute, (attribute) =>
    attribute.values.some((octets) => {
      const value = rule.normalize(octets);
      return value !== undefined && containsInOrder(value, initial, any, final);
    }),
  );
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

function extensible(filter: ExtensibleMatchFilter): Predicate {
  const type = filter.attribute === undefined ? undefined : assertable(filter.attribute);
  if (filter.attribute !== undefined && type === undefined) return UNDEFINED;
  const rule = filter.matchingRule === undefined ? ruleOf(type?.equality) : matchingRule(filter.matchingRule);
  const asserted = rule?.normalize(filter.value);
  if (rule === undefined || asserted === undefined) return UNDEFINED;
  // Without an attribute only types of the rule's own syntax are looked at (RFC 4511 4.5.1.7.7).
  const applies = (candidate: AttributeType | undefined) =>
    type === undefined ? usesRule(candidate, rule) : candidate === type;
  const matches = (octets: Buffer) => rule.normalize(octets) === asserted;
  return (entry) => {
    for (const attribute of entry.attributes.values()) {
      if (applies(attribute.type) && attribute.values.some(matches)) return 1;
    }
    if (!filter.dnAttributes) return 0;
    for (const { type: name, value } of (parseDN(entry.dn) ?? []).flat()) {
      if (applies(attributeType(name)) && matches(Buffer.from(value, 'utf8'))) return 1;
    }
    return 0;
  };
}

function usesRule(type: AttributeType | undefined, rule: MatchingRule): boolean {
  return type !== undefined && (type.equality === rule.name || ruleOf(type.equality)?.syntax === rule.syntax);
}

function ruleOf(name: string | undefined): MatchingRule | undefined {
  return name === undefined ? undefined : matchingRule(name);
}
