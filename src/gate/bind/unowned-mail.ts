// Names in a domain that the upstream does not know as an email address: a login with one should not cost a look-up each time.
import { LRUCache } from 'lru-cache';
import type { Clock } from '../ports.js';

/** Milliseconds for which such a name is not asked about again. */
const FRESH = 600_000;
const MOST_NAMES = 25_000;

export interface UnownedMail {
  /** `askedAt`: when the upstream was asked, on the clock. Only for a name whose password was right, so guesses cannot fill the cache. */
  remember(name: string, askedAt: number): void;
  /** The address has an owner. */
  forget(name: string): void;
  isFresh(name: string): boolean;
  /** `age`: the most milliseconds since it was asked about. */
  isKnown(name: string, age: number): boolean;
}

/**
 * Keyed by the bytes of the name. In the meantime a cached name may have become somebody's address. If it is a member's, it leads to that
 * member from the next snapshot on, which is consulted first. If it belongs to somebody outside the group, the user of that name can still
 * log in with it for FRESH (plus the few seconds that a look-up is cached) after the last look-up and, while look-ups fail, for as long as
 * the snapshot may be used. Nobody else can: that user's password is required. Logins without a look-up do not extend this.
 */
export class UnownedMailCache implements UnownedMail {
  private readonly asked = new LRUCache<string, number>({ max: MOST_NAMES });

  constructor(private readonly clock: Clock) {}

  remember(name: string, askedAt: number): void {
    this.asked.set(name, askedAt);
  }

  forget(name: string): void {
    this.asked.delete(name);
  }

  isFresh(name: string): boolean {
    return this.isKnown(name, FRESH);
  }

  isKnown(name: string, age: number): boolean {
    const askedAt = this.asked.get(name);
    return askedAt !== undefined && this.clock() - askedAt <= age;
  }
}
