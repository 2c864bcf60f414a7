// Values by key in two generations: what is used moves to the younger one, and the older one is dropped as a whole.

/** When a generation ends, beside the moment when it is full: what was not used for two of them is gone. */
export interface Lifetime {
  /** Milliseconds. */
  readonly length: number;
  readonly clock: () => number;
}

/**
 * At most twice `most` values. Nothing is deleted one by one: a Map that keys come into and go from at each log-in leaves its old tables
 * to the garbage collector, with all that was in them.
 */
export class Generations<Value> {
  private young = new Map<string, Value>();
  private old = new Map<string, Value>();
  /** When the young generation began. */
  private began: number;
  /** Counts generations: while it is the same, what `make` has returned is in the young one. */
  turn = 0;

  constructor(
    private readonly most: number,
    private readonly fresh: () => Value,
    private readonly lifetime?: Lifetime,
  ) {
    this.began = lifetime?.clock() ?? 0;
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  find(key: string): Value | undefined {
    const young = this.young.get(key);
    return young !== undefined || this.old.size === 0 ? young : this.old.get(key);
  }

  /** The value of this key, in the young generation; a fresh one if there is none. */
  make(key: string): Value {
    this.age();
    const young = this.young.get(key);
    if (young !== undefined) return young;
    const value = this.old.get(key) ?? this.fresh();
    this.young.set(key, value);
    return value;
  }

  private age(): void {
    const { lifetime } = this;
    const isOver = lifetime !== undefined && lifetime.clock() - this.began >= lifetime.length;
    if (!isOver && this.young.size < this.most) return;
    this.old = this.young;
    this.young = new Map();
    this.turn++;
    this.began = lifetime?.clock() ?? 0;
  }
}
