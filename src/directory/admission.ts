// Who of an image gets into the snapshot, and through which gates. Pure.
import type { Layout } from '../layout/layout.js';
import { VisibleNames } from '../layout/visible-names.js';
import { textsOf, valuesOf } from '../ldap/attributes.js';
import { keyOfName } from '../ldap/dn.js';
import type { Steps } from '../runtime/cooperative.js';
import { ShardedMap } from '../runtime/sharded-map.js';
import { type Gates, GatesBuilder, setBit, wordsFor } from './gates.js';
import type { UpstreamEntry, UpstreamImage } from './reader.js';
import type { Twins } from './twins.js';

interface Person {
  readonly uid: string;
  readonly entry: UpstreamEntry;
  /** Number of the combination of gates. */
  readonly gates: number;
}

export interface Admitted {
  readonly people: readonly Pick<Person, 'uid' | 'entry'>[];
  readonly twins: readonly Twins[];
  /** `members`: the people by their uids, as the snapshot has them anyway. */
  readonly gatesOf: (members: Pick<ShardedMap<unknown>, 'get'>) => Gates;
}

/**
 * The people who are in at least one gate, or all with `everyone`, and have the one form of name that can be bound, each with a name of its
 * own (R20, R23).
 */
export function* admitMembers(image: UpstreamImage, layout: Layout, visible: VisibleNames): Steps<Admitted> {
  const lists = yield* GateLists.of(image, visible);
  const builder = new GatesBuilder(lists.names);
  const keyOf = (dn: string) => visible.keyOf(dn);
  const first = new ShardedMap<Person>();
  const several = new Map<string, Person[]>();
  for (const entry of image.users) {
    yield;
    const key = visible.keyOf(entry.dn);
    const bits = yield* lists.gatesOf(entry, key);
    if (!image.everyone && bits.every((word) => word === 0)) continue;
    const uid = canonicalUid(entry, layout, keyOf);
    if (uid === undefined) continue;
    const person = { uid, entry, gates: builder.numberOf(bits) };
    const before = first.get(key);
    if (before === undefined) first.set(key, person);
    // One entry may come twice if the directory changes between two pages.
    else if (before.entry.dn !== entry.dn) several.set(key, [...(several.get(key) ?? [before]), person]);
  }
  const people: Person[] = [];
  const numbers = new ShardedMap<number>();
  for (const entry of image.users) {
    yield;
    const key = visible.keyOf(entry.dn);
    const person = first.get(key);
    if (person?.entry !== entry || several.has(key)) continue;
    people.push(person);
    builder.count(person.gates);
    if (!lists.isPlain) numbers.set(person.uid, person.gates);
  }
  return {
    people,
    twins: [...several.values()].map((persons) => twinsOf(persons, layout)),
    gatesOf: (members) => (lists.isPlain ? builder.gatesOfOne(members) : builder.gates(numbers)),
  };
}

/** Values between two places where the work may be interrupted. */
const VALUES_PER_STEP = 64;

/** Which people the gates list, by dnKeys. One bit for each person and gate, because there may be 20,000 people and 40 gates. */
class GateLists {
  /** True with one gate, or none: everybody in the image was read for it and is in it. */
  readonly isPlain: boolean;
  readonly names: readonly string[];
  private readonly words: number;
  private readonly places = new ShardedMap<number>();
  private readonly listed: Uint32Array;
  /** The gates by the dnKeys of their groups: two configured names may mean one group. */
  private readonly gatesByKey = new Map<string, number[]>();
  /** The answer for one person. */
  private readonly bits: Uint32Array;

  static *of(image: UpstreamImage, visible: VisibleNames): Steps<GateLists> {
    const lists = new GateLists(image, visible);
    yield* lists.fill(image);
    return lists;
  }

  private constructor(
    { gates, everyone, users }: UpstreamImage,
    private readonly visible: VisibleNames,
  ) {
    this.names = [...gates.keys()];
    this.isPlain = gates.size + (everyone ? 1 : 0) <= 1;
    this.words = wordsFor(gates.size);
    this.listed = new Uint32Array(users.length * this.words);
    this.bits = new Uint32Array(this.words);
  }

  private *fill({ gates, users }: UpstreamImage): Steps<void> {
    if (gates.size === 0) return;
    for (const { dn } of users) {
      const key = this.visible.keyOf(dn);
      if (!this.places.has(key)) this.places.set(key, this.places.size * this.words);
      yield;
    }
    for (const [gate, group] of [...gates.values()].entries()) {
      const key = this.visible.keyOf(group.dn);
      this.gatesByKey.set(key, [...(this.gatesByKey.get(key) ?? []), gate]);
      for (const value of valuesOf(group, 'member')) {
        const place = this.places.get(this.visible.keyOf(value.toString('utf8')));
        if (place !== undefined) setBit(this.listed, place, gate);
        yield;
      }
    }
  }

  /**
   * A bit for each gate that lists the person and that the person's own `memberOf` names; valid until the next call. Where there is only
   * one gate, the upstream has compared `memberOf`. `key`: the dnKey of the entry's name.
   */
  *gatesOf(entry: UpstreamEntry, key: string): Steps<Uint32Array> {
    const { bits, words } = this;
    const place = this.places.get(key);
    bits.fill(0);
    if (place === undefined) return bits;
    if (!this.isPlain) yield* this.markOwn(entry);
    for (let i = 0; i < words; i++) bits[i] = this.listed[place + i]! & (this.isPlain ? -1 : bits[i]!);
    return bits;
  }

  private *markOwn(entry: UpstreamEntry): Steps<void> {
    let count = 0;
    for (const name of valuesOf(entry, 'memberOf')) {
      if (++count % VALUES_PER_STEP === 0) yield;
      const gates = this.gatesByKey.get(this.visible.keyOf(name.toString('utf8')));
      if (gates !== undefined) for (const gate of gates) setBit(this.bits, 0, gate);
    }
  }
}

function twinsOf(persons: readonly Person[], layout: Layout): Twins {
  return {
    key: keyOfName(layout.localUserDN(persons[0]?.uid ?? '')),
    uids: persons.map(({ uid }) => uid),
    upstreamDNs: persons.map(({ entry }) => entry.dn),
  };
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
  return textsOf(entry, 'uid').find((value) => keyOf(layout.upstreamUserDN(value)) === key);
}
