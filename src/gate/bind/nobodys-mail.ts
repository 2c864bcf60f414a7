// Names in a domain that the upstream has called nobody's mail address: who logs in with one is not to cost a question each time.
import { LRUCache } from 'lru-cache';
import type { Clock } from '../ports.js';

/** Milliseconds for which such a name is not asked about again. */
const FRESH = 600_000;
const MOST_NAMES = 25_000;

export interface NobodysMail {
  /** `askedAt`: when the upstream was asked, on the clock. Only of a name whose password was right: guesses fill nothing here. */
  remember(name: string, askedAt: number): void;
  /** It is somebody's. */
  forget(name: string): void;
  isFresh(name: string): boolean;
  /** `age`: the most milliseconds since it was asked about. */
  isKnown(name: string, age: number): boolean;
}

/**
 * By the bytes of the name. A kept name may have become somebody's address in the meantime. If that is a member's, it is the
 * member's from the next snapshot on, which is looked at first. If it is the address of somebody outside the group, the user of that name
 * goes on coming by it for FRESH (and the few seconds of a look-up's own memory) after the last question, and, while no question is
 * answered, for as long as the snapshot itself may be answered from. Nobody else ever does: the password asked for is that user's.
 * Logins without a question do not extend this.
 */
export class NobodysMailMemory implements NobodysMail {
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
