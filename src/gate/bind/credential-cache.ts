// Remembered password checks: keyed hashes only, for a short time, never the password.
import { LRUCache } from 'lru-cache';
import type { Clock } from '../ports.js';
import { KeyedHash } from './keyed-hash.js';

export interface CredentialCacheOptions {
  /** Milliseconds for which an accepted password is remembered; 0 switches it off. */
  readonly ttl: number;
  /** Milliseconds for which a refused password is remembered; 0 switches it off. */
  readonly refusedTtl: number;
  /** Milliseconds beyond `ttl` for which an accepted password may stand in for an upstream that is away; 0: never. */
  readonly staleIfError: number;
  /** At most so many accounts. */
  readonly entries: number;
  readonly clock: Clock;
}

/** One password for one account, as it is remembered. */
export interface CredentialKey {
  readonly account: string;
  /**
   * A keyed hash of both: equal for equal account and password only, and says neither. Nobody outside knows the key, so that the
   * time of a comparison tells nothing that a guess could be made from.
   */
  readonly id: string;
  /** Good only once, and so never remembered. */
  readonly isOneTime: boolean;
}

interface Known {
  readonly id: string;
  readonly at: number;
}

interface Memory {
  accepted: Known | undefined;
  /** The newest last. */
  refused: Known[];
}

/** More different wrong passwords of one account are not told apart; the attempts are limited elsewhere. */
const MOST_REFUSED = 16;

/** A one-time code behind a comma (`password,123456`). */
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
 * Refused: some, so that a phone with an old password cannot lock an account upstream.
 */
export class CredentialCache {
  private readonly hash = new KeyedHash();
  private readonly accounts: LRUCache<string, Memory>;

  constructor(private readonly options: CredentialCacheOptions) {
    const { ttl, staleIfError, refusedTtl, entries } = options;
    this.accounts = new LRUCache({ max: entries, ttl: Math.max(1, ttl + staleIfError, refusedTtl) });
  }

  /** R89: whole name, whole password, framed so that the two cannot run into each other (R90). `once`: asks for a second factor. */
  keyOf(account: string, password: Buffer, once = false): CredentialKey {
    const id = this.hash.of(account, password);
    return { account, id, isOneTime: once || carriesCode(password) };
  }

  /** What is remembered of this password for this account. */
  recall(key: CredentialKey): 'accepted' | 'refused' | undefined {
    const memory = this.accounts.get(key.account);
    if (memory === undefined) return undefined;
    const { ttl, refusedTtl } = this.options;
    if (memory.accepted !== undefined && isSame(memory.accepted, key) && this.isYoung(memory.accepted, ttl))
      return 'accepted';
    const refused = memory.refused.find((known) => isSame(known, key));
    return refused !== undefined && this.isYoung(refused, refusedTtl) ? 'refused' : undefined;
  }

  /** How long ago, in milliseconds, this password was accepted, if it may be used while the upstream is away (R94). */
  recallForOutage(key: CredentialKey): number | undefined {
    const { ttl, staleIfError, clock } = this.options;
    const accepted = this.accounts.get(key.account)?.accepted;
    if (staleIfError === 0 || accepted === undefined || !isSame(accepted, key)) return undefined;
    return this.isYoung(accepted, ttl + staleIfError) ? clock() - accepted.at : undefined;
  }

  remember(key: CredentialKey, verdict: 'accepted' | 'refused'): void {
    const { ttl, staleIfError, refusedTtl, clock } = this.options;
    const memory = this.accounts.get(key.account) ?? { accepted: undefined, refused: [] };
    const known: Known = { id: key.id, at: clock() };
    const others = memory.refused.filter((each) => !isSame(each, key));
    if (verdict === 'accepted') {
      memory.accepted = ttl + staleIfError > 0 && !key.isOneTime ? known : undefined;
      memory.refused = others;
    } else {
      // The upstream refuses what it accepted before: the password was changed. A refusal of another password says nothing of this one.
      if (memory.accepted !== undefined && isSame(memory.accepted, key)) memory.accepted = undefined;
      memory.refused = refusedTtl > 0 && !key.isOneTime ? [...others, known].slice(-MOST_REFUSED) : others;
    }
    this.accounts.set(key.account, memory);
  }

  /** Accounts of which something is remembered. */
  get size(): number {
    return this.accounts.size;
  }

  /** Forgets everything of one account; true if there was something. */
  forget(account: string): boolean {
    return this.accounts.delete(account);
  }

  private isYoung({ at }: Known, age: number): boolean {
    return this.options.clock() - at < age;
  }
}

function isSame(known: Known, { id }: CredentialKey): boolean {
  return known.id === id;
}
