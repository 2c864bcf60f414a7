// An entry of the base as an app shows it. There is one for each entry of each app, so that it holds next to nothing: what it shows is made
// when somebody looks, and forgotten again.
import type { SnapshotAttribute } from '../attribute.js';
import type { Attributes } from '../attribute-table.js';
import { type EntryKind, type SnapshotEntry, valueUnits } from '../entry.js';

/** All of an entry, made. */
export interface MadeEntry {
  readonly attributes: ReadonlyMap<string, SnapshotAttribute>;
  readonly list: readonly SnapshotAttribute[];
  readonly tagged: readonly SnapshotAttribute[];
  /** -1: not counted yet. */
  units: number;
}

/** How an app makes its entries. */
export interface EntryMaking {
  /** What entries of the base are called here. */
  readonly places: {
    dnOf(base: SnapshotEntry): string;
    keyOf(base: SnapshotEntry): string;
    superiorsOf(base: SnapshotEntry): readonly string[];
  };
  /** One attribute, by its key. */
  attribute(entry: AppEntry, key: string): SnapshotAttribute | undefined;
  make(entry: AppEntry): MadeEntry;
}

const NONE: readonly SnapshotAttribute[] = [];

/**
 * It is its own table of attributes: nine of ten looks at an entry are for one attribute, by a filter, and get it without the others and without
 * any object in between.
 */
export class AppEntry implements SnapshotEntry, Attributes {
  /** For the app alone, which forgets it. */
  made: MadeEntry | undefined = undefined;

  constructor(
    readonly base: SnapshotEntry,
    private readonly app: EntryMaking,
  ) {}

  get dn(): string {
    return this.app.places.dnOf(this.base);
  }

  get key(): string {
    return this.app.places.keyOf(this.base);
  }

  get parentKey(): string {
    return this.superiors[0] ?? '';
  }

  get superiors(): readonly string[] {
    return this.app.places.superiorsOf(this.base);
  }

  get kind(): EntryKind {
    return this.base.kind;
  }

  get uid(): string {
    return this.base.uid;
  }

  get person(): string {
    return this.base.person;
  }

  /** It is not an entry of the base. */
  get place(): number {
    return -1;
  }

  get units(): number {
    const made = this.all();
    if (made.units < 0) made.units = unitsOfMade(made.list);
    return made.units;
  }

  get attributes(): Attributes {
    return this;
  }

  get tagged(): readonly SnapshotAttribute[] {
    return this.base.tagged.length === 0 ? NONE : this.all().tagged;
  }

  get(key: string): SnapshotAttribute | undefined {
    return this.made === undefined ? this.app.attribute(this, key) : this.made.attributes.get(key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  get size(): number {
    return this.all().attributes.size;
  }

  keys(): Iterable<string> {
    return this.all().attributes.keys();
  }

  values(): readonly SnapshotAttribute[] {
    return this.all().list;
  }

  private all(): MadeEntry {
    return this.made ?? this.app.make(this);
  }
}

/** What sending attributes costs; what is not ready is charged when it is made. */
function unitsOfMade(attributes: readonly SnapshotAttribute[]): number {
  // Making them costs about as much as looking at them.
  let units = attributes.length;
  for (const attribute of attributes) units += attribute.isReady ? valueUnits(attribute.values) : 1;
  return units;
}
