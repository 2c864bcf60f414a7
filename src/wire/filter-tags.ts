// The tags of filters and of the parts of a substring (RFC 4511 4.5.1.7).

export const FilterTag = {
  and: 0xa0,
  or: 0xa1,
  not: 0xa2,
  equalityMatch: 0xa3,
  substrings: 0xa4,
  greaterOrEqual: 0xa5,
  lessOrEqual: 0xa6,
  present: 0x87,
  approxMatch: 0xa8,
  extensibleMatch: 0xa9,
} as const;

export const SubstringTag = { initial: 0x80, any: 0x81, final: 0x82 } as const;

export const ExtensibleTag = { matchingRule: 0x81, attribute: 0x82, value: 0x83, dnAttributes: 0x84 } as const;
