// The snapshot: everything that clients can ever see, with local names, immutable, built from one complete read of the upstream.
import type { Layout } from '../layout/layout.js';
import { LocalAttributes, withoutOptionalUid } from '../layout/local-attributes.js';
import { VisibleNames } from '../layout/visible-names.js';
import { valuesOf } from '../ldap/attributes.js';
import { textKey } from '../ldap/matching.js';
import type { Attribute } from '../ldap/message.js';
import { type AttributeType, type Schema, STANDARD } from '../ldap/schema.js';
import { runToEnd, type Steps } from '../runtime/cooperative.js';
import { ShardedMap } from '../runtime/sharded-map.js';
import { admitMembers } from './admission.js';
import type { SnapshotAttribute } from './attribute.js';
import { containers } from './containers.js';
import { EntryMaker, type SnapshotEntry } from './entry.js';
import { entryUuid } from './entry-uuid.js';
import { type GateMembers, type GateNames, type Gates, NO_GATES } from './gates.js';
import { type LocalGroup, shapeGroups } from './group-shapes.js';
import { MemberOf } from './member-of.js';
import { withCounts, withOperationalAttributes } from './operational.js';
import type { UpstreamEntry, UpstreamImage } from './reader.js';
import { shownSchema } from './shown-schema.js';
import { TwinNames, type Twins, uidKey } from './twins.js';
import { buildIndexes, indexByName, View, type ViewMaps } from './view.js';

export { uidOf } from './admission.js';
export type { SnapshotEntry } from './entry.js';
export { NO_VIEW, View } from './view.js';

/** A set of names. */
type Names = Pick<ShardedMap<true>, 'has'>;

/** What a snapshot looks entries up in, beside what every view does. */
export interface SnapshotMaps extends ViewMaps {
  readonly byUid: Pick<ShardedMap<SnapshotEntry>, 'get' | 'size'>;
  /** The names of all users. */
  readonly people: Names;
  /** The types of all attributes that any entry has, by their keys. */
  readonly attributes: ReadonlyMap<string, AttributeType | undefined>;
}

/** One complete read, with local names. Immutable. `viewOf` narrows it to what a session may see. */
export class Snapshot extends View {
  readonly memberCount: number;
  private readonly byUid: SnapshotMaps['byUid'];
  private readonly people: Names;
  /** The types of all attributes that any entry has, by their keys. */
  readonly attributes: SnapshotMaps['attributes'];
  private readonly views = new Map<string, View>();
  private readonly groups: readonly SnapshotEntry[];
  /** The base and the containers: in every view. */
  private readonly frame: readonly SnapshotEntry[];
  private seenAt: number;

  /** Accounts that have one name here: in no view, and none of them can log in. */
  readonly twins: TwinNames;

  /** `takenAt`: see there. */
  constructor(
    entries: readonly SnapshotEntry[],
    takenAt: number,
    maps: SnapshotMaps = runToEnd(mapsOf(entries)),
    twins: readonly Twins[] = [],
    schema: Schema = STANDARD,
    /** Who is in which of the configured groups. */
    readonly gates: Gates = NO_GATES,
  ) {
    super(entries, maps, schema);
    this.seenAt = takenAt;
    this.byUid = maps.byUid;
    this.people = maps.people;
    this.attributes = maps.attributes;
    this.twins = new TwinNames(twins);
    this.memberCount = this.byUid.size;
    this.groups = entries.filter((entry) => entry.kind === 'group');
    this.frame = entries.filter((entry) => entry.kind !== 'group' && entry.kind !== 'user');
  }

  /** When the upstream was last found to be like this; milliseconds by the clock of the process. */
  get takenAt(): number {
    return this.seenAt;
  }

  /** Another read has found nothing changed. Ignored if that read is older than the last. */
  confirm(at: number): void {
    this.seenAt = Math.max(this.seenAt, at);
  }

  /** The member with exactly this canonical uid. */
  user(uid: string): SnapshotEntry | undefined {
    return this.byUid.get(uid);
  }

  /** Whether the member of this canonical uid is in at least one of the gates. */
  isIn(uid: string, gates: GateNames): boolean {
    return gates === 'everyone' ? this.byUid.get(uid) !== undefined : this.gates.isIn(uid, gates);
  }

  /** Those who are in at least one of the gates, for questions about many people. */
  membersOf(gates: GateNames): GateMembers {
    if (gates !== 'everyone') return this.gates.membersOf(gates);
    return { has: (uid) => this.byUid.get(uid) !== undefined, count: this.memberCount };
  }

  /** The one user with this value by the attribute's equality rule; for a uid the one whose own name it is. */
  named(attribute: 'uid' | 'mail' | 'cn', value: string): SnapshotEntry | 'ambiguous' | undefined {
    const key = textKey(attribute, value);
    if (key === undefined || key === '') return undefined;
    if (attribute === 'uid' && this.twins.hasUid(value)) return 'ambiguous';
    const users = this.equal(attribute, key).filter(
      // An account may have other values of uid beside the one that names it, and somebody else's among them.
      (entry) => entry.kind === 'user' && (attribute !== 'uid' || uidKey(entry.uid) === key),
    );
    return users.length > 1 ? 'ambiguous' : users[0];
  }

  /** What a user sees: itself, its groups with no other member's name in them, and the containers. For '' the containers alone. */
  viewOf(uid: string): View {
    const known = this.views.get(uid);
    if (known !== undefined) return known;
    const self = this.byUid.get(uid);
    const own = self === undefined ? this.everybodys() : [self, ...this.everybodys(), ...this.ownGroups(self)];
    const entries = [...runToEnd(withCounts(this.frame, [...this.frame, ...own])), ...own];
    const view = new View(entries, undefined, this.schema);
    // Bounded by the members: strangers have no view of their own.
    if (self !== undefined || uid === '') this.views.set(uid, view);
    return view;
  }

  /** What is in every view beside the base and the containers. */
  protected everybodys(): readonly SnapshotEntry[] {
    return [];
  }

  /** The groups of a user as it may see them: no other member's name is in them. */
  protected ownGroups(self: SnapshotEntry): SnapshotEntry[] {
    return this.groups.flatMap((group) => this.onlyMember(group, self));
  }

  /** The group as one member sees it, or nothing for a non-member. */
  protected onlyMember(group: SnapshotEntry, self: SnapshotEntry): SnapshotEntry[] {
    return onlyMember(group, self, this.people, this.schema, (key, restricted) =>
      this.derivedOnly(group, key, restricted),
    );
  }

  /** An attribute that is made of others, made of what one member sees of them; undefined for any that is not. */
  protected derivedOnly(_group: SnapshotEntry, _key: string, _restricted: Restricted): readonly Buffer[] | undefined {
    return undefined;
  }
}

/** The values of an attribute of a group that one member may see: of members only itself. */
export type Restricted = (attribute: SnapshotAttribute) => readonly Buffer[];

function onlyMember(
  group: SnapshotEntry,
  self: SnapshotEntry,
  people: Names,
  schema: Schema,
  derivedOnly: (key: string, restricted: Restricted) => readonly Buffer[] | undefined,
): SnapshotEntry[] {
  let isMember = false;
  const isOther = (name: string) => name !== self.dn && people.has(name);
  const restricted: Restricted = (attribute) => {
    const own = ownName(attribute.type?.names[0], self);
    if (own !== undefined) return attribute.equalTo(own);
    if (!attribute.isReady) return namesOf(self).flatMap((name) => attribute.equalTo(name));
    return attribute.values.filter((value) => !isOther(value.toString('utf8')));
  };
  const keys = [...group.attributes.keys()];
  const attributes = [...group.attributes.values()].map((attribute, i): Attribute => {
    const { name, type } = attribute;
    const derived = derivedOnly(keys[i] ?? '', restricted);
    if (derived !== undefined) return { type: name, values: derived };
    const own = ownName(type?.names[0], self);
    // Of very many values only the member's own is made; under another name as well.
    if (own === undefined && !attribute.isReady)
      return { type: name, values: namesOf(self).flatMap((own) => attribute.equalTo(own)) };
    const all = own !== undefined && !attribute.isReady ? attribute.equalTo(own) : attribute.values;
    // Other people are named not only among the members: an owner or seeAlso may be a person, too.
    if (own === undefined) return { type: name, values: all.filter((value) => !isOther(value.toString('utf8'))) };
    const left = all.filter((value) => value.equals(own));
    isMember ||= left.length > 0;
    return { type: name, values: left };
  });
  return isMember ? [new EntryMaker(schema).make('group', group.dn, attributes)] : [];
}

/** How a person is written in a list of names, and in one of uids. */
function namesOf({ dn, uid }: SnapshotEntry): Buffer[] {
  return [Buffer.from(dn, 'utf8'), Buffer.from(uid, 'utf8')];
}

/** How a member's name is written in an attribute that lists members; undefined for other attributes. */
function ownName(type: string | undefined, self: SnapshotEntry): Buffer | undefined {
  if (type === 'member' || type === 'uniqueMember') return Buffer.from(self.dn, 'utf8');
  return type === 'memberUid' ? Buffer.from(self.uid, 'utf8') : undefined;
}

function* mapsOf(entries: readonly SnapshotEntry[], indexedBy?: Schema): Steps<SnapshotMaps> {
  const byUid = new ShardedMap<SnapshotEntry>();
  const people = new ShardedMap<true>();
  const attributes = new Map<string, AttributeType | undefined>();
  for (const entry of entries) {
    yield;
    for (const key of entry.attributes.keys())
      if (!attributes.has(key)) attributes.set(key, entry.attributes.get(key)?.type);
    if (entry.kind !== 'user') continue;
    byUid.set(entry.uid, entry);
    people.set(entry.dn, true);
  }
  const maps = { byUid, people, attributes, byKey: yield* indexByName(entries) };
  return indexedBy === undefined ? maps : { ...maps, indexes: yield* buildIndexes(entries, indexedBy) };
}

/** Builds the snapshot of an image in one go; see `snapshotSteps`. */
export function buildSnapshot(image: UpstreamImage, layout: Layout, takenAt: number): Snapshot {
  return runToEnd(snapshotSteps(image, layout, takenAt));
}

/**
 * Builds the snapshot of an image: members only (whose `memberOf` names a gate that has them as `member`), local names, no password
 * material, no name of anybody else (R29 to R35), and its indexes. `takenAt` in milliseconds.
 */
export function* snapshotSteps(image: UpstreamImage, layout: Layout, takenAt: number): Steps<Snapshot> {
  const visible = new VisibleNames();
  const { schema, secrets } = yield* shownSchema(image, layout);
  const maker = new EntryMaker(schema);
  const local = new LocalAttributes(layout, visible, schema, secrets);
  const { people, twins, gatesOf } = yield* admitMembers(image, layout, visible);
  const uids = new ShardedMap<string>();
  for (const { uid, entry } of people) {
    const dn = layout.localUserDN(uid);
    visible.addPerson(entry.dn, uid, dn);
    uids.set(dn, uid);
    yield;
  }
  // All names first: a group's attributes may name another group.
  const groups = groupsWithMembers(image, layout, visible);
  for (const { cn, entry } of groups) visible.addGroup(entry.dn, layout.localGroupDN(cn));
  const localGroups: LocalGroup[] = [];
  const memberOf = new MemberOf(visible, layout);
  for (const { cn, entry } of groups) yield* memberOf.add(entry, layout.localGroupDN(cn));
  for (const { cn, entry } of groups) {
    localGroups.push({ cn, attributes: memberOf.addTo(yield* local.of(entry.attributes), entry.dn) });
  }
  const below: SnapshotEntry[] = [];
  // What is made here is hidden as well as what the upstream has.
  const shownUuid = (uuid: string) => (layout.isHidden('entryUUID') ? undefined : uuid);
  for (const { uid, entry } of people) {
    const attributes = memberOf.addTo(yield* local.of(entry.attributes), entry.dn);
    const person = entryUuid(entry);
    const dn = layout.localUserDN(uid);
    below.push(withOperationalAttributes('user', dn, attributes, shownUuid(person), uid, maker, person));
    yield;
  }
  const uuids = new Map(groups.map(({ cn, entry }) => [cn, entryUuid(entry)]));
  for (const { cn, attributes } of shapeGroups(localGroups, layout.groupClasses, (dn) => uids.get(dn))) {
    const uuid = shownUuid(uuids.get(cn) ?? '');
    // Its classes bring attributes along that are hidden.
    const shown = attributes.filter(({ type }) => type === 'objectClass' || !layout.isHidden(type));
    below.push(withOperationalAttributes('group', layout.localGroupDN(cn), shown, uuid, '', maker));
    yield;
  }
  const frame = containers(layout, maker);
  const entries = [...(yield* withCounts(frame, [...frame, ...below])), ...below];
  const maps = yield* mapsOf(entries, schema);
  return new Snapshot(entries, takenAt, maps, twins, schema, gatesOf(maps.byUid));
}

/** The groups that have a visible member left: an empty one would reveal that there are others (R31). */
function groupsWithMembers(
  image: UpstreamImage,
  layout: Layout,
  visible: VisibleNames,
): { cn: string; entry: UpstreamEntry }[] {
  const seen = new Set<string>();
  return image.groups.flatMap((entry) => {
    const name = layout.upstreamName(entry.dn);
    const key = visible.keyOf(entry.dn);
    if (name?.kind !== 'cn' || seen.has(key) || !hasVisibleMember(entry, visible)) return [];
    seen.add(key);
    return [{ cn: name.value, entry }];
  });
}

function hasVisibleMember(group: UpstreamEntry, visible: VisibleNames): boolean {
  const has = (type: string, isVisible: (text: string) => boolean) =>
    valuesOf(group, type).some((value) => isVisible(value.toString('utf8')));
  return (
    has('member', (dn) => visible.isPerson(dn)) ||
    has('uniqueMember', (dn) => visible.isPerson(withoutOptionalUid(dn))) ||
    has('memberUid', (uid) => visible.isUid(uid))
  );
}
