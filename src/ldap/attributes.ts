// Values of a list of attributes, by their type alone: names are compared as RFC 4512 2.5 has them, without case.
import type { Attribute } from './message.js';

interface Attributed {
  readonly attributes: readonly Attribute[];
}

/** The values of the first attribute of this description; none if there is none. */
export function valuesOf({ attributes }: Attributed, type: string): readonly Buffer[] {
  const wanted = type.toLowerCase();
  return attributes.find((attribute) => attribute.type.toLowerCase() === wanted)?.values ?? [];
}

/** The same as text. */
export function textsOf(entry: Attributed, type: string): string[] {
  return valuesOf(entry, type).map((value) => value.toString('utf8'));
}
