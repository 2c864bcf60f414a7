// Budgets: what one connection, one address and all clients together may hold of something that costs memory.

/** A budget inside others: what is taken counts in each of them. */
export class Budget {
  private used = 0;

  /** `limit`: as it is now. `name`: how the limit is called in texts. `within`: the budget that this one is a part of. */
  constructor(
    private readonly limit: () => number,
    private readonly name: string,
    private readonly within?: Budget,
  ) {}

  /** False if there is no room for this number here, or in a budget around this one; then nothing was taken. */
  take(count: number): boolean {
    if (this.used + count > this.limit() || this.within?.take(count) === false) return false;
    this.used += count;
    return true;
  }

  give(count: number): void {
    this.used -= count;
    this.within?.give(count);
  }

  /** The name of the limit that leaves no room for this number; undefined if there is room. */
  limitFor(count: number): string | undefined {
    return this.used + count > this.limit() ? this.name : this.within?.limitFor(count);
  }

  get inUse(): number {
    return this.used;
  }
}
