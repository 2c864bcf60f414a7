// What is published beside the pieces of an image: which image it is, how old, and what to expect of its pieces.
import type { MissingGroup, SearchLimit } from '../directory/reader.js';

/** Bytes of a head as it is in the store, at most: sealed, in base64. It names each group that is missing. */
export const MOST_HEAD = 1024 * 1024;

export interface Head {
  /** Grows with each publication. */
  readonly generation: number;
  /** The generation in which the pieces were published, and the fencing number of who did: a read that says the same publishes none. */
  readonly contents: number;
  readonly fence: number;
  readonly pieces: number;
  /** Of all pieces, before they are compressed. */
  readonly octets: number;
  /** Of what the image says, as the builder computes it. */
  readonly digest: string;
  /** When the read began, in milliseconds since 1970 by the store's clock; and how many milliseconds it took. */
  readonly readAt: number;
  readonly took: number;
  /** Who has read, by the name in its configuration. */
  readonly instance: string;
  readonly missing?: readonly MissingGroup[];
  readonly searchLimit?: SearchLimit;
}

/** The bytes that are sealed and stored as the head (JSON in UTF-8). */
export function headOctets(head: Head): Buffer {
  return Buffer.from(JSON.stringify(head), 'utf8');
}

/** The head in bytes that were sealed with the fleet's key; their form is still checked. Undefined: not a head. */
export function headOf(octets: Buffer): Head | undefined {
  let head: Head;
  try {
    head = JSON.parse(octets.toString('utf8')) as Head;
  } catch {
    return undefined;
  }
  if (typeof head !== 'object' || head === null) return undefined;
  const { generation, contents, fence, pieces, octets: size, readAt, took, digest, instance, missing = [] } = head;
  const areNumbers = [generation, contents, fence, pieces, size, readAt, took].every(
    (number) => Number.isSafeInteger(number) && number >= 0,
  );
  if (!areNumbers || typeof digest !== 'string' || typeof instance !== 'string' || !Array.isArray(missing))
    return undefined;
  return head;
}
