// Values by key in two generations: what is used moves to the younger one, and the older one is dropped as a whole.

/** When a generation ends, beside the moment when it is full: what was not used for two of them is gone. */
export interface Lifetime {
  /** Milliseconds. */
  readonly length: number;
  readonly clock: () => number;
}

/**
 * At most twice `most` values. Nothing is deleted one by one: a Map that gains and loses keys at each login leaves its old tables to the garbage
 * collector, with all that was in them.
 */
export class Generations<Value> {
  /** Counts the generations: while it is the same, what was put into the young one is there. */
  turn = 0;
  private young = new Map<string, Value>();
  private old = new Map<string, Value>();
  /** What was found last: most callers ask for a key twice, before and after what they do. */
  private lastKey: string | undefined = undefined;
  private lastValue: Value | undefined = undefined;
  /** When the young generation began. */
  private began: number;

  constructor(
    private readonly most: number,
    private readonly lifetime?: Lifetime,
  ) {
    this.began = lifetime?.clock() ?? 0;
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  /** Leaves the value in the generation in which it is. */
  find(key: string): Value | undefined {
    if (key === this.lastKey) return this.lastValue;
    const young = this.young.get(key);
    const value = young !== undefined || this.old.size === 0 ? young : this.old.get(key);
    this.lastKey = key;
    this.lastValue = value;
    return value;
  }

  /** The value of this key, which is in the young generation from now on. */
  recall(key: string): Value | undefined {
    const young = this.young.get(key);
    if (young !== undefined || this.old.size === 0) return young;
    const value = this.old.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  /** The same; a fresh one if there is none. */
  make(key: string, fresh: () => Value): Value {
    this.age();
    const known = this.recall(key);
    if (known !== undefined) return known;
    const value = fresh();
    this.set(key, value);
    return value;
  }

  /** Puts it into the young generation. */
  set(key: string, value: Value): void {
    this.age();
    this.lastKey = undefined;
    this.young.set(key, value);
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
    this.lastKey = this.lastValue = undefined;
  }

  private age(): void {
    const { lifetime } = this;
    const isOver = lifetime !== undefined && lifetime.clock() - this.began >= lifetime.length;
    if (!isOver && this.young.size < this.most) return;
    this.old = this.young;
    this.young = new Map();
    this.lastKey = this.lastValue = undefined;
    this.turn++;
    this.began = lifetime?.clock() ?? 0;
  }
}
