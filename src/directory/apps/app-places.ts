// Which entries of the base are in an app, and what they are called there. An entry of the base is known by its place.
import type { Face } from '../../layout/face.js';
import type { Layout } from '../../layout/layout.js';
import type { SnapshotEntry } from '../entry.js';
import type { Snapshot } from '../snapshot.js';
import type { AppEntry } from './app-entry.js';
import { AppNames } from './app-names.js';
import type { BaseGroup, Places } from './base-facts.js';

/** A group of the app, under its name here. */
interface LocalName {
  readonly dn: string;
  readonly key: string;
  readonly value: Buffer;
}

/** The entries of an app by the places of those of the base, and their names from one to the other. */
export class AppPlaces {
  readonly names: AppNames;
  /** The app's entries by the places of those of the base. */
  readonly entries: (AppEntry | undefined)[];
  /** Places of groups that another one has taken in: no entries of the app any more, though others may name them. */
  private readonly folded = new Set<number>();
  private readonly localNames = new Map<SnapshotEntry, LocalName>();
  /** Places of the app's groups by their dnKeys. */
  private readonly groups = new Map<string, number>();

  constructor(
    private readonly base: Snapshot,
    layout: Layout,
    face: Face,
  ) {
    this.names = new AppNames(layout, face);
    this.entries = new Array<AppEntry | undefined>(base.entries.length).fill(undefined);
  }

  /** Gives a group its name here. */
  nameGroup({ entry, cn }: BaseGroup): void {
    const { groups } = this.names;
    const dn = groups.dn(cn);
    const key = groups.key(cn);
    this.localNames.set(entry, { dn, key, value: Buffer.from(dn, 'utf8') });
    this.groups.set(key, entry.place);
  }

  /** Another group has taken in the one at this place. */
  fold(place: number): void {
    this.entries[place] = undefined;
    this.folded.add(place);
  }

  /** Whether the app shows the name of an entry of the base; by its place, or -1. */
  has(place: number): boolean {
    return place >= 0 && (this.entries[place] !== undefined || this.folded.has(place));
  }

  dnOf(base: SnapshotEntry): string {
    return base.kind === 'user' ? this.names.users.dn(base.uid) : (this.localNames.get(base)?.dn ?? '');
  }

  keyOf(base: SnapshotEntry): string {
    return base.kind === 'user' ? this.names.userKey(base.key) : (this.localNames.get(base)?.key ?? '');
  }

  superiorsOf({ kind }: SnapshotEntry): readonly string[] {
    return kind === 'user' ? this.names.users.superiors : this.names.groups.superiors;
  }

  /** The name of an entry of the base as a value, if the app shows the entry. */
  nameAt(place: number): Buffer | undefined {
    if (!this.has(place)) return undefined;
    const base = this.base.entries[place]!;
    return this.localNames.get(base)?.value ?? Buffer.from(this.dnOf(base), 'utf8');
  }

  /** The uid of a person as a value, if it is in the app. */
  uidAt(place: number): Buffer | undefined {
    const entry = place < 0 ? undefined : this.entries[place];
    return entry?.kind === 'user' ? Buffer.from(entry.uid, 'utf8') : undefined;
  }

  /** The place of the entry that has this dnKey in the app; -1 if there is none. */
  placeOf(key: string): number {
    const baseKey = this.names.baseKey(key);
    const base = baseKey === undefined ? undefined : this.base.find(baseKey);
    if (base !== undefined && base.kind === 'user' && this.has(base.place) && this.keyOf(base) === key)
      return base.place;
    return this.groups.get(key) ?? -1;
  }

  /** Whether one of these entries has the dnKey in the app. */
  hasName(places: Places, key: string): boolean {
    const place = this.placeOf(key);
    return place >= 0 && places.includes(place);
  }

  /** Whether one of these people has the uid; undefined where it is compared otherwise than as it is written. */
  hasUid(places: Places, key: string): true | undefined {
    const place = this.base.user(key)?.place ?? -1;
    return this.has(place) && places.includes(place) ? true : undefined;
  }
}
