// Cached password checks: keyed hashes only, for a short time, never the password.
import { LRUCache } from 'lru-cache';
import type { PolicyNews } from '../../ldap/message.js';
import { personalName } from '../personal-name.js';
import type { Clock } from '../ports.js';
import { KeyedHash } from './keyed-hash.js';
import { Revocations } from './revocations.js';

export interface CredentialCacheOptions {
  /** Milliseconds for which an accepted password is cached; 0 disables it. */
  readonly ttl: number;
  /** Milliseconds until a refused password is sent upstream again, the first time; later waits are longer. 0: always immediately. */
  readonly refusedTtl: number;
  /** Milliseconds beyond `ttl` for which an accepted password is still used while the upstream is unavailable; 0: never. */
  readonly staleIfError: number;
  /** The largest number of accounts. */
  readonly entries: number;
  readonly clock: Clock;
}

/** One password for one account, as it is cached. */
export interface CredentialKey {
  readonly account: string;
  /**
   * A keyed hash of both: equal for equal account and password only, and says neither. Nobody outside knows the key, so the time of a comparison does
   * not help a guesser.
   */
  readonly id: string;
  /** Valid only once, so never cached as accepted, and never shared. */
  readonly isOneTime: boolean;
  /** False where a refusal may be about a second factor and not about the password: it is not cached. */
  readonly keepsRefusal: boolean;
  /** Equal binds that share one question upstream: none from before the account was revoked with one from behind it. */
  readonly sharedId: string;
  /** What had been revoked when it was made. */
  readonly generation: number;
}

/** What an account looks like in the directory: differs when it has changed. Undefined where it is not known. */
export type VersionOf = (account: string) => string | undefined;

interface Known {
  readonly id: string;
  readonly at: number;
  /** Of its key. */
  readonly generation: number;
}

interface Refused extends Known {
  /** How often it was refused. */
  readonly times: number;
  /** What its account looked like then. */
  readonly version: string | undefined;
  /** What else the upstream said about it, if it was asked. */
  readonly policy: PolicyNews | undefined;
  /** True once another password was accepted since. */
  isDue: boolean;
}

interface Memory {
  accepted: Known | undefined;
  /** The newest last. */
  refused: readonly Refused[];
}

const NONE: readonly Refused[] = [];

/** Since when accepted passwords count, and refusals. */
class Since {
  /** Grows with each revocation. */
  generation = 0;
  readonly revoked = new Revocations();
  readonly renewed = new Revocations();
}

/** More different wrong passwords of one account are not told apart; the attempts are limited elsewhere. */
const MOST_REFUSED = 16;
/**
 * Pauses before a refused password is asked about again, in times of `refusedTtl`: a minute, half an hour, two, six, a day. So one that is
 * tried on and on takes two of three wrong ones that may reach the upstream in half an hour, and leaves one to its owner.
 */
const PAUSES = [1, 30, 120, 360, 1440];

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
 * Accepted: at most one password per account, so a new one displaces the old immediately (R91).
 * Refused: some, each sent upstream again only after growing pauses, so a phone with an old password cannot lock an account upstream;
 * but immediately once another password was accepted or the account has changed, because it may be the new one, typed too early (R114).
 */
export class CredentialCache {
  private readonly hash = new KeyedHash();
  private readonly accounts: LRUCache<string, Memory>;
  private readonly since: Since;

  /** `before`: the one that this replaces. Binds that began with it are still under way: what is revoked here is revoked for them as well. */
  constructor(
    private readonly options: CredentialCacheOptions,
    before?: CredentialCache,
  ) {
    this.since = before?.since ?? new Since();
    this.accounts = new LRUCache({ max: options.entries });
  }

  /**
   * R89: whole name, whole password, framed so the two cannot run into each other (R90). `once`: asks for a second factor. `person`: whose name it is,
   * so what was said of one account's password is never said of another's that has its name later; '' where that is not known.
   */
  keyOf(account: string, password: Buffer, once = false, person = ''): CredentialKey {
    const id = this.hash.of(personalName(account, person), password);
    const { generation, revoked: accepted, renewed } = this.since;
    const revoked = generation === 0 ? 0 : accepted.of(account) + renewed.of(account);
    const sharedId = revoked === 0 ? id : `${id} ${revoked}`;
    return { account, id, isOneTime: once || carriesCode(password), keepsRefusal: !once, sharedId, generation };
  }

  /** The cached verdict on this password for this account. `now`: the clock's time, if the caller has it already. */
  recall(key: CredentialKey, versionOf: VersionOf, now = this.options.clock()): 'accepted' | 'refused' | undefined {
    const memory = this.memoryOf(key.account);
    if (memory === undefined) return undefined;
    const { ttl, refusedTtl } = this.options;
    const accepted = this.acceptedIn(memory, key.account);
    if (accepted !== undefined && isSame(accepted, key) && isYoung(accepted, ttl, now)) return 'accepted';
    const refused = memory.refused.find((known) => isSame(known, key));
    if (refused === undefined || refused.isDue || !isYoung(refused, pauseAfter(refused.times, refusedTtl), now))
      return undefined;
    if (refused.generation < this.since.renewed.of(key.account)) return undefined;
    return refused.version === versionOf(key.account) ? 'refused' : undefined;
  }

  /** The upstream's policy answer from when it refused this cached password. */
  policyOf(key: CredentialKey): PolicyNews | undefined {
    return this.memoryOf(key.account)?.refused.find((known) => isSame(known, key))?.policy;
  }

  /** True if some password of the account may be used while the upstream is unavailable. */
  hasForOutage(account: string): boolean {
    const { ttl, staleIfError, clock } = this.options;
    const accepted = this.acceptedOf(account);
    return staleIfError > 0 && accepted !== undefined && isYoung(accepted, ttl + staleIfError, clock());
  }

  /** How long ago, in milliseconds, this password was accepted, if it may be used while the upstream is unavailable (R94). */
  recallForOutage(key: CredentialKey): number | undefined {
    const { ttl, staleIfError, clock } = this.options;
    const accepted = this.acceptedOf(key.account);
    if (staleIfError === 0 || accepted === undefined || !isSame(accepted, key)) return undefined;
    const now = clock();
    return isYoung(accepted, ttl + staleIfError, now) ? now - accepted.at : undefined;
  }

  /** Creates nothing if there is nothing to cache or to forget. `policy`: of a refusal. */
  remember(key: CredentialKey, verdict: 'accepted' | 'refused', versionOf: VersionOf, policy?: PolicyNews): void {
    const known = this.memoryOf(key.account);
    const isKept = verdict === 'accepted' ? this.keepsAccepted(key) && !this.isOutdated(key) : this.keepsRefused(key);
    if (known === undefined && !isKept) return;
    const memory = known ?? { accepted: undefined, refused: NONE };
    if (verdict === 'accepted') this.accept(memory, key, isKept);
    else this.refuse(memory, key, isKept, versionOf, policy);
    if (memory.accepted === undefined && memory.refused.length === 0) this.accounts.delete(key.account);
    else if (known === undefined) this.accounts.set(key.account, memory);
  }

  /** Accounts that have something cached. */
  get size(): number {
    return this.accounts.size;
  }

  /** What was accepted of this account so far counts no more, also what is being asked at the moment. */
  revoke(account: string): void {
    this.since.revoked.revoke(account, ++this.since.generation);
    const memory = this.memoryOf(account);
    if (memory !== undefined) memory.accepted = undefined;
  }

  /** The same for all accounts. */
  revokeAll(): void {
    this.since.revoked.revokeAll(++this.since.generation);
  }

  /** The next bind with a refused password of this account goes upstream without a pause, because it may be right by now. */
  renew(account: string): void {
    this.since.renewed.revoke(account, ++this.since.generation);
    for (const refused of this.memoryOf(account)?.refused ?? NONE) refused.isDue = true;
  }

  /** True if the account was revoked since the key was made: what is accepted with it may be from before. */
  isOutdated(key: CredentialKey): boolean {
    return key.generation !== this.since.generation && this.isRevoked(key, key.account);
  }

  /** Forgets everything of one account; true if there was something. */
  forget(account: string): boolean {
    return this.accounts.delete(account);
  }

  private isRevoked({ generation }: { readonly generation: number }, account: string): boolean {
    return generation < this.since.revoked.of(account);
  }

  private memoryOf(account: string): Memory | undefined {
    return this.accounts.size === 0 ? undefined : this.accounts.get(account);
  }

  private acceptedOf(account: string): Known | undefined {
    const memory = this.memoryOf(account);
    return memory === undefined ? undefined : this.acceptedIn(memory, account);
  }

  private acceptedIn({ accepted }: Memory, account: string): Known | undefined {
    return accepted === undefined || this.isRevoked(accepted, account) ? undefined : accepted;
  }

  private keepsAccepted({ isOneTime }: CredentialKey): boolean {
    const { ttl, staleIfError } = this.options;
    return ttl + staleIfError > 0 && !isOneTime;
  }

  private keepsRefused({ keepsRefusal }: CredentialKey): boolean {
    return this.options.refusedTtl > 0 && keepsRefusal;
  }

  private accept(memory: Memory, key: CredentialKey, isKept: boolean): void {
    memory.accepted = isKept ? { id: key.id, at: this.options.clock(), generation: key.generation } : undefined;
    if (memory.refused.length === 0) return;
    memory.refused = memory.refused.filter((each) => !isSame(each, key));
    for (const each of memory.refused) each.isDue = true;
  }

  private refuse(
    memory: Memory,
    key: CredentialKey,
    isKept: boolean,
    versionOf: VersionOf,
    policy: PolicyNews | undefined,
  ): void {
    const { id, account, generation } = key;
    // The upstream refuses what it accepted before: the password was changed. A refusal of another password says nothing of this one.
    if (memory.accepted !== undefined && isSame(memory.accepted, key)) memory.accepted = undefined;
    const before = memory.refused.find((each) => isSame(each, key));
    const others = memory.refused.filter((each) => each !== before);
    const times = (before?.times ?? 0) + 1;
    const at = this.options.clock();
    const refused = { id, at, generation, times, version: versionOf(account), policy, isDue: false };
    memory.refused = isKept ? [...others, refused].slice(-MOST_REFUSED) : others;
  }
}

/** Milliseconds. */
function pauseAfter(times: number, refusedTtl: number): number {
  return refusedTtl * (PAUSES[Math.min(times, PAUSES.length) - 1] ?? 1);
}

function isYoung({ at }: Known, age: number, now: number): boolean {
  return now - at < age;
}

function isSame(known: Known, { id }: CredentialKey): boolean {
  return known.id === id;
}
