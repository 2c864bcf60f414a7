// The snapshot: everything that clients can ever see, with local names, immutable, built from one complete read of the upstream.
import type { Layout } from '../layout/layout.js';
import { localAttributes, withoutOptionalUid } from '../layout/local-attributes.js';
import { VisibleNames } from '../layout/visible-names.js';
import { matchingRule } from '../ldap/matching.js';
import type { Attribute } from '../ldap/message.js';
import { attributeType } from '../ldap/schema.js';
import { containers } from './containers.js';
import { makeEntry, type SnapshotEntry } from './entry.js';
import { shapeGroups } from './group-shapes.js';
import { counted, finished } from './operational.js';
import type { UpstreamEntry, UpstreamImage } from './reader.js';
import { View } from './view.js';

export type { SnapshotEntry } from './entry.js';
export { View } from './view.js';

export class Snapshot extends View {
  readonly memberCount: number;
  private readonly byUid = new Map<string, SnapshotEntry>();
  private readonly views = new Map<string, View>();
  /** The names of all users. */
  private readonly people: ReadonlySet<string>;
  private readonly groups: readonly SnapshotEntry[];
  /** The base and the containers: in every view. */
  private readonly frame: readonly SnapshotEntry[];

  constructor(
    entries: readonly SnapshotEntry[],
    /** Milliseconds by the clock of the process. */
    readonly takenAt: number,
  ) {
    super(entries);
    for (const entry of entries) if (entry.kind === 'user') this.byUid.set(entry.uid, entry);
    this.people = new Set([...this.byUid.values()].map(({ dn }) => dn));
    this.memberCount = this.byUid.size;
    this.groups = entries.filter((entry) => entry.kind === 'group');
    this.frame = entries.filter((entry) => entry.kind !== 'group' && entry.kind !== 'user');
  }

  /** The member with exactly this canonical uid. */
  user(uid: string): SnapshotEntry | undefined {
    return this.byUid.get(uid);
  }

  /** The one user with this value by the attribute's equality rule. */
  named(attribute: 'uid' | 'mail' | 'cn', value: string): SnapshotEntry | 'ambiguous' | undefined {
    const rule = matchingRule(attributeType(attribute)?.equality ?? '');
    const key = rule?.normalize(Buffer.from(value, 'utf8'));
    if (key === undefined || key === '') return undefined;
    const users = this.equal(attribute, key).filter((entry) => entry.kind === 'user');
    return users.length > 1 ? 'ambiguous' : users[0];
  }

  /** What a user sees: itself, its groups with no other member's name in them, and the containers. For '' the containers alone. */
  viewOf(uid: string): View {
    const known = this.views.get(uid);
    if (known !== undefined) return known;
    const self = this.byUid.get(uid);
    const own =
      self === undefined ? [] : [self, ...this.groups.flatMap((group) => onlyMember(group, self, this.people))];
    const view = new View([...counted(this.frame, [...this.frame, ...own]), ...own]);
    // Bounded by the members: strangers have no view of their own.
    if (self !== undefined || uid === '') this.views.set(uid, view);
    return view;
  }
}

/** The group as one member sees it, or nothing if it is none. */
function onlyMember(group: SnapshotEntry, self: SnapshotEntry, people: ReadonlySet<string>): SnapshotEntry[] {
  let isMember = false;
  const isOther = (name: string) => name !== self.dn && people.has(name);
  const attributes = [...group.attributes.values()].map(({ name, type, values: all }): Attribute => {
    const own = ownName(type?.names[0], self);
    // Others stand not only among the members: an owner or somebody to see also is a person, too.
    if (own === undefined) return { type: name, values: all.filter((value) => !isOther(value.toString('utf8'))) };
    const left = all.filter((value) => value.equals(own));
    isMember ||= left.length > 0;
    return { type: name, values: left };
  });
  return isMember ? [makeEntry('group', group.dn, attributes)] : [];
}

/** How a member's name stands in an attribute that lists members; undefined for other attributes. */
function ownName(type: string | undefined, self: SnapshotEntry): Buffer | undefined {
  if (type === 'member' || type === 'uniqueMember') return Buffer.from(self.dn, 'utf8');
  return type === 'memberUid' ? Buffer.from(self.uid, 'utf8') : undefined;
}

/**
 * Builds the snapshot of an image: members only (by the group's own `member` values), local names, no password material, no name of
 * anybody else (R29 to R35). `takenAt` in milliseconds.
 */
export function buildSnapshot(image: UpstreamImage, layout: Layout, takenAt: number): Snapshot {
  const visible = new VisibleNames();
  const people = admitted(image, layout, visible);
  for (const { uid, entry } of people) visible.addPerson(entry.dn, uid, layout.localUserDN(uid));
  // All names first: a group's attributes may name another group.
  const groups = peopled(image, layout, visible);
  for (const { cn, entry } of groups) visible.addGroup(entry.dn, layout.localGroupDN(cn));
  const uuids = new Map(groups.map(({ cn, entry }) => [cn, texts(entry, 'entryUUID')[0]]));
  const localGroups = groups.map(({ cn, entry }) => ({
    cn,
    attributes: localAttributes(entry.attributes, layout, visible),
  }));
  const uids = new Map(people.map(({ uid }) => [layout.localUserDN(uid), uid]));
  const frame = containers(layout);
  const below = [
    ...people.map(({ uid, entry }) => {
      const attributes = localAttributes(entry.attributes, layout, visible);
      return finished('user', layout.localUserDN(uid), attributes, uid, texts(entry, 'entryUUID')[0]);
    }),
    ...shapeGroups(localGroups, layout.groupClasses, (dn) => uids.get(dn)).map(({ cn, attributes }) =>
      finished('group', layout.localGroupDN(cn), attributes, '', uuids.get(cn)),
    ),
  ];
  return new Snapshot([...counted(frame, [...frame, ...below]), ...below], takenAt);
}

interface Person {
  readonly uid: string;
  readonly entry: UpstreamEntry;
}

/** The people that are members and have the one form of name that can be bound (R20, R23). */
function admitted(image: UpstreamImage, layout: Layout, visible: VisibleNames): Person[] {
  const members =
    image.group === undefined ? undefined : new Set(texts(image.group, 'member').map((dn) => visible.keyOf(dn)));
  const seen = new Set<string>();
  return image.users.flatMap((entry): Person[] => {
    const key = visible.keyOf(entry.dn);
    if (seen.has(key) || members?.has(key) === false) return [];
    const uid = canonicalUid(entry, layout, (dn) => visible.keyOf(dn));
    if (uid === undefined) return [];
    seen.add(key);
    return [{ uid, entry }];
  });
}

/**
 * A person's canonical uid: as the entry's attribute spells it, for its name may spell it otherwise. Undefined where the name has
 * another form than `uid=VALUE` directly below the users' container, or no uid value of the entry equals it.
 */
export function uidOf(entry: UpstreamEntry, layout: Layout): string | undefined {
  const names = new VisibleNames();
  return canonicalUid(entry, layout, (dn) => names.keyOf(dn));
}

function canonicalUid(entry: UpstreamEntry, layout: Layout, keyOf: (dn: string) => string): string | undefined {
  if (layout.upstreamName(entry.dn)?.kind !== 'uid') return undefined;
  const key = keyOf(entry.dn);
  return texts(entry, 'uid').find((value) => keyOf(layout.upstreamUserDN(value)) === key);
}

function texts(entry: UpstreamEntry, type: string): string[] {
  const attribute = entry.attributes.find((candidate) => candidate.type.toLowerCase() === type.toLowerCase());
  return (attribute?.values ?? []).map((value) => value.toString('utf8'));
}

/** The groups that have a visible member left: an empty one would tell that there are others (R31). */
function peopled(image: UpstreamImage, layout: Layout, visible: VisibleNames): { cn: string; entry: UpstreamEntry }[] {
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
  return (
    texts(group, 'member').some((dn) => visible.isPerson(dn)) ||
    texts(group, 'uniqueMember').some((dn) => visible.isPerson(withoutOptionalUid(dn))) ||
    texts(group, 'memberUid').some((uid) => visible.isUid(uid))
  );
}
