// A Map for very many keys that grows a little at a time: a Map of a hundred thousand is copied as a whole when it grows, and all wait for that.

/** Keys up to which one Map will do. */
const FEW = 4096;
/** Maps that share the keys when there are more. A power of two. */
const SHARDS = 256;
/** Characters at both ends of a key that say where it belongs. */
const AHEAD = 24;
const BEHIND = 12;

/** By strings. */
export class ShardedMap<Value> {
  private few: Map<string, Value> | undefined = new Map();
  private shards: Map<string, Value>[] = [];
  private count = 0;

  get size(): number {
    return this.few?.size ?? this.count;
  }

  get(key: string): Value | undefined {
    return (this.few ?? this.shardOf(key)).get(key);
  }

  has(key: string): boolean {
    return (this.few ?? this.shardOf(key)).has(key);
  }

  set(key: string, value: Value): void {
    if (this.few !== undefined) {
      this.few.set(key, value);
      if (this.few.size > FEW) this.spread(this.few);
      return;
    }
    const shard = this.shardOf(key);
    const before = shard.size;
    shard.set(key, value);
    this.count += shard.size - before;
  }

  /** Nothing may be set meanwhile. */
  *entries(): Generator<[string, Value], void> {
    for (const map of this.few === undefined ? this.shards : [this.few]) yield* map;
  }

  private spread(few: Map<string, Value>): void {
    this.few = undefined;
    this.shards = Array.from({ length: SHARDS }, () => new Map());
    this.count = few.size;
    for (const [key, value] of few) this.shardOf(key).set(key, value);
  }

  private shardOf(key: string): Map<string, Value> {
    const { length } = key;
    let hash = length;
    const ahead = Math.min(length, AHEAD);
    for (let i = 0; i < ahead; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
    for (let i = Math.max(ahead, length - BEHIND); i < length; i++)
      hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
    return this.shards[(hash ^ (hash >>> 15)) & (SHARDS - 1)]!;
  }
}
