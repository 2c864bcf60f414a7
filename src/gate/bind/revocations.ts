// Since when what is remembered of an account counts no more: by a number that grows with each revocation, for a clock would be too coarse.

/** Accounts of one generation; what falls out of two of them is taken for revoked with the last that fell out, which is never too little. */
const MOST = 4096;

export class Revocations {
  /** Of the accounts that were revoked lately, by their names in lower case. */
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
    this.young.set(account.toLowerCase(), number);
  }

  revokeAll(number: number): void {
    this.floor = number;
    this.young = new Map();
    this.old = new Map();
  }

  /** The number of the account's last revocation; 0 if there was none. */
  of(account: string): number {
    if (this.young.size === 0 && this.old.size === 0) return this.floor;
    const key = account.toLowerCase();
    return Math.max(this.floor, this.young.get(key) ?? this.old.get(key) ?? 0);
  }
}
