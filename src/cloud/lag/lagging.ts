// Whom JumpCloud has not finished, and since when. What only one comparison has found may have happened in the midst of it: it waits for the next.
import type { Steps } from '../../runtime/cooperative.js';
import { ShardedMap } from '../../runtime/sharded-map.js';
import type { Difference } from './group-difference.js';
import { keyOfUser } from './known-users.js';

/** `missing`: should be in LDAP and is not yet; `left`: is in LDAP still and should not be. */
export type Direction = 'missing' | 'left';

export const DIRECTIONS: readonly Direction[] = ['missing', 'left'];

export interface Lagging {
  readonly name: string;
  /** The first of the groups that it is so in. */
  readonly group: string;
  /** When it was seen first: milliseconds since 1970. */
  readonly since: number;
}

interface Kept extends Lagging {
  readonly direction: Direction;
  /** When the API had told it first: by the clock. */
  readonly toldAt: number;
  /** Seen twice. */
  readonly isSure: boolean;
}

export interface LaggingList {
  readonly count: number;
  /** The oldest of them, at most a hundred. */
  readonly some: readonly Lagging[];
}

export interface Found extends Difference {
  readonly group: string;
}

/** Names that are listed. */
const LISTED = 100;
/** Members that LDAP lacks or still has, with the time since when. A name counts after two comparisons. */
export class LaggingMembers {
  private kept = new ShardedMap<Kept>();
  private lists: Readonly<Record<Direction, LaggingList>> = NONE;
  /** The next comparison needs a read of LDAP from this time or later, because some names were seen only once: by the clock. */
  unsureUntil: number | undefined;

  /** `longestRead`: milliseconds that a read of LDAP may take; what began to be read before the API had told says nothing. */
  constructor(private readonly longestRead: number) {}

  /** Of those who are sure. */
  list(direction: Direction): LaggingList {
    return this.lists[direction];
  }

  /** When the oldest of them was seen first. */
  get oldest(): number | undefined {
    const times = DIRECTIONS.flatMap((direction) => this.lists[direction].some[0]?.since ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** What is sure about somebody. */
  of(direction: Direction, name: string): Lagging | undefined {
    const kept = this.kept.get(keyOf(direction, name));
    return kept?.isSure === true ? kept : undefined;
  }

  /** Nothing is known of before. */
  forget(): void {
    this.kept = new ShardedMap();
    this.lists = NONE;
    this.unsureUntil = undefined;
  }

  /** What one comparison has found, of all groups, in LDAP as it was read after `unsureUntil`. `now`: milliseconds since 1970. */
  *compare(found: readonly Found[], now: number): Steps<void> {
    const kept = new ShardedMap<Kept>();
    const lists = { missing: new List(), left: new List() };
    let unsureUntil: number | undefined;
    for (const difference of found) {
      for (const direction of DIRECTIONS) {
        for (const name of difference[direction]) {
          yield;
          const key = keyOf(direction, name);
          // Somebody in two groups is one.
          if (kept.has(key)) continue;
          const one = this.seen(key, { direction, name, now, difference });
          kept.set(key, one);
          if (one.isSure) lists[direction].add(one);
          else unsureUntil = Math.max(unsureUntil ?? 0, one.toldAt + this.longestRead);
        }
      }
    }
    this.kept = kept;
    this.lists = { missing: lists.missing.list(), left: lists.left.list() };
    this.unsureUntil = unsureUntil;
  }

  private seen(
    key: string,
    { direction, name, now, difference }: { direction: Direction; name: string; now: number; difference: Found },
  ): Kept {
    const { group, toldAt } = difference;
    const before = this.kept.get(key);
    if (before === undefined) return { direction, name, group, since: now, toldAt, isSure: false };
    return { ...before, name, group, isSure: true };
  }
}

const NONE = { missing: { count: 0, some: [] }, left: { count: 0, some: [] } };

/** The oldest of many, without all of them in order. */
class List {
  private count = 0;
  private readonly oldest: Lagging[] = [];

  add({ name, group, since }: Kept): void {
    this.count++;
    const { oldest } = this;
    const last = oldest.at(-1);
    if (oldest.length >= LISTED && last !== undefined && last.since <= since) return;
    const place = oldest.findLastIndex((one) => one.since <= since) + 1;
    oldest.splice(place, 0, { name, group, since });
    if (oldest.length > LISTED) oldest.pop();
  }

  list(): LaggingList {
    return { count: this.count, some: this.oldest };
  }
}

function keyOf(direction: Direction, name: string): string {
  return `${direction} ${keyOfUser(name)}`;
}
