// The snapshot: everything that clients can ever see, with local names, immutable, built from one complete read of the upstream.
import { createHash } from 'node:crypto';
import type { Layout } from '../layout/layout.js';
import { dnKey, formatDN, parseDN } from '../ldap/dn.js';
import { matchingRule } from '../ldap/matching.js';
import type { Attribute } from '../ldap/message.js';
import { attributeType, DN_SYNTAX, splitDescription } from '../ldap/schema.js';
import { makeEntry, type SnapshotEntry, values } from './entry.js';
import type { UpstreamEntry, UpstreamImage } from './reader.js';
import { View } from './view.js';

export type { SnapshotEntry } from './entry.js';
export { View } from './view.js';

/** The name of the subschema entry, as OpenLDAP has it. */
export const SUBSCHEMA_DN = 'cn=Subschema';

export class Snapshot extends View {
  readonly memberCount: number;
  private readonly byUid = new Map<string, SnapshotEntry>();
  private readonly views = new Map<string, View>();

  constructor(
    entries: readonly SnapshotEntry[],
    /** Milliseconds by the clock of the process. */
    readonly takenAt: number,
  ) {
    super(entries);
    for (const entry of entries) if (entry.kind === 'user') this.byUid.set(entry.uid, entry);
    this.memberCount = this.byUid.size;
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
    const view = new View(
      this.entries.flatMap((entry) => {
        if (entry.kind === 'user') return entry === self ? [entry] : [];
        if (entry.kind !== 'group') return [entry];
        return self === undefined ? [] : onlyMember(entry, self);
      }),
    );
    // Bounded by the members: strangers have no view of their own.
    if (self !== undefined || uid === '') this.views.set(uid, view);
    return view;
  }
}

/** The group as one member sees it, or nothing if it is none. */
function onlyMember(group: SnapshotEntry, self: SnapshotEntry): SnapshotEntry[] {
  let isMember = false;
  const attributes = [...group.attributes.values()].map(({ name, type, values: all }): Attribute => {
    const own = ownName(type?.names[0], self);
    if (own === undefined) return { type: name, values: all };
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
  const people = admitted(image, layout);
  const visible: Visible = { people: new Map(), groups: new Map(), uids: new Set() };
  for (const { uid } of people) {
    visible.people.set(keyOf(layout.upstreamUserDN(uid)), layout.localUserDN(uid));
    visible.uids.add(uid);
  }
  const groups = image.groups.filter((group) => hasVisibleMember(group, visible));
  for (const group of groups) {
    const name = layout.upstreamName(group.dn);
    if (name?.kind === 'cn') visible.groups.set(keyOf(group.dn), layout.localGroupDN(name.value));
  }
  const users = people.map(({ uid, entry }) =>
    finished('user', layout.localUserDN(uid), mapped(entry, layout, visible), uid),
  );
  const groupEntries = groups.flatMap((group) => {
    const local = visible.groups.get(keyOf(group.dn));
    return local === undefined ? [] : [finished('group', local, mapped(group, layout, visible))];
  });
  return new Snapshot([...containers(layout), ...users, ...groupEntries], takenAt);
}

interface Visible {
  /** Local names by the keys of upstream ones. */
  readonly people: Map<string, string>;
  readonly groups: Map<string, string>;
  readonly uids: Set<string>;
}

function keyOf(dn: string): string {
  const parsed = parseDN(dn);
  return parsed === undefined ? '' : dnKey(parsed);
}

/** The people that are members and have the one form of name that can be bound (R20, R23). */
function admitted(image: UpstreamImage, layout: Layout): { uid: string; entry: UpstreamEntry }[] {
  const members = image.group === undefined ? undefined : new Set(texts(image.group, 'member').map(keyOf));
  const seen = new Set<string>();
  return image.users.flatMap((entry) => {
    const uid = uidOf(entry, layout);
    const key = keyOf(entry.dn);
    if (uid === undefined || seen.has(key) || members?.has(key) === false) return [];
    seen.add(key);
    return [{ uid, entry }];
  });
}

/** A person's canonical uid: as the entry spells it, for its name may spell it otherwise. Undefined for a name that cannot be bound. */
export function uidOf(entry: UpstreamEntry, layout: Layout): string | undefined {
  const name = layout.upstreamName(entry.dn);
  if (name?.kind !== 'uid') return undefined;
  const key = keyOf(entry.dn);
  return texts(entry, 'uid').find((value) => keyOf(layout.upstreamUserDN(value)) === key) ?? name.value;
}

function texts(entry: UpstreamEntry, type: string): string[] {
  const attribute = entry.attributes.find((candidate) => candidate.type.toLowerCase() === type.toLowerCase());
  return (attribute?.values ?? []).map((value) => value.toString('utf8'));
}

function hasVisibleMember(group: UpstreamEntry, visible: Visible): boolean {
  return (
    texts(group, 'member').some((dn) => visible.people.has(keyOf(dn))) ||
    texts(group, 'uniqueMember').some((dn) => visible.people.has(keyOf(dn))) ||
    texts(group, 'memberUid').some((uid) => visible.uids.has(uid))
  );
}

/** Upstream's operational attributes that say something about the entry itself; all others are about the upstream server. */
const KEPT_OPERATIONAL = ['createTimestamp', 'modifyTimestamp', 'entryUUID'];

function mapped(entry: UpstreamEntry, layout: Layout, visible: Visible): Attribute[] {
  return entry.attributes.flatMap(({ type, values: all }): Attribute[] => {
    if (layout.isHidden(type)) return [];
    const known = attributeType(splitDescription(type).type);
    if (known?.operational === true && !KEPT_OPERATIONAL.includes(known.names[0])) return [];
    const left = all.flatMap((value): Buffer[] => {
      if (known?.syntax === DN_SYNTAX) return localName(value, visible);
      if (known?.names[0] === 'memberUid') return visible.uids.has(value.toString('utf8')) ? [value] : [];
      return layout.tellsUpstream(value) ? [] : [value];
    });
    return left.length === 0 ? [] : [{ type, values: left }];
  });
}

/** The local name that a DN value leads to, spelt exactly as that entry's own name; nothing for a name that is not visible (R31). */
function localName(value: Buffer, visible: Visible): Buffer[] {
  const key = keyOf(value.toString('utf8'));
  const local = visible.people.get(key) ?? visible.groups.get(key);
  return local === undefined ? [] : [Buffer.from(local, 'utf8')];
}

/** Adds the operational attributes that every entry has (RFC 4512 3.4, RFC 5020, RFC 4530). */
function finished(
  kind: 'user' | 'group' | 'container' | 'base',
  dn: string,
  attributes: readonly Attribute[],
  uid = '',
): SnapshotEntry {
  const own = attributes.filter(({ type }) => type.toLowerCase() !== 'entryuuid');
  const uuid =
    attributes.find(({ type }) => type.toLowerCase() === 'entryuuid')?.values[0]?.toString('latin1') ?? nameUuid(dn);
  const classes = attributes.find(({ type }) => type.toLowerCase() === 'objectclass')?.values ?? [];
  const structural = structuralClass(classes.map((value) => value.toString('latin1')));
  return makeEntry(
    kind,
    dn,
    [
      ...own,
      { type: 'entryDN', values: values(dn) },
      { type: 'entryUUID', values: values(uuid) },
      { type: 'structuralObjectClass', values: values(structural) },
      { type: 'subschemaSubentry', values: values(SUBSCHEMA_DN) },
    ],
    uid,
  );
}

/** From the most to the least specific of those that occur. */
const STRUCTURAL = [
  'inetOrgPerson',
  'organizationalPerson',
  'person',
  'groupOfNames',
  'groupOfUniqueNames',
  'posixGroup',
  'organizationalUnit',
  'organization',
  'domain',
];

function structuralClass(classes: readonly string[]): string {
  const lower = classes.map((name) => name.toLowerCase());
  return STRUCTURAL.find((name) => lower.includes(name.toLowerCase())) ?? classes.at(-1) ?? 'top';
}

/** A UUID that depends on the name alone, so that it outlives restarts and refreshes (in the manner of RFC 9562 5.5). */
function nameUuid(dn: string): string {
  const hash = createHash('sha1').update('jumpgate entry\0').update(keyOf(dn)).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** The base and the containers below it, as entries that browsers can walk. */
function containers(layout: Layout): SnapshotEntry[] {
  const [first] = layout.localBaseDN[0] ?? [];
  const type = attributeType(first?.type ?? '')?.names[0] ?? 'o';
  const classes =
    type === 'dc' ? ['top', 'domain'] : type === 'ou' ? ['top', 'organizationalUnit'] : ['top', 'organization'];
  const base = finished('base', formatDN(layout.localBaseDN), [
    { type: 'objectClass', values: values(...classes) },
    ...(first === undefined ? [] : [{ type, values: values(first.value) }]),
  ]);
  const names = new Map([layout.localUsersDN, layout.localGroupsDN].map((dn) => [dnKey(dn), dn]));
  const units = [...names.values()].map((dn) => {
    const [ava] = dn[0] ?? [];
    const unitType = attributeType(ava?.type ?? '')?.names[0] ?? 'ou';
    return finished('container', formatDN(dn), [
      { type: 'objectClass', values: values('top', 'organizationalUnit') },
      { type: unitType, values: values(ava?.value ?? '') },
    ]);
  });
  return [base, ...units];
}
