// The one comparison of secrets.
import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether two secrets are equal, in a time that reveals neither their bytes nor where they differ, even for unequal lengths. */
export function sameOctets(a: Buffer, b: Buffer): boolean {
  const digest = (octets: Buffer) => createHash('sha256').update(octets).digest();
  return timingSafeEqual(digest(a), digest(b));
}
