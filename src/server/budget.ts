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

  /** Takes so many, if they are left here and in all budgets around; else takes nothing and returns the name of the limit. */
  take(count: number): string | undefined {
    if (this.used + count > this.limit()) return this.name;
    const refused = this.within?.take(count);
    if (refused === undefined) this.used += count;
    return refused;
  }

  give(count: number): void {
    this.used -= count;
    this.within?.give(count);
  }

  get inUse(): number {
    return this.used;
  }
}
