// How a filter is understood: its parts, and why one of them can never be TRUE.
import type { Filter } from '../ldap/filter.js';
import { matchingRule } from '../ldap/matching.js';
import { isPasswordMaterial, STANDARD, SYNTAXES, splitDescription } from '../ldap/schema.js';
import { isUndefined } from './filter-evaluation.js';
import type { FilterItem } from './items.js';

/** A part of a filter, and its depth; 0 is the whole filter. */
export interface FilterPart {
  readonly depth: number;
  readonly filter: Filter;
}

/** The filter and all its parts, each before its own, in the order of the text; `all` collects them. */
export function partsOf(filter: Filter, depth = 0, all: FilterPart[] = []): FilterPart[] {
  all.push({ depth, filter });
  switch (filter.kind) {
    case 'and':
    case 'or':
      for (const part of filter.filters) partsOf(part, depth + 1, all);
      return all;
    case 'not':
      return partsOf(filter.filter, depth + 1, all);
    default:
      return all;
  }
}

/** True for a filter item, false for and, or, not (RFC 4511 4.5.1.7). */
export function isItem(filter: Filter): filter is FilterItem {
  return filter.kind !== 'and' && filter.kind !== 'or' && filter.kind !== 'not';
}

/** Attributes of other directories, and what to ask for instead. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['samaccountname', 'it is Active Directory’s; ask for uid'],
  ['userprincipalname', 'it is Active Directory’s; ask for mail or uid'],
  ['useraccountcontrol', 'it is Active Directory’s; leave this part out: only accounts that may log in are shown'],
  ['objectcategory', 'it is Active Directory’s; ask for objectClass'],
  ['objectguid', 'it is Active Directory’s; ask for entryUUID'],
  ['objectsid', 'it is Active Directory’s; ask for entryUUID'],
  ['ismemberof', 'ask for memberOf'],
  ['nsuniqueid', 'ask for entryUUID'],
  ['ipauniqueid', 'ask for entryUUID'],
]);

/**
 * Why an item is Undefined whatever entry it is asked of (RFC 4511 4.5.1.7), in words; undefined for one that is not. Undefined never
 * matches, under a NOT neither.
 */
export function whyUndefined(item: Filter, schema = STANDARD): string | undefined {
  if (!isItem(item) || !isUndefined(item, schema)) return undefined;
  const { attribute } = item;
  if (attribute !== undefined) {
    if (isPasswordMaterial(attribute)) return 'passwords are never compared';
    const { type } = splitDescription(attribute);
    const known = schema.attributeType(type);
    if (known === undefined) {
      const hint = ELSEWHERE.get(type.toLowerCase());
      return `there is no attribute ${type} here${hint === undefined ? '' : `: ${hint}`}`;
    }
    const [name] = known.names;
    const syntax = SYNTAXES.get(known.syntax) ?? known.syntax;
    switch (item.kind) {
      case 'substrings':
        return known.substr === undefined
          ? `${name} is compared as a whole only: it has no substring rule (${syntax})`
          : `a part between two * is empty, or does not fit ${syntax}`;
      case 'greaterOrEqual':
      case 'lessOrEqual':
        return known.ordering === undefined
          ? `${name} has no ordering rule (${syntax})`
          : `the value does not fit ${syntax}, the syntax of ${name}`;
      case 'equalityMatch':
      case 'approxMatch':
        return known.equality === undefined ? `${name} has no equality rule (${syntax})` : misfit(name, syntax);
      case 'present':
        return `${name} cannot be asked for`;
      case 'extensibleMatch':
        break;
    }
  }
  const { matchingRule: rule } = item as Filter & { kind: 'extensibleMatch' };
  if (rule !== undefined && matchingRule(rule) === undefined) return `there is no matching rule ${rule} here`;
  return 'the matching rule does not suit the attribute, or the value does not fit it';
}

function misfit(name: string, syntax: string): string {
  switch (syntax) {
    case 'DN':
      return `the value is not a DN, and ${name} is compared with whole DNs only`;
    case 'OID':
      return `no such name is known here: ${name} is compared with names of object classes`;
    default:
      return `the value does not fit ${syntax}, the syntax of ${name}`;
  }
}
