// Who is there at present. A Set would do, with one exception: when additions and deletions have filled its table it takes a new one. The old one,
// once it has aged, keeps everything that was in it alive until the whole heap is collected: five kilobytes for each login.

export interface Indexed {
  /** Its index; for the set alone. */
  place: number;
}

/** An unordered set with constant-time add and delete that leaves no garbage. An item is in one such set at a time. */
export class IndexedSet<Item extends Indexed> {
  private readonly items: Item[] = [];

  get size(): number {
    return this.items.length;
  }

  add(item: Item): void {
    item.place = this.items.length;
    this.items.push(item);
  }

  /** The last one takes its place. One that is not there any more changes nothing. */
  delete(item: Item): void {
    if (this.items[item.place] !== item) return;
    const last = this.items.pop()!;
    if (last !== item) {
      this.items[item.place] = last;
      last.place = item.place;
    }
    item.place = -1;
  }

  /** From the last to the first: `use` may delete the one it is handed. */
  each(use: (item: Item) => void): void {
    for (let place = this.items.length - 1; place >= 0; place--) {
      const item = this.items[place];
      if (item !== undefined) use(item);
    }
  }
}
