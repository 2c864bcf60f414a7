// Shapes of settings: durations, sizes, file modes and addresses as people write them.
import { z } from 'zod';
import { DURATION, milliseconds } from './durations.js';

const SIZE_UNITS = new Map([
  ['', 1],
  ['KiB', 1024],
  ['MiB', 1024 * 1024],
]);

const durationText = z.string().regex(DURATION, 'a duration such as 500ms, 30s, 15m or 1h');

/** `500ms`, `30s`, `15m`, `1h` to milliseconds. */
export function duration(fallback: string) {
  return durationText.default(fallback).transform(milliseconds);
}

/** The same, where the default depends on other keys. */
export function optionalDuration() {
  return durationText.transform(milliseconds).optional();
}

/** Octets as `size` reads them. */
export function formatSize(octets: number): string | number {
  const [unit, factor] = [...SIZE_UNITS].reverse().find(([, each]) => octets > 0 && octets % each === 0) ?? ['', 1];
  return unit === '' ? octets : `${octets / factor}${unit}`;
}

/** `65536`, `64KiB`, `1MiB` to octets. */
export function size(fallback: string) {
  return z
    .union([
      z.number().int().nonnegative(),
      z.string().regex(/^[0-9]+(KiB|MiB)?$/, 'a size such as 65536, 64KiB or 1MiB'),
    ])
    .default(fallback)
    .transform((value) => {
      const text = String(value);
      return Number.parseInt(text, 10) * (SIZE_UNITS.get(text.replace(/^[0-9]+/, '')) ?? 1);
    });
}

/** `0660`, as chmod writes it, to the number. */
export function fileMode(fallback: string) {
  return z
    .string()
    .regex(/^0?[0-7]{3}$/, 'a file mode such as 0600 or 0660')
    .default(fallback)
    .transform((text) => Number.parseInt(text, 8));
}

/** `127.0.0.1:1389`, `[::1]:1389`, or false to switch it off. */
export function endpoint(fallback: string | false) {
  return z
    .union([
      z.literal(false),
      z.literal('false'),
      z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^:\s]+):[0-9]{1,5}$/, 'host:port, or false'),
    ])
    .default(fallback)
    .transform((value) => {
      if (value === false || value === 'false') return undefined;
      const colon = value.lastIndexOf(':');
      return { host: value.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(value.slice(colon + 1)) };
    });
}
