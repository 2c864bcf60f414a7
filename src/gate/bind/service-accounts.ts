// Service accounts: names that are checked here and not upstream, and that see the whole snapshot.
import { dnKey, keyOfName, parseDN } from '../../ldap/dn.js';
import { sameOctets } from '../../runtime/same-octets.js';
import type { HashMemory } from './hash-memory.js';
import type { HashDone, HashQueue } from './hash-queue.js';

/** Slow: compares a password with a hash, off the event loop. */
export type VerifyHash = (password: Buffer) => Promise<boolean>;

/** How a service account's password is checked: immediately against known bytes, or slowly against a hash. */
export type PasswordCheck =
  | { readonly kind: 'octets'; readonly password: Buffer }
  | { readonly kind: 'hash'; readonly verify: VerifyHash };

export interface ServiceAccount {
  /** The name shown to the client, e.g. by Who am I: always a local one. */
  readonly dn: string;
  /** Further names for the same account: the reader's own upstream name. */
  readonly aliases: readonly string[];
  readonly check: PasswordCheck;
  /** Differs when the password does; says nothing of it. A session ends with the credential that it was opened by. */
  readonly credential: string;
}

/** Who asks, as the queue of hashes tells clients apart. */
export interface HashClient {
  /** Addresses that share one place in the line, as one text. */
  readonly address: string;
  /** True where the account logged in recently. */
  readonly isKnown: boolean;
}

/** Service accounts by the canonical key of each of their names. */
export type ServiceAccounts = ReadonlyMap<string, ServiceAccount>;

/** Throws an Error on a name that is not a DN. */
export function indexServiceAccounts(accounts: readonly ServiceAccount[]): ServiceAccounts {
  const byKey = new Map<string, ServiceAccount>();
  for (const account of accounts) {
    for (const name of [account.dn, ...account.aliases]) {
      const dn = parseDN(name);
      if (dn === undefined) throw new Error(`service account name is not a DN: ${name}`);
      byKey.set(dnKey(dn), account);
    }
  }
  return byKey;
}

export interface ServicePasswordsOptions {
  readonly queue: HashQueue;
  readonly memory: HashMemory;
  /**
   * A hash that no password fits, as costly as the accounts' own. Undefined if no account has a hash: then no name takes longer than
   * another.
   */
  readonly decoy: VerifyHash | undefined;
}

/**
 * Checks the passwords of service accounts and of unknown names: a wrong password takes one turn in the queue of hashes, whatever the name and
 * however its password is kept, so the time reveals neither (R3).
 */
export class ServicePasswords {
  constructor(private readonly options: ServicePasswordsOptions) {}

  /**
   * `done` is called as by `HashQueue.check`: later, once, and not at all after the returned function was called. The right password
   * waits for nothing if it is known in cleartext, or was right before.
   */
  check(account: ServiceAccount, password: Buffer, client: HashClient, done: HashDone): () => void {
    const { check } = account;
    const isRight = check.kind === 'octets' && sameOctets(check.password, password);
    if (isRight) return soon(() => done('right'));
    const verify = check.kind === 'hash' ? check.verify : undefined;
    return this.compare(this.nameOf(account), verify, password, client, done);
  }

  /** True for a password that was wrong before: asking again is not a further guess. `name`: a DN without an account. */
  knowsWrong(who: ServiceAccount | { readonly name: string }, password: Buffer): boolean {
    const { memory } = this.options;
    const account = memory.keyOf('name' in who ? nobodyOf(who.name) : this.nameOf(who));
    return memory.recall(account, memory.idOf(account, password)) === 'wrong';
  }

  /** What is known of one credential says nothing of the next. */
  private nameOf({ dn, credential }: ServiceAccount): string {
    return `account ${dn}\0${credential}`;
  }

  /** The same for a name without an account: never 'right'. Accounts are named by DNs; other names take no such time. */
  checkNobody(name: string, password: Buffer, client: HashClient, done: HashDone): () => void {
    if (parseDN(name) === undefined) return soon(() => done('wrong'));
    return this.compare(nobodyOf(name), undefined, password, client, done);
  }

  /** `verify` undefined: no password is right any more. */
  private compare(
    name: string,
    verify: VerifyHash | undefined,
    password: Buffer,
    client: HashClient,
    done: HashDone,
  ): () => void {
    const { queue, memory, decoy } = this.options;
    const slow = verify ?? decoy;
    const account = memory.keyOf(name);
    const id = memory.idOf(account, password);
    if (slow === undefined) {
      memory.remember(account, id, 'wrong');
      return soon(() => done('wrong'));
    }
    const known = memory.recall(account, id);
    if (known !== undefined) return soon(() => done(known));
    const learn = async (octets: Buffer): Promise<boolean> => {
      const fits = await slow(octets);
      const isRight = verify !== undefined && fits;
      // Even if its client has left: the next one need not wait for the same check.
      memory.remember(account, id, isRight ? 'right' : 'wrong');
      return isRight;
    };
    return queue.check({ account, id, ...client, password, verify: learn }, done);
  }
}

/** The key of a name without an account: one for all its spellings. */
function nobodyOf(name: string): string {
  return `name ${keyOfName(name)}`;
}

/** Calls it after the caller's turn; returns how to prevent that. */
function soon(call: () => void): () => void {
  let isWanted = true;
  queueMicrotask(() => {
    if (isWanted) call();
  });
  return () => {
    isWanted = false;
  };
}
