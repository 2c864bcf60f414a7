// An entry's attributes by their keys. Entries with the same attributes in the same order share the index: as a Map in each of them it was 0.9 KB.
import type { SnapshotAttribute } from './attribute.js';

/** The position of each key's attribute. */
type Positions = ReadonlyMap<string, number>;

/** The attributes of one entry. */
export interface Attributes {
  readonly size: number;
  get(key: string): SnapshotAttribute | undefined;
  has(key: string): boolean;
  /** In the entry's order. */
  keys(): Iterable<string>;
  /** In the entry's order. */
  values(): readonly SnapshotAttribute[];
}

/** An entry's attributes by key. Entries with the same attributes in the same order share `positions`. */
export class AttributeTable implements Attributes {
  constructor(
    private readonly positions: Positions,
    private readonly list: readonly SnapshotAttribute[],
  ) {}

  get size(): number {
    return this.list.length;
  }

  get(key: string): SnapshotAttribute | undefined {
    const at = this.positions.get(key);
    return at === undefined ? undefined : this.list[at];
  }

  has(key: string): boolean {
    return this.positions.has(key);
  }

  keys(): Iterable<string> {
    return this.positions.keys();
  }

  values(): readonly SnapshotAttribute[] {
    return this.list;
  }
}

/** The same with these attributes in place of those of the same keys, or behind the others. */
export function replaced(before: Attributes, changes: ReadonlyMap<string, SnapshotAttribute>): AttributeTable {
  const changed = new Map<string, SnapshotAttribute>();
  for (const key of before.keys()) changed.set(key, before.get(key)!);
  for (const [key, attribute] of changes) changed.set(key, attribute);
  return new AttributeTables().of(changed);
}

/** Makes the tables of one snapshot's entries. */
export class AttributeTables {
  private readonly shapes = new Map<string, Positions>();

  of(attributes: ReadonlyMap<string, SnapshotAttribute>): AttributeTable {
    // Lengths in front, so that no two lists run into one shape.
    let shape = '';
    for (const key of attributes.keys()) shape += `${key.length}:${key}`;
    let positions = this.shapes.get(shape);
    if (positions === undefined) {
      positions = positionsOf(attributes.keys());
      this.shapes.set(shape, positions);
    }
    return new AttributeTable(positions, exactly([...attributes.values()]));
  }
}

function positionsOf(keys: Iterable<string>): Positions {
  const positions = new Map<string, number>();
  for (const key of keys) positions.set(key, positions.size);
  return positions;
}

/** The same list without room for more: one that was filled bit by bit keeps up to sixteen places free, 128 bytes. */
export function exactly<T>(list: readonly T[]): readonly T[] {
  return list.slice();
}
