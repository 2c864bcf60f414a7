// Where something happened and when, in the order of time: a few for each account, and there are many accounts.

/** Where something was, and when. */
export class Visit {
  next: Visit | undefined = undefined;

  constructor(
    readonly address: string,
    public at: number,
  ) {}
}

/**
 * A few, the oldest first: linked, because an array would grow and shrink with each login. By one link only: those of `LinkedQueue` would take twice
 * the memory.
 */
export class Visits {
  length = 0;
  private first: Visit | undefined = undefined;
  private last: Visit | undefined = undefined;

  add(visit: Visit): void {
    if (this.last === undefined) this.first = visit;
    else this.last.next = visit;
    this.last = visit;
    this.length++;
  }

  /** Takes out the oldest from there. */
  remove(address: string): Visit | undefined {
    let before: Visit | undefined;
    for (let each = this.first; each !== undefined; each = each.next) {
      if (each.address === address) {
        this.unlink(each, before);
        return each;
      }
      before = each;
    }
    return undefined;
  }

  removeOldest(): void {
    if (this.first !== undefined) this.unlink(this.first, undefined);
  }

  /** Forgets what was at or before this time. */
  expire(until: number): void {
    while (this.first !== undefined && this.first.at <= until) this.removeOldest();
  }

  /** True if one of them was there, and later than `since`. */
  hasFrom(address: string, since = Number.NEGATIVE_INFINITY): boolean {
    for (let each = this.first; each !== undefined; each = each.next)
      if (each.address === address && each.at > since) return true;
    return false;
  }

  private unlink(visit: Visit, before: Visit | undefined): void {
    if (before === undefined) this.first = visit.next;
    else before.next = visit.next;
    if (this.last === visit) this.last = before;
    visit.next = undefined;
    this.length--;
  }
}
