// A queue whose items carry their own links: entering and leaving take constant time and make no garbage.

/** What can wait in one queue at a time. */
export abstract class Queued {
  /** For the queue alone. */
  queue: object | undefined;
  ahead: Queued | undefined;
  behind: Queued | undefined;
}

/** A queue of distinct items. All operations but those on all of them take constant time. */
export class LinkedQueue<Item extends Queued> {
  private first: Queued | undefined;
  private last: Queued | undefined;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** An item that is not in any queue. */
  add(item: Item): void {
    this.enter(item, this.last, undefined);
  }

  /** For one that had its turn and lost it. */
  addFirst(item: Item): void {
    this.enter(item, undefined, this.first);
  }

  take(): Item | undefined {
    const item = this.first as Item | undefined;
    if (item !== undefined) this.remove(item);
    return item;
  }

  takeAll(): Item[] {
    const all = this.all();
    for (const item of all) this.remove(item);
    return all;
  }

  all(): Item[] {
    const all: Item[] = [];
    for (let item = this.first; item !== undefined; item = item.behind) all.push(item as Item);
    return all;
  }

  /** True if it was there. */
  remove(item: Item): boolean {
    if (item.queue !== this) return false;
    const { ahead, behind } = item;
    if (ahead === undefined) this.first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.last = ahead;
    else behind.ahead = ahead;
    item.queue = item.ahead = item.behind = undefined;
    this.count--;
    return true;
  }

  private enter(item: Item, ahead: Queued | undefined, behind: Queued | undefined): void {
    item.queue = this;
    item.ahead = ahead;
    item.behind = behind;
    if (ahead === undefined) this.first = item;
    else ahead.behind = item;
    if (behind === undefined) this.last = item;
    else behind.ahead = item;
    this.count++;
  }
}
