// Shapes of settings: numbers, durations, sizes, file modes, addresses and lists as people write them. Each says in its own words what it wants.
import * as z from 'zod';
import { DURATION, milliseconds } from './durations.js';
import { endpointFault, endpointOf } from './endpoint.js';
import { expectation } from './expectation.js';
import { itemsOf } from './list-text.js';

/**
 * How every shape here is parsed. One configuration is read, not thousands: to generate code for that costs more than it saves, and a process
 * may forbid it. The library's own words for what is wrong are for programmers; shapes that want something special say so themselves. Not by
 * `z.config`: a program that imports Jumpgate may have shapes of its own in the same library.
 */
export const PARSING = { jitless: true, error: expectation } as const;

const SIZE_UNITS = new Map([
  ['', 1],
  ['KiB', 1024],
  ['MiB', 1024 * 1024],
]);

const DURATION_WANTED = 'must be a duration such as 500ms, 30s, 15m or 1h';
const durationText = z.string(DURATION_WANTED).regex(DURATION, DURATION_WANTED);

/** `500ms`, `30s`, `15m`, `1h` to milliseconds. */
export function duration(fallback: string) {
  return durationText.default(fallback).transform(milliseconds);
}

/** The same, where the default depends on other keys. */
export function optionalDuration() {
  return durationText.transform(milliseconds).optional();
}

/** Bytes as `size` reads them. */
export function formatSize(octets: number): string | number {
  const [unit, factor] = [...SIZE_UNITS].reverse().find(([, each]) => octets > 0 && octets % each === 0) ?? ['', 1];
  return unit === '' ? octets : `${octets / factor}${unit}`;
}

const SIZE_WANTED = 'must be a size such as 65536, 64KiB or 1MiB';

/** `65536`, `64KiB`, `1MiB` to bytes. */
export function size(fallback: string) {
  return z
    .union(
      [z.number().int(SIZE_WANTED).nonnegative(SIZE_WANTED), z.string().regex(/^[0-9]+(KiB|MiB)?$/, SIZE_WANTED)],
      SIZE_WANTED,
    )
    .default(fallback)
    .transform((value) => {
      const text = String(value);
      return Number.parseInt(text, 10) * (SIZE_UNITS.get(text.replace(/^[0-9]+/, '')) ?? 1);
    });
}

/** A whole number, also as the text of an environment variable. */
export function wholeNumber(fallback: number, least: 0 | 1) {
  const wanted = `must be a whole number, ${least} or more`;
  const digits = z
    .string()
    .regex(/^[0-9]{1,15}$/, wanted)
    .refine((text) => Number(text) >= least, wanted);
  return z
    .union([z.number().int(wanted).min(least, wanted), digits], wanted)
    .default(fallback)
    .transform(Number);
}

/** `true` or `false`, also as text. */
export function flag(fallback: boolean) {
  return z
    .union([z.boolean(), z.enum(['true', 'false'])], 'must be true or false')
    .default(fallback)
    .transform((value) => value === true || value === 'true');
}

/** A text that is not empty. */
export const text = z.string().min(1);

/** A list, also as one text with commas, in brackets or without: so it is written in an environment variable. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.preprocess((value) => (typeof value === 'string' ? itemsOf(value) : value), z.array(item));
}

/** `0660`, as chmod writes it, to the number. YAML takes 0660 without quotes for a number of another value: 660. */
export function fileMode(fallback: string) {
  const wanted = 'must be a file mode in quotes, such as "0600" or "0660"';
  return z
    .string(wanted)
    .regex(/^0?[0-7]{3}$/, wanted)
    .default(fallback)
    .transform((text) => Number.parseInt(text, 8));
}

/** `127.0.0.1:1389`, `[::1]:1389`, a port of this machine alone, or false to switch it off. */
export function endpoint(fallback: string | false) {
  const written = z.union([z.literal(false), z.number(), z.string()], { error: ({ input }) => endpointFault(input) });
  return written
    .default(fallback)
    .superRefine((value, context) => {
      const message = endpointFault(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .transform(endpointOf);
}
