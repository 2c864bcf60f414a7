// The people of a read: the union of the gates, in one list for all or few of them; everybody where everybody gets in.
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { ReadError, type UpstreamEntry } from '../directory/reader.js';
import { valuesOf } from '../ldap/attributes.js';
import { dnKey, keyOfName, parseDN } from '../ldap/dn.js';
import { canonicalType } from '../ldap/schema.js';
import { inSlices, type Steps } from '../runtime/cooperative.js';
import { ShardedMap } from '../runtime/sharded-map.js';
import { ALL_ATTRIBUTES, type DirectorySearch } from './directory-search.js';
import { and, anyOf, equal, isClass } from './filters.js';
import { type GateGroups, someOf } from './gate-groups.js';
import { type KnownNames, ListReader, type NamesSource, type ReadList } from './list-reader.js';
import type { BoundClient } from './reader-connection.js';

export interface PeopleReaderOptions {
  readonly search: DirectorySearch;
  readonly gateGroups: GateGroups;
  /** The upstream container of people and groups. */
  readonly usersDN: string;
  readonly everyone: boolean;
}

const PERSON = isClass('inetOrgPerson');
/** With several gates memberOf shows who is in which. It is requested by name, because it is operational with OpenLDAP's memberof overlay. */
const WITH_GATES = [...ALL_ATTRIBUTES, 'memberOf'];
/** Milliseconds, and values between two places where the work may be interrupted. */
const SLICE = 1;
const VALUES_PER_STEP = 64;

/** Reads the members of all gates. Rejects with ReadError if the list is not complete (R79). */
export class PeopleReader {
  /** One for each part of the gates: each keeps how its list can be read. */
  private readonly lists: readonly ListReader[];
  private readonly usersKey: string;

  constructor(private readonly options: PeopleReaderOptions) {
    const { parts } = options.gateGroups;
    this.lists = Array.from(
      { length: Math.max(1, parts.length) },
      () => new ListReader('uid', () => performance.now()),
    );
    this.usersKey = keyOfName(options.usersDN);
  }

  /** `gates`: the groups by configured name. Rejects with a ReadError if the read fails, or if they have members and none can be seen. */
  async read(bound: BoundClient, gates: ReadonlyMap<string, UpstreamEntry>): Promise<ReadList> {
    const { search, gateGroups, everyone } = this.options;
    const questions = search.questions(bound, gateGroups.isOne || gateGroups.areNone ? ALL_ATTRIBUTES : WITH_GATES);
    if (everyone) return this.lists[0]!.read(questions, PERSON);
    const read: ReadList[] = [];
    for (const [i, part] of gateGroups.parts.entries()) {
      const groups = new Map(part.flatMap((name) => groupNamed(gates, name)).map((group) => [group.dn, group]));
      if (groups.size === 0) continue;
      const named = anyOf([...groups.keys()].map((dn) => equal('memberOf', dn)));
      read.push(await this.lists[i]!.read(questions, and(PERSON, named), this.uidsIn([...groups.values()])));
    }
    const all = together(read);
    if (all.entries.length === 0) throw unseen([...gates.keys()]);
    return all;
  }

  private uidsIn(groups: readonly UpstreamEntry[]): NamesSource {
    const [only] = groups;
    if (only !== undefined && groups.length === 1) return this.uidsAmong(valuesOf(only, 'member'));
    const now = () => performance.now();
    return async () => this.uidsAmong(await inSlices(membersOf(groups), SLICE, now, setImmediate));
  }

  /** Of the members that can be bound: `uid=` directly below the container. */
  private uidsAmong(members: readonly Buffer[]): KnownNames {
    const uidIn = (name: string) => {
      const [rdn, ...rest] = parseDN(name) ?? [];
      const [ava, ...more] = rdn ?? [];
      const isPerson = ava !== undefined && more.length === 0 && canonicalType(ava.type) === 'uid';
      return isPerson && dnKey(rest) === this.usersKey ? [ava.value] : [];
    };
    return {
      count: members.length,
      slice: (from, to) => members.slice(from, to).flatMap((value) => uidIn(value.toString('utf8'))),
    };
  }
}

function groupNamed(gates: ReadonlyMap<string, UpstreamEntry>, name: string): UpstreamEntry[] {
  const group = gates.get(name);
  return group === undefined ? [] : [group];
}

/** The members of all groups, each once for each way in which its name is spelt. */
function* membersOf(groups: readonly UpstreamEntry[]): Steps<Buffer[]> {
  const seen = new ShardedMap<true>();
  const members: Buffer[] = [];
  let count = 0;
  for (const group of groups) {
    for (const value of valuesOf(group, 'member')) {
      if (++count % VALUES_PER_STEP === 0) yield;
      const octets = value.toString('latin1');
      if (seen.has(octets)) continue;
      seen.set(octets, true);
      members.push(value);
    }
  }
  return members;
}

/** One list of several, each entry once. */
function together(lists: readonly ReadList[]): ReadList {
  const [only] = lists;
  if (only !== undefined && lists.length === 1) return only;
  const entries = new Map(lists.flatMap((list) => list.entries.map((entry) => [entry.dn, entry] as const)));
  const limit = lists.find((list) => list.limit !== undefined)?.limit;
  return { entries: [...entries.values()], ...(limit === undefined ? {} : { limit }) };
}

function unseen(names: readonly string[]): ReadError {
  const theGroups = names.length === 1 ? `the group ${names[0]} has` : `the groups ${someOf(names)} have`;
  return new ReadError('unseen', `${theGroups} members, but none of them can be seen`);
}
