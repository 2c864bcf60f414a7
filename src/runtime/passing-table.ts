// Items by id that come and go with each login.

/** What can be in one table at a time. */
export interface Passing<Item> {
  readonly id: string | undefined;
  /** For the table alone: the next one of the same place. */
  next: Item | undefined;
}

/** Places of a table; several items may share one. A power of two. */
const PLACES = 1024;

/**
 * A Map would do the same, but entries come and go with each login, so it grows and shrinks again and again, and each table that it leaves behind
 * holds the items of its time until the next full garbage collection. Ids are hashes in base64; items without one are not in it.
 */
export class PassingTable<Item extends Passing<Item>> {
  private readonly places = Array.from<Item | undefined>({ length: PLACES });

  /** Of several with this id, the one that was added last. */
  get(id: string): Item | undefined {
    for (let item = this.places[placeOf(id)]; item !== undefined; item = item.next) if (item.id === id) return item;
    return undefined;
  }

  /** One that is in no table. */
  add(item: Item): void {
    if (item.id === undefined) return;
    const place = placeOf(item.id);
    item.next = this.places[place];
    this.places[place] = item;
  }

  /** Does nothing for one that is not in it. */
  remove(item: Item): void {
    if (item.id === undefined) return;
    const place = placeOf(item.id);
    let before: Item | undefined;
    for (let each = this.places[place]; each !== item; each = each.next) {
      if (each === undefined) return;
      before = each;
    }
    if (before === undefined) this.places[place] = item.next;
    else before.next = item.next;
    item.next = undefined;
  }
}

/** The id is a hash already: any of its characters will do. */
function placeOf(id: string): number {
  return ((id.charCodeAt(0) << 8) ^ (id.charCodeAt(1) << 4) ^ id.charCodeAt(2)) & (PLACES - 1);
}
