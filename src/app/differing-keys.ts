// Where two parts of a configuration differ, by the paths of their keys: whatever keys they have.
import { createHash } from 'node:crypto';
import { Secret } from '../config/secret.js';

/** One key, or one section that only one side has. */
export interface DifferingKey {
  readonly path: readonly string[];
  /** The values themselves, secrets among them. */
  readonly before: unknown;
  readonly after: unknown;
}

/** Text that is equal for equal parts, secrets included as digests. */
function fingerprint(part: unknown): string {
  return JSON.stringify(part, function (this: Record<string, unknown>, key, value: unknown) {
    // JSON.stringify has asked toJSON already; the secret itself is in its holder.
    const held = this[key];
    if (!(held instanceof Secret)) return value;
    return createHash('sha256').update(held.reveal()).digest('base64');
  });
}

/** True if two parts of a configuration are equal, the content of their files included. */
export const same = (a: unknown, b: unknown) => fingerprint(a) === fingerprint(b);

/** For each key that holds the bytes of a file: the key that names the file. */
const CONTENTS: Readonly<Record<string, string>> = {
  ca: 'caFile',
  cert: 'certFile',
  key: 'keyFile',
  clientCa: 'clientCaFile',
};

/** The keys whose values differ, or the content of whose files does. A list is one value. One path may come twice: for the file and for its content. */
export function differingKeys(before: unknown, after: unknown, path: readonly string[] = []): DifferingKey[] {
  if (same(before, after)) return [];
  if (!isSection(before) || !isSection(after)) return [{ path, before, after }];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => differingKeys(own(before, key), own(after, key), [...path, CONTENTS[key] ?? key]));
}

/** A key may be of the user's own, such as `constructor`. */
function own(section: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(section, key) ? section[key] : undefined;
}

/** True if it has keys below it: it is not a list, bytes, a secret or a listener's address. */
function isSection(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return !('host' in value && 'port' in value);
}
