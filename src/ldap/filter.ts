// The search filter as a closed union (RFC 4511 4.5.1.7). Assertion values are octets, never text.

/** `(uid=initial*any*final)`: at least one of the three parts is there. */
export interface SubstringFilter {
  readonly kind: 'substrings';
  readonly attribute: string;
  readonly initial?: Buffer;
  readonly any: readonly Buffer[];
  readonly final?: Buffer;
}

/** `(attribute:dn:matchingRule:=value)`. */
export interface ExtensibleMatchFilter {
  readonly kind: 'extensibleMatch';
  /** Name or OID of the matching rule; at least one of `matchingRule` and `attribute` is there. */
  readonly matchingRule?: string;
  readonly attribute?: string;
  readonly value: Buffer;
  readonly dnAttributes: boolean;
}

/** `(uid=ada)`, `(uid>=ada)`, `(uid<=ada)` or `(uid~=ada)`. */
export interface AssertionFilter {
  readonly kind: 'equalityMatch' | 'greaterOrEqual' | 'lessOrEqual' | 'approxMatch';
  readonly attribute: string;
  readonly value: Buffer;
}

/** A search filter (RFC 4511 4.5.1.7); `kind` tells its forms apart. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: Filters }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'present'; readonly attribute: string }
  | AssertionFilter
  | SubstringFilter
  | ExtensibleMatchFilter;

/** An array, or parts that are made of their octets as often as they are gone through (see wire/filter.ts). */
export type Filters = Iterable<Filter>;

/** A filter of more levels than this is refused with adminLimitExceeded (R39). */
export const MAX_FILTER_DEPTH = 250;
/**
 * A filter of more parts than this (every and, or, not, item and part of a substring counts) is refused with adminLimitExceeded (R39): twenty
 * thousand names are looked up in one search by programs that there are, and OpenLDAP answers them.
 */
export const MAX_FILTER_COMPONENTS = 25_000;

/** `25,000`: English, without the 14 ms that the language tables of Intl take to load at the start. */
const grouped = (number: number) => String(number).replace(/\B(?=(\d{3})+$)/g, ',');
/** Why a filter is refused, for clients and operators. */
export const TOO_DEEP = `a filter of more than ${grouped(MAX_FILTER_DEPTH)} levels`;
export const TOO_MANY_COMPONENTS = `a filter of more than ${grouped(MAX_FILTER_COMPONENTS)} parts`;
