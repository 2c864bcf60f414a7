// What passwords turned out to be for hashed accounts: by keyed hashes, so none is hashed slowly a second time.
import { LRUCache } from 'lru-cache';
import { KeyedHash } from './keyed-hash.js';

/** Of one account; more than any configuration has accounts, and more names than a guesser can try in an hour. */
const MOST_WRONG = 16;
const MOST_ACCOUNTS = 1000;
const NOTHING = Buffer.alloc(0);

/**
 * The last right password of each account, for as long as the process lives, and its last wrong ones. A local hash cannot change unnoticed, as an
 * upstream password may: with a new hash, the account has another name here. Names without an account are kept among the wrong ones as accounts are,
 * because the two must not differ. They never displace a right one.
 */
export class HashMemory {
  private readonly hash = new KeyedHash();
  private readonly right = new LRUCache<string, string>({ max: MOST_ACCOUNTS });
  private readonly wrong = new LRUCache<string, readonly string[]>({ max: MOST_ACCOUNTS });

  /** An account as it is kept here: a name may be long, and this is not. */
  keyOf(account: string): string {
    return this.hash.of(account, NOTHING);
  }

  /** Equal for equal account and password only, and says neither. */
  idOf(account: string, password: Buffer): string {
    return this.hash.of(account, password);
  }

  recall(account: string, id: string): 'right' | 'wrong' | undefined {
    if (this.right.get(account) === id) return 'right';
    return this.wrong.get(account)?.includes(id) === true ? 'wrong' : undefined;
  }

  remember(account: string, id: string, what: 'right' | 'wrong'): void {
    if (what === 'right') this.right.set(account, id);
    else this.wrong.set(account, [...(this.wrong.get(account) ?? []), id].slice(-MOST_WRONG));
  }
}
