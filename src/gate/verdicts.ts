// Remembered password checks: keyed hashes only, for a short time, never the password.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';

export interface VerdictOptions {
  /** Milliseconds for which an accepted password is remembered; 0 switches it off. */
  readonly ttl: number;
  /** Milliseconds for which a refused password is remembered; 0 switches it off. */
  readonly refusedTtl: number;
  /** At most so many of each kind. */
  readonly entries: number;
}

/** A one-time code behind a comma (`password,123456`): never remembered, it is good only once. */
function carriesCode(password: Buffer): boolean {
  const comma = password.length - 7;
  if (comma < 0 || password[comma] !== 0x2c) return false;
  for (let i = comma + 1; i < password.length; i++) {
    const digit = password[i]!;
    if (digit < 0x30 || digit > 0x39) return false;
  }
  return true;
}

/**
 * Accepted: at most one password per account, so that a new one displaces the old at once (R91).
 * Refused: any number up to the bound, so that a phone with an old password cannot lock an account upstream.
 */
export class Verdicts {
  private readonly key = randomBytes(32);
  private readonly accepted: LRUCache<string, Buffer> | undefined;
  private readonly refused: LRUCache<string, true> | undefined;

  constructor(options: VerdictOptions) {
    const { ttl, refusedTtl, entries } = options;
    if (ttl > 0) this.accepted = new LRUCache({ max: entries, ttl });
    if (refusedTtl > 0) this.refused = new LRUCache({ max: entries, ttl: refusedTtl });
  }

  /** What is remembered of this password for this account (R89: whole name, whole password, constant-time comparison). */
  recall(account: string, password: Buffer): 'accepted' | 'refused' | undefined {
    const digest = this.digest(account, password);
    const known = this.accepted?.get(account);
    if (known !== undefined && timingSafeEqual(known, digest)) return 'accepted';
    if (this.refused?.has(digest.toString('base64')) === true) return 'refused';
    return undefined;
  }

  remember(account: string, password: Buffer, verdict: 'accepted' | 'refused'): void {
    if (carriesCode(password)) {
      this.accepted?.delete(account);
      return;
    }
    const digest = this.digest(account, password);
    if (verdict === 'accepted') {
      this.accepted?.set(account, digest);
      this.refused?.delete(digest.toString('base64'));
    } else {
      const known = this.accepted?.get(account);
      // The upstream refuses what it accepted before: the password was changed. A refusal of another password says nothing of this one.
      if (known !== undefined && timingSafeEqual(known, digest)) this.accepted?.delete(account);
      this.refused?.set(digest.toString('base64'), true);
    }
  }

  private digest(account: string, password: Buffer): Buffer {
    const name = Buffer.from(account, 'utf8');
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(name.length); // framed, so that name and password cannot run into each other (R90)
    return createHmac('sha256', this.key).update(length).update(name).update(password).digest();
  }
}
