// How many names that nobody here knows may be asked about: a flood of invented ones spends nothing that others need.

/** Milliseconds. */
const HOUR = 3_600_000;
/** Names in an hour: of everybody, and of one address. */
const OF_ALL = 60;
const OF_ONE = 12;

/** Bounded by `ofAll`: an address is kept only for a name that was let through. */
export class NameShare {
  private begun = Number.NEGATIVE_INFINITY;
  private all = 0;
  private readonly byAddress = new Map<string, number>();

  constructor(
    private readonly clock: () => number,
    private readonly ofAll = OF_ALL,
    private readonly ofOne = OF_ONE,
  ) {}

  /** True if one more may be asked about; it is counted then. */
  take(address: string): boolean {
    if (this.clock() - this.begun >= HOUR) {
      this.begun = this.clock();
      this.all = 0;
      this.byAddress.clear();
    }
    const own = this.byAddress.get(address) ?? 0;
    if (this.all >= this.ofAll || own >= this.ofOne) return false;
    this.all += 1;
    this.byAddress.set(address, own + 1);
    return true;
  }
}
