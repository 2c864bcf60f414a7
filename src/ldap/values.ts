// Text as attribute values (RFC 4512 2.2): in UTF-8.

/** Texts as attribute values, in UTF-8. */
export function values(...texts: readonly string[]): Buffer[] {
  return valuesOf(texts);
}

/** The same for lists of any length: more than about 100,000 are too many for the arguments of a call. */
export function valuesOf(texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text, 'utf8'));
}
