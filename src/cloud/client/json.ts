// Parts of JSON that somebody else has made: each read by itself, so that one of a wrong kind costs nothing but itself.

export type Json = Readonly<Record<string, unknown>>;

const NOTHING: Json = {};

/** An object; an empty one for anything else. */
export function objectIn(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : NOTHING;
}

/** At most so many items; none for anything else. */
export function listIn(value: unknown, most = 10_000): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}

/** A text of an ordinary length. */
export function textIn(value: unknown, longest = 1024): string | undefined {
  return typeof value === 'string' && value.length <= longest ? value : undefined;
}

export function textsIn(value: unknown): string[] {
  return listIn(value).flatMap((one) => textIn(one) ?? []);
}

export function flagIn(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Milliseconds since 1970 of a date and time (RFC 3339). */
export function timeIn(value: unknown): number | undefined {
  const time = Date.parse(textIn(value, 64) ?? '');
  return Number.isNaN(time) ? undefined : time;
}
