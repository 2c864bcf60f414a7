// Service accounts: names that are checked here and not upstream, and that see the whole snapshot.
import { createHash, timingSafeEqual } from 'node:crypto';
import { dnKey, parseDN } from '../ldap/dn.js';
import type { Verdicts } from './verdicts.js';

/** How a service account's password is checked: at once against known octets, or slowly against a hash. */
export type PasswordCheck =
  | { readonly kind: 'octets'; readonly password: Buffer }
  | { readonly kind: 'hash'; readonly verify: (password: Buffer) => Promise<boolean> };

export interface ServiceAccount {
  /** The name shown to the client, e.g. by Who am I: always a local one. */
  readonly dn: string;
  /** Further names for the same account: the reader's own upstream name. */
  readonly aliases: readonly string[];
  readonly check: PasswordCheck;
  /** Differs when the password does; says nothing of it. A session ends with the credential that it was opened by. */
  readonly credential: string;
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

/** Compares whole octet strings in constant time, whatever their lengths. */
function sameOctets(a: Buffer, b: Buffer): boolean {
  const digest = (octets: Buffer) => createHash('sha256').update(octets).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** True if it is the account's password. Slow hashes are remembered like verdicts, for an application binds at each login. */
export async function checkService(account: ServiceAccount, password: Buffer, verdicts: Verdicts): Promise<boolean> {
  const { check, dn } = account;
  if (check.kind === 'octets') return sameOctets(check.password, password);
  const key = verdicts.keyOf(dn, password);
  const remembered = verdicts.recall(key);
  if (remembered !== undefined) return remembered === 'accepted';
  const isRight = await check.verify(password);
  verdicts.remember(key, isRight ? 'accepted' : 'refused');
  return isRight;
}
