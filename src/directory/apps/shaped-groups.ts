// The groups of an app in the shapes that it asks for: what `shapeGroups` makes of a snapshot's groups, without a list of members for each app.
import type { GroupClass, Layout } from '../../layout/layout.js';
import { values } from '../../ldap/values.js';
import type { Steps } from '../../runtime/cooperative.js';
import { SnapshotAttribute } from '../attribute.js';
import type { SnapshotEntry } from '../entry.js';
import { derivedGid, namesake, SHAPED } from '../group-shapes.js';
import type { AppAttributes, GroupShape } from './app-attributes.js';
import type { BaseGroup, Places } from './base-facts.js';

/** Values between two places where the work may be interrupted. */
const VALUES_PER_STEP = 256;

/** A group that has members by name, with the classes that are configured. */
export class ShapedGroup implements GroupShape {
  /** The attributes that the classes bring along. */
  readonly keys: readonly string[];

  constructor(
    private readonly app: AppAttributes,
    private readonly classes: readonly GroupClass[],
    readonly entry: SnapshotEntry,
    private readonly members: Places,
    /** '' without posixGroup. */
    readonly gid: string,
  ) {
    const made = [
      ...(classes.includes('groupOfNames') ? ['member'] : []),
      ...(classes.includes('groupOfUniqueNames') ? ['uniquemember'] : []),
      ...(classes.includes('posixGroup') ? ['gidnumber', 'memberuid'] : []),
    ];
    this.keys = ['objectclass', ...made.filter((key) => !app.isHidden(key))];
  }

  drops(key: string): boolean {
    return SHAPED.includes(key);
  }

  attribute(key: string): SnapshotAttribute | undefined {
    const { app, members } = this;
    switch (key) {
      case 'objectclass':
        return classesOf(app, this.classes);
      case 'member':
        return this.names('member');
      case 'uniquemember':
        return this.names('uniqueMember');
      case 'gidnumber':
        return new SnapshotAttribute('gidNumber', app.type('gidNumber'), values(this.gid));
      case 'memberuid': {
        const uidAt = (i: number) => app.places.uidAt(members[i]!);
        const has = (uid: string) => app.places.hasUid(members, uid);
        // Of very many members one is a person: groups of nobody but groups have no such list, and are not as large.
        return app.listed('memberUid', app.type('memberUid'), members, uidAt, has, () => `uids ${this.entry.place}`);
      }
      default:
        return undefined;
    }
  }

  private names(name: string): SnapshotAttribute | undefined {
    const { app, members } = this;
    const nameAt = (i: number) => app.places.nameAt(members[i]!);
    const has = (dn: string) => app.places.hasName(members, dn);
    return app.listed(name, app.type(name), members, nameAt, has, () => `names ${this.entry.place}`);
  }
}

/** The objectClass of all shaped groups of an app. */
export function classesOf(app: AppAttributes, classes: readonly GroupClass[]): SnapshotAttribute {
  const make = () => new SnapshotAttribute('objectClass', app.type('objectClass'), values('top', ...classes));
  return app.share('shape', make) ?? make();
}

interface Twin {
  readonly cn: string;
  readonly group: BaseGroup;
  readonly people: Places;
}

export interface Shapes {
  readonly shapes: ReadonlyMap<SnapshotEntry, ShapedGroup>;
  /** Groups that another one has taken in. */
  readonly folded: ReadonlySet<BaseGroup>;
}

/** Shapes the groups that an app shows; see `shapeGroups`. */
export function* shapesOf(groups: readonly BaseGroup[], app: AppAttributes, layout: Layout): Steps<Shapes> {
  const classes = layout.groupClasses;
  const isPosix = classes.includes('posixGroup');
  const hidesMembers = layout.isHidden('member');
  const named: { readonly group: BaseGroup; readonly members: Places }[] = [];
  const twins: Twin[] = [];
  for (const group of groups) {
    const members = hidesMembers ? undefined : group.lists.get('member');
    if (members !== undefined && (yield* someShown(members, (place) => app.places.has(place))))
      named.push({ group, members });
    else {
      const people = layout.isHidden('memberUid') ? undefined : group.lists.get('memberuid');
      if (people !== undefined && (yield* someShown(people, (place) => app.places.has(place))))
        twins.push({ cn: group.cn, group, people });
    }
  }
  const gidsOf = ({ entry }: BaseGroup) =>
    (app.before(entry, 'gidnumber')?.values ?? []).map((value) => value.toString('utf8'));
  const bySum = new Map<string, Twin[]>();
  const taken = new Set<string>();
  if (isPosix) {
    for (const twin of twins) {
      for (const gid of gidsOf(twin.group)) taken.add(gid);
      const sum = yield* sumOf(twin.people, app);
      bySum.set(sum, [...(bySum.get(sum) ?? []), twin]);
    }
  }
  const shapes = new Map<SnapshotEntry, ShapedGroup>();
  const folded = new Set<BaseGroup>();
  for (const { group, members } of named) {
    let gid = '';
    if (isPosix) {
      const alike: Twin[] = [];
      for (const twin of bySum.get(yield* sumOf(members, app)) ?? [])
        if (yield* haveSamePeople(members, twin.people, app)) alike.push(twin);
      const twin = namesake(group.cn, alike);
      if (twin !== undefined) folded.add(twin.group);
      gid = gidsOf(group)[0] ?? (twin && gidsOf(twin.group)[0]) ?? derivedGid(group.cn, taken);
    }
    shapes.set(group.entry, new ShapedGroup(app, classes, group.entry, members, gid));
    yield;
  }
  return { shapes, folded };
}

/** True if one of these places is what is asked for. */
export function* someShown(places: Places, isAsked: (place: number) => boolean): Steps<boolean> {
  for (let i = 0; i < places.length; i++) {
    if (isAsked(places[i]!)) return true;
    if ((i + 1) % VALUES_PER_STEP === 0) yield;
  }
  return false;
}

/** The same for lists of the same people in whatever order, and hardly ever for others. */
function* sumOf(places: Places, app: AppAttributes): Steps<string> {
  let [count, one, other] = [0, 0, 0];
  for (let i = 0; i < places.length; i++) {
    if ((i + 1) % VALUES_PER_STEP === 0) yield;
    const place = places[i]!;
    if (!isPerson(place, app)) continue;
    count++;
    one += Math.imul(place + 1, 0x9e3779b1) >>> 0;
    other += Math.imul(place ^ 0x5bd1e995, 0x85ebca6b) >>> 0;
  }
  return `${count} ${one} ${other}`;
}

/** Exactly: each as often in the one as in the other. */
function* haveSamePeople(places: Places, others: Places, app: AppAttributes): Steps<boolean> {
  const counts = new Int32Array(app.places.entries.length);
  let count = 0;
  for (const [list, sign] of [
    [places, 1],
    [others, -1],
  ] as const) {
    for (const place of list) {
      if (++count % VALUES_PER_STEP === 0) yield;
      if (isPerson(place, app)) counts[place]! += sign;
    }
  }
  for (const list of [places, others]) {
    for (const place of list) {
      if (++count % VALUES_PER_STEP === 0) yield;
      if (place >= 0 && counts[place] !== 0) return false;
    }
  }
  return true;
}

function isPerson(place: number, app: AppAttributes): boolean {
  return place >= 0 && app.places.entries[place]?.kind === 'user';
}

/** True if the app shows a group: it has a person of the app among its members. */
export function* isShown({ lists }: BaseGroup, isPerson: Uint8Array): Steps<boolean> {
  for (const places of lists.values()) if (yield* someShown(places, (place) => isPerson[place] === 1)) return true;
  return false;
}
