// Parts of JSON from elsewhere: each is read on its own, so a value of a wrong type spoils only itself.

/** A fact of another kind than it should have: then nothing is known. */
export class OddField extends Error {}

export type Json = Readonly<Record<string, unknown>>;

const NOTHING: Json = {};

/** An object; an empty one for anything else. */
export function objectIn(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : NOTHING;
}

/** At most `most` items; none if the value is not a list. */
export function listIn(value: unknown, most = 10_000): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}

/** A text of an ordinary length. */
export function textIn(value: unknown, longest = 1024): string | undefined {
  return typeof value === 'string' && value.length <= longest ? value : undefined;
}

/** The strings in a list; other items are left out. */
export function textsIn(value: unknown): string[] {
  return listIn(value).flatMap((one) => textIn(one) ?? []);
}

/** A field that is a flag, or is not there; throws OddField for anything else, because it would count as false. */
export function flagOf(record: Json, field: string): boolean | undefined {
  const value = record[field] ?? undefined;
  if (value === undefined || typeof value === 'boolean') return value;
  throw new OddField(`${field} is neither true nor false`);
}

/** The same for a list of texts; none where it is not there. */
export function textsOf(record: Json, field: string): readonly string[] {
  const value = record[field] ?? [];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new OddField(`${field} is not a list of texts`);
}

/** The same for an object; an empty one where it is not there. */
export function objectOf(record: Json, field: string): Json {
  const value = record[field] ?? NOTHING;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Json;
  throw new OddField(`${field} is not an object`);
}

/** The same for a whole number that is at least 1. */
export function countOf(record: Json, field: string): number | undefined {
  const value = record[field] ?? undefined;
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 1))
    return value as number | undefined;
  throw new OddField(`${field} is not a whole number above 0`);
}

/** The value if it is a boolean. */
export function flagIn(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** The value if it is a finite number. */
export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Milliseconds since 1970 of a date and time (RFC 3339). */
export function timeIn(value: unknown): number | undefined {
  const time = Date.parse(textIn(value, 64) ?? '');
  return Number.isNaN(time) ? undefined : time;
}
