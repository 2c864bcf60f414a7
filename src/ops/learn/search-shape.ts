// The shape of a search: what was asked, with every value of the filter left out. Made only when somebody looks.
import type { Filter } from '../../ldap/filter.js';
import type { Scope, SearchRequest } from '../../ldap/message.js';
import { printable } from '../log/printable.js';

/** What a search asks for, without the values in its filter. */
export interface SearchShape {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub' | 'children';
  /** As RFC 4515 writes it, `…` for each value. */
  readonly filter: string;
  /** As asked for; empty for all. At most MOST_ATTRIBUTES. */
  readonly attributes: readonly string[];
  /** Attributes of filter and list that no entry of the directory has. */
  readonly missing: readonly string[];
  readonly paged: boolean;
}

const SCOPES = { 0: 'base', 1: 'one', 2: 'sub', 3: 'children' } as const satisfies Record<Scope, string>;
/** Characters of a filter's shape, and attributes. */
const LONGEST_FILTER = 512;
const MOST_ATTRIBUTES = 32;
/** Bytes: the shape of a heavier request is made immediately, so that the request is not kept. */
const LIGHT = 64 * 1024;
/** Asked for by everybody and no attributes. */
const SELECTORS = /^(\*|\+|1\.1|@.*)$/;

/** The shape of a request; `knows` says whether any entry has an attribute of this description. */
export function shapeOf(request: SearchRequest, paged: boolean, knows: (attribute: string) => boolean): SearchShape {
  const used = new Set<string>();
  const filter = write(request.filter, '', used);
  const attributes = request.attributes.slice(0, MOST_ATTRIBUTES);
  const asked = [...used, ...attributes].filter((name) => !SELECTORS.test(name));
  return {
    base: printable(request.baseObject),
    scope: SCOPES[request.scope],
    filter: printable(filter, LONGEST_FILTER),
    attributes: attributes.map((name) => printable(name, 64)),
    missing: [...new Set(asked.filter((name) => !knows(name)).map((name) => printable(name, 64)))].slice(
      0,
      MOST_ATTRIBUTES,
    ),
    paged,
  };
}

/** Appends a filter's shape to `text`, until that is long enough, and notes the attributes that it names. */
function write(filter: Filter, text: string, used: Set<string>): string {
  if (text.length > LONGEST_FILTER) return text;
  switch (filter.kind) {
    case 'and':
    case 'or': {
      let inner = `${text}(${filter.kind === 'and' ? '&' : '|'}`;
      for (const part of filter.filters) {
        if (inner.length > LONGEST_FILTER) break;
        inner = write(part, inner, used);
      }
      return `${inner})`;
    }
    case 'not':
      return `${write(filter.filter, `${text}(!`, used)})`;
    case 'present':
      used.add(filter.attribute);
      return `${text}(${filter.attribute}=*)`;
    case 'equalityMatch':
    case 'approxMatch':
    case 'greaterOrEqual':
    case 'lessOrEqual':
      used.add(filter.attribute);
      return `${text}(${filter.attribute}${OPERATORS[filter.kind]}…)`;
    case 'substrings': {
      used.add(filter.attribute);
      const middle = filter.any.map(() => '*…').join('');
      return `${text}(${filter.attribute}=${filter.initial === undefined ? '' : '…'}${middle}*${filter.final === undefined ? '' : '…'})`;
    }
    case 'extensibleMatch': {
      const { attribute, matchingRule, dnAttributes } = filter;
      if (attribute !== undefined) used.add(attribute);
      const rule = matchingRule === undefined ? '' : `:${matchingRule}`;
      return `${text}(${attribute ?? ''}${dnAttributes ? ':dn' : ''}${rule}:=…)`;
    }
  }
}

const OPERATORS = { equalityMatch: '=', approxMatch: '~=', greaterOrEqual: '>=', lessOrEqual: '<=' } as const;

/** True if keeping the request for a while costs little: its texts, and the buffers that its values lie in. */
export function isLight({ filter, attributes, baseObject }: SearchRequest): boolean {
  let left = weigh(filter, LIGHT - baseObject.length);
  for (let i = 0; left > 0 && i < attributes.length; i++) left -= attributes[i]!.length + 1;
  return left > 0;
}

/** What is left of an allowance; nothing is made on the way, for every search comes here. */
function weigh(filter: Filter, left: number): number {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      let rest = left;
      // A part that is still encoded is decoded again each time it is visited.
      if (!Array.isArray(filter.filters)) return 0;
      const parts = filter.filters as readonly Filter[];
      for (let i = 0; rest > 0 && i < parts.length; i++) rest = weigh(parts[i]!, rest - 1);
      return rest;
    }
    case 'not':
      return weigh(filter.filter, left - 1);
    case 'present':
      return left - filter.attribute.length;
    case 'substrings': {
      const value = filter.initial ?? filter.final ?? filter.any[0];
      return left - filter.attribute.length - filter.any.length - (value?.buffer.byteLength ?? 0);
    }
    case 'extensibleMatch':
      return (
        left - (filter.attribute ?? '').length - (filter.matchingRule ?? '').length - filter.value.buffer.byteLength
      );
    default:
      return left - filter.attribute.length - filter.value.buffer.byteLength;
  }
}
