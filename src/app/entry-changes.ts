// The difference between the entries of one app by two configurations, in counts and by the names of attributes and classes, without values.
import type { SnapshotEntry } from '../directory/entry.js';

/** In how many entries that both have. */
interface Counts {
  appears: number;
  vanishes: number;
  changes: number;
}

export interface NamedCounts extends Readonly<Counts> {
  readonly name: string;
}

export interface EntryChanges {
  readonly isAny: boolean;
  /** Entries that only one side has: people by their uid, groups by their cn. */
  readonly appear: number;
  readonly vanish: number;
  /** Whose DN is another one. */
  readonly renamed: number;
  /** The groups among those that appear or vanish. */
  readonly groups: { readonly appear: readonly string[]; readonly vanish: readonly string[] };
  readonly attributes: readonly NamedCounts[];
  /** Object classes. They change for nobody: they appear or vanish. */
  readonly classes: readonly NamedCounts[];
}

/** Groups that are named. */
const MOST_GROUPS = 100;

/** Compares the entries of one app before and after. Returns counts, and names of attributes and classes; never values. */
export function entryChanges(before: readonly SnapshotEntry[], after: readonly SnapshotEntry[]): EntryChanges {
  const old = byIdentity(before);
  const now = before === after ? old : byIdentity(after);
  const appear = [...now.keys()].filter((identity) => !old.has(identity));
  const vanish = [...old.keys()].filter((identity) => !now.has(identity));
  const attributes = new Map<string, Counts>();
  const classes = new Map<string, Counts>();
  let renamed = 0;
  for (const [identity, entry] of now) {
    const was = old.get(identity);
    if (was === undefined || was === entry) continue;
    if (was.dn !== entry.dn) renamed++;
    compare(was, entry, attributes, classes);
  }
  return {
    isAny: appear.length + vanish.length + renamed + attributes.size > 0,
    appear: appear.length,
    vanish: vanish.length,
    renamed,
    groups: { appear: groupsAmong(appear), vanish: groupsAmong(vanish) },
    attributes: named(attributes),
    classes: named(classes),
  };
}

/** The same entry has another DN where the base, the containers or the face differ. */
function byIdentity(entries: readonly SnapshotEntry[]): Map<string, SnapshotEntry> {
  return new Map(entries.map((entry) => [identityOf(entry), entry]));
}

function identityOf({ kind, uid, dn, attributes }: SnapshotEntry): string {
  switch (kind) {
    case 'user':
      return `user ${uid}`;
    case 'group':
      return `group ${attributes.get('cn')?.values[0]?.toString('utf8') ?? dn}`;
    case 'container':
      return `container ${dn.split(',', 1)[0]}`;
    default:
      return kind;
  }
}

function groupsAmong(identities: readonly string[]): string[] {
  const groups = identities.filter((identity) => identity.startsWith('group '));
  return groups
    .map((identity) => identity.slice('group '.length))
    .sort()
    .slice(0, MOST_GROUPS);
}

function compare(
  was: SnapshotEntry,
  is: SnapshotEntry,
  attributes: Map<string, Counts>,
  classes: Map<string, Counts>,
): void {
  for (const key of new Set([...was.attributes.keys(), ...is.attributes.keys()])) {
    const old = was.attributes.get(key);
    const now = is.attributes.get(key);
    // entryDN says what the DN does.
    if (key === 'entrydn') continue;
    if (old === undefined || now === undefined) {
      count(attributes, (now ?? old)!.name, now === undefined ? 'vanishes' : 'appears');
      continue;
    }
    if (sameValues(old.values, now.values)) continue;
    count(attributes, now.name, 'changes');
    if (key === 'objectclass') compareClasses(texts(old.values), texts(now.values), classes);
  }
}

function compareClasses(old: readonly string[], now: readonly string[], classes: Map<string, Counts>): void {
  for (const name of now) if (!old.includes(name)) count(classes, name, 'appears');
  for (const name of old) if (!now.includes(name)) count(classes, name, 'vanishes');
}

/** Their order says nothing (RFC 4512 2.2). */
function sameValues(old: readonly Buffer[], now: readonly Buffer[]): boolean {
  if (old === now) return true;
  if (old.length !== now.length) return false;
  if (old.every((value, i) => value.equals(now[i]!))) return true;
  const values = new Set(old.map((value) => value.toString('latin1')));
  return now.every((value) => values.has(value.toString('latin1')));
}

function texts(values: readonly Buffer[]): string[] {
  return values.map((value) => value.toString('utf8'));
}

function count(counts: Map<string, Counts>, name: string, what: keyof Counts): void {
  const known = counts.get(name) ?? { appears: 0, vanishes: 0, changes: 0 };
  known[what]++;
  counts.set(name, known);
}

function named(counts: ReadonlyMap<string, Counts>): NamedCounts[] {
  return [...counts].map(([name, of]) => ({ name, ...of })).sort((a, b) => a.name.localeCompare(b.name));
}
