// The search filter as a closed union (RFC 4511 4.5.1.7). Assertion values are octets, never text.

export interface SubstringFilter {
  readonly kind: 'substrings';
  readonly attribute: string;
  readonly initial?: Buffer;
  readonly any: readonly Buffer[];
  readonly final?: Buffer;
}

export interface ExtensibleMatchFilter {
  readonly kind: 'extensibleMatch';
  /** Name or OID of the matching rule; at least one of `matchingRule` and `attribute` is there. */
  readonly matchingRule?: string;
  readonly attribute?: string;
  readonly value: Buffer;
  readonly dnAttributes: boolean;
}

export interface AssertionFilter {
  readonly kind: 'equalityMatch' | 'greaterOrEqual' | 'lessOrEqual' | 'approxMatch';
  readonly attribute: string;
  readonly value: Buffer;
}

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'present'; readonly attribute: string }
  | AssertionFilter
  | SubstringFilter
  | ExtensibleMatchFilter;

/** A filter deeper than this is refused with protocolError (R39). */
export const MAX_FILTER_DEPTH = 50;
/** A filter of more components than this (every and, or, not, item and substring part counts) is refused (R39). */
export const MAX_FILTER_COMPONENTS = 1000;
