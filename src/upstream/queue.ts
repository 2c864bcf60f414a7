// First come, first served; whoever leaves is taken out at no cost.

/** A queue of distinct items. All operations take constant time. */
export class Queue<Item> {
  private front: Item[] = [];
  private readonly rest = new Set<Item>();

  get size(): number {
    return this.front.length + this.rest.size;
  }

  add(item: Item): void {
    this.rest.add(item);
  }

  /** For one that had its turn and lost it. */
  addFirst(item: Item): void {
    this.front.push(item);
  }

  take(): Item | undefined {
    const first = this.front.pop();
    if (first !== undefined) return first;
    const [next] = this.rest;
    if (next !== undefined) this.rest.delete(next);
    return next;
  }

  takeAll(): Item[] {
    const all = [...this.front, ...this.rest];
    this.front = [];
    this.rest.clear();
    return all;
  }

  /** True if it was there. */
  remove(item: Item): boolean {
    if (this.rest.delete(item)) return true;
    const index = this.front.indexOf(item);
    if (index < 0) return false;
    this.front.splice(index, 1);
    return true;
  }
}
