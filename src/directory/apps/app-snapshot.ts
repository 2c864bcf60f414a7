// The snapshot of one app over the one that all apps share: what `snapshotSteps` would make of the app's people alone, without their entries.
import type { Face } from '../../layout/face.js';
import type { Layout } from '../../layout/layout.js';
import { keyOfName } from '../../ldap/dn.js';
import type { AttributeType, Schema } from '../../ldap/schema.js';
import { runToEnd, type Steps } from '../../runtime/cooperative.js';
import type { CompiledFilter } from '../compiled-filter.js';
import { containers } from '../containers.js';
import { attributeKey, describe, EntryMaker, type SnapshotEntry } from '../entry.js';
import { isAsUpstream } from '../group-shapes.js';
import { withCounts, withOperationalAttributes } from '../operational.js';
import { type Restricted, Snapshot, type SnapshotMaps } from '../snapshot.js';
import type { Twins } from '../twins.js';
import type { Work } from '../work.js';
import { AppAttributes } from './app-attributes.js';
import { AppEntry } from './app-entry.js';
import { AppIndexes, hasKey } from './app-indexes.js';
import { schemaOf } from './app-schema.js';
import type { AppShape } from './app-shape.js';
import { type BaseFacts, type BaseGroup, type EntryForm, factsOf, isOfNames } from './base-facts.js';
import type { LargeValues } from './large-values.js';
import { isShown, type ShapedGroup, shapesOf, someShown } from './shaped-groups.js';

export type { AppShape } from './app-shape.js';
export { LargeValues } from './large-values.js';

/** Entries between two places where the work may be interrupted. */
const ENTRIES_PER_STEP = 64;
/** Entries with one value of what people are named by that are looked at: two are too many. */
const MOST_NAMESAKES = 64;
/** What people are found by when they log in: there is no time then to make an index. */
const LOG_IN_NAMES = ['uid', 'mail', 'cn'];
/** Units of work for an entry in addition to those of an ordinary one. The reader pays for what is made of it. */
const UNITS = 1;

/** Parts of a filter whose places are looked up in one go: each may be joined from several lists. */
const FEW_PARTS = 4;

/** What an app's snapshot is made of. */
interface Parts {
  readonly base: Snapshot;
  readonly app: AppAttributes;
  readonly maps: SnapshotMaps;
  readonly indexes: AppIndexes;
  readonly entries: readonly SnapshotEntry[];
  /** Groups that only the face knows. */
  readonly faceGroups: readonly SnapshotEntry[];
  readonly groups: readonly BaseGroup[];
  readonly twins: readonly Twins[];
}

class AppSnapshot extends Snapshot {
  protected override readonly admit;
  override readonly extraUnits = UNITS;

  constructor(private readonly parts: Parts) {
    const { base, app, maps, indexes, entries, twins } = parts;
    super(entries, base.takenAt, maps, twins, app.schema, base.gates);
    this.admit = indexes.admit;
  }

  override get takenAt(): number {
    return this.parts.base.takenAt;
  }

  override confirm(at: number): void {
    this.parts.base.confirm(at);
  }

  override equal(attribute: string, key: string): SnapshotEntry[] {
    const { indexes } = this.parts;
    if (indexes.isMissing(attribute)) runToEnd(indexes.make(attribute, NO_BUDGET));
    const described = describe(attribute, this.schema);
    const found = new Set<SnapshotEntry>();
    for (const list of indexes.lists(attribute, key) ?? []) {
      for (const one of list) {
        const entry = indexes.admit(one);
        if (entry !== undefined && hasKey(entry, described, key)) found.add(entry);
        if (found.size >= MOST_NAMESAKES) break;
      }
    }
    return [...found];
  }

  protected override indexed(attribute: string, key: string, work: Work): readonly SnapshotEntry[] | undefined {
    return this.parts.indexes.find(attribute, key, work);
  }

  protected override get fewParts(): number {
    return FEW_PARTS;
  }

  protected override hasIndexes(filter: CompiledFilter): boolean {
    return this.parts.indexes.missingFor(filter).next().done === true;
  }

  protected override *makeIndexes(filter: CompiledFilter, work: Work): Steps<void> {
    const { indexes } = this.parts;
    let count = 0;
    for (const attribute of indexes.missingFor(filter)) {
      if (++count % ENTRIES_PER_STEP === 0) yield;
      if (indexes.isMissing(attribute)) yield* indexes.make(attribute, work);
    }
  }

  protected override everybodys(): readonly SnapshotEntry[] {
    return this.parts.faceGroups;
  }

  protected override derivedOnly(
    group: SnapshotEntry,
    key: string,
    restricted: Restricted,
  ): readonly Buffer[] | undefined {
    return group instanceof AppEntry ? this.parts.app.derived.only(group, key, restricted) : undefined;
  }

  protected override ownGroups(self: SnapshotEntry): SnapshotEntry[] {
    if (!(self instanceof AppEntry)) return [];
    const { groups, app } = this.parts;
    const { place } = self.base;
    const own = groups.filter(({ lists }) => [...lists.values()].some((places) => places.includes(place)));
    return own.flatMap(({ entry }) => {
      const group = app.places.entries[entry.place];
      return group === undefined ? [] : this.onlyMember(group, self);
    });
  }
}

/** For what must be there immediately. */
const NO_BUDGET: Work = { left: Number.POSITIVE_INFINITY };

/**
 * Builds the snapshot of an app over `base`, which is built with the upstream's own names and hides nothing but secrets. It shows the app's
 * people and what a snapshot of them alone would show (see `snapshotSteps`), by the app's layout, and then its face and rules. `room`: for
 * what is large; shared by all apps.
 */
export function* appSnapshotSteps(base: Snapshot, shape: AppShape, room: LargeValues): Steps<Snapshot> {
  const { layout, face } = shape;
  const facts = yield* factsOf(base, layout);
  const people = yield* peopleOf(facts, shape);
  // Whether a group is shown depends on people alone; so does the schema on both.
  const isPerson = placesOf(people, base.entries.length);
  const groups: BaseGroup[] = [];
  for (const group of facts.groups) if (yield* isShown(group, isPerson)) groups.push(group);
  const forms = yield* formsOf([...people, ...groups.map(({ entry }) => entry)], facts);
  const schema = schemaOf(base.schema, forms, layout, [shape.schema], face.schema);
  const app = new AppAttributes(shape, schema, facts, room);
  for (let i = 0; i < people.length; i++) {
    app.admit(people[i]!);
    if (i % ENTRIES_PER_STEP === 0) yield;
  }
  const shown = yield* admitGroups(groups, app, layout);
  // As long as it has to be from the beginning: there is one for every app.
  const entries = new Array<AppEntry>(people.length + shown.length);
  let count = 0;
  for (const entry of app.places.entries) {
    if (entry !== undefined) entries[count++] = entry;
    if (count % ENTRIES_PER_STEP === 0) yield;
  }
  const { frame, faceGroups } = yield* frameOf(layout, face, schema, entries);
  const others = [...frame, ...faceGroups];
  const dropped = new Set([...face.dropped, ...shape.dropped].map((type) => attributeKey(type, schema)));
  const shapes = [...app.shapes.values()] as ShapedGroup[];
  const indexes = new AppIndexes(app, entries, others, layout, dropped, shapes);
  for (const name of LOG_IN_NAMES) if (indexes.isMissing(name)) yield* indexes.make(name, NO_BUDGET);
  const maps = mapsOf(app, people.length, others, yield* attributesOf(entries, others, app));
  return new AppSnapshot({
    base,
    app,
    maps,
    indexes,
    entries: [...others, ...entries],
    faceGroups,
    groups: shown,
    twins: twinsOf(base, shape, app),
  });
}

function* peopleOf({ base }: BaseFacts, { members }: AppShape): Steps<SnapshotEntry[]> {
  const people: SnapshotEntry[] = [];
  for (const entry of base.entries) {
    if (entry.kind === 'user' && members(entry.uid)) people.push(entry);
    yield;
  }
  return people;
}

function placesOf(entries: readonly SnapshotEntry[], most: number): Uint8Array {
  const places = new Uint8Array(most);
  for (const { place } of entries) places[place] = 1;
  return places;
}

function* formsOf(entries: readonly SnapshotEntry[], { forms, formOf }: BaseFacts): Steps<EntryForm[]> {
  const isThere = new Uint8Array(forms.length);
  for (let i = 0; i < entries.length; i++) {
    isThere[formOf[entries[i]!.place]!] = 1;
    if (i % ENTRIES_PER_STEP === 0) yield;
  }
  return forms.filter((_, form) => isThere[form] === 1);
}

/** Takes the groups in that are entries of their own; returns these. */
function* admitGroups(groups: readonly BaseGroup[], app: AppAttributes, layout: Layout): Steps<BaseGroup[]> {
  for (const group of groups) {
    app.admit(group.entry);
    app.places.nameGroup(group);
  }
  for (const attribute of app.facts.large)
    if (!(yield* someShown(app.facts.placesOf('', attribute), (place) => app.places.has(place))))
      app.emptied.add(attribute);
  if (isAsUpstream(layout.groupClasses)) return [...groups];
  const { shapes, folded } = yield* shapesOf(groups, app, layout);
  app.shapes = shapes;
  for (const { entry } of folded) app.places.fold(entry.place);
  return groups.filter((group) => !folded.has(group));
}

interface Frame {
  /** The base, the containers, and those of the face. */
  readonly frame: readonly SnapshotEntry[];
  readonly faceGroups: readonly SnapshotEntry[];
}

function* frameOf(layout: Layout, face: Face, schema: Schema, below: readonly AppEntry[]): Steps<Frame> {
  const maker = new EntryMaker(schema);
  const own = face.entries.map(({ kind, dn, attributes, uuid }) =>
    withOperationalAttributes(kind, dn, attributes, layout.isHidden('entryUUID') ? undefined : uuid, '', maker),
  );
  const faceGroups = own.filter(({ kind }) => kind === 'group');
  const frame = [...containers(layout, maker, face.frame), ...own.filter(({ kind }) => kind !== 'group')];
  return { frame: yield* withCounts(frame, [...frame, ...faceGroups, ...below]), faceGroups };
}

function mapsOf(
  app: AppAttributes,
  size: number,
  others: readonly SnapshotEntry[],
  attributes: SnapshotMaps['attributes'],
): SnapshotMaps {
  const { facts, places } = app;
  const { base } = facts;
  const at = (place: number) => (place < 0 ? undefined : places.entries[place]);
  const byKey = new Map(others.map((entry) => [entry.key, entry]));
  const find = (key: string): SnapshotEntry | undefined => byKey.get(key) ?? at(places.placeOf(key));
  return {
    byKey: { get: find },
    byUid: { get: (uid) => at(base.user(uid)?.place ?? -1), size },
    people: { has: (dn) => find(keyOfName(dn))?.kind === 'user' },
    attributes,
    indexes: new Map(),
  };
}

/** The types of all attributes that an entry shows, by their keys. Of what nearly all show one is found soon. */
function* attributesOf(
  entries: readonly AppEntry[],
  others: readonly SnapshotEntry[],
  app: AppAttributes,
): Steps<SnapshotMaps['attributes']> {
  const found = new Map<string, AttributeType | undefined>();
  for (const { attributes } of others)
    for (const key of attributes.keys()) if (!found.has(key)) found.set(key, attributes.get(key)?.type);
  const { forms, formOf } = app.facts;
  /** By form: what no entry that was looked at has shown yet, though its like might. */
  const open = new Map<number, string[]>();
  for (const entry of entries) {
    yield;
    const form = formOf[entry.base.place]!;
    const keys = open.get(form) ?? keysOf(forms[form]!, entry, app);
    const left = keys.filter((key) => !found.has(key) && !take(entry, key, found));
    open.set(
      form,
      left.filter((key) => isUncertain(entry, key, app)),
    );
  }
  return found;
}

function keysOf({ keys }: EntryForm, { base, kind }: AppEntry, app: AppAttributes): string[] {
  const derived = [...app.derived.keys].filter((key) => app.derived.of(kind).has(key));
  return [...new Set([...keys, ...(app.shapes.get(base)?.keys ?? []), ...derived])];
}

function take(entry: AppEntry, key: string, found: Map<string, AttributeType | undefined>): boolean {
  const attribute = entry.get(key);
  if (attribute !== undefined) found.set(key, attribute.type);
  return attribute !== undefined;
}

/** True if other entries of the same form may show it. */
function isUncertain({ base, kind }: AppEntry, key: string, app: AppAttributes): boolean {
  if (kind === 'group' || app.derived.of('user').has(key)) return true;
  const attribute = base.attributes.get(key);
  return attribute !== undefined && (isOfNames(key, attribute) || app.facts.mentioning.size > 0);
}

function twinsOf({ twins }: Snapshot, { members }: AppShape, { places }: AppAttributes): Twins[] {
  const own = twins.all.filter(({ uids }) => uids.some(members));
  return own.map((one) => ({ ...one, key: places.names.users.key(one.uids[0] ?? '') }));
}
