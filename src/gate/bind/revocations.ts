// From when what is cached of an account is no longer valid: by a number that grows with each revocation, because a clock would be too coarse.
import { textKey } from '../../ldap/matching.js';

/** Accounts of one generation; what falls out of two of them is taken for revoked with the last that fell out, which is never too little. */
const MOST = 4096;

/** When accounts were last revoked, as growing numbers. Keeps the latest; older ones count for all accounts. */
export class Revocations {
  /** Of the accounts that were revoked recently, by `accountKey`. */
  private young = new Map<string, number>();
  private old = new Map<string, number>();
  /** What all accounts were revoked with. */
  private floor = 0;

  /** `number` is greater than any before. */
  revoke(account: string, number: number): void {
    if (this.young.size >= MOST) {
      for (const each of this.old.values()) this.floor = Math.max(this.floor, each);
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(accountKey(account), number);
  }

  revokeAll(number: number): void {
    this.floor = number;
    this.young = new Map();
    this.old = new Map();
  }

  /** The number of the account's last revocation; 0 if there was none. */
  of(account: string): number {
    if (this.young.size === 0 && this.old.size === 0) return this.floor;
    const key = accountKey(account);
    return Math.max(this.floor, this.young.get(key) ?? this.old.get(key) ?? 0);
  }
}

/** Names that the directory takes for the same have the same, and so have a name and its lower case, which for İ is an i with a dot above it. */
export function accountKey(name: string): string {
  const plain = name.replaceAll('i\u0307', 'i');
  return textKey('uid', plain) ?? plain.toLowerCase();
}
