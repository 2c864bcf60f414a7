// The members of one group by JumpCloud's API against those that its LDAP has: who is missing there, and who is there still.
import type { Steps } from '../../runtime/cooperative.js';
import { ShardedMap } from '../../runtime/sharded-map.js';
import { type CloudApi, CloudError, type CloudGroup } from '../ports.js';
import { chosen, type InSlices, type KnownUsers, keyOfUser } from './known-users.js';

/** What LDAP said when it was read last. */
export interface LdapMembers {
  /** When it was read: by the clock. */
  readonly takenAt: number;
  /** The names of those in a group: none for one that is not there. */
  readonly namesIn: (group: string) => Iterable<string | undefined>;
  /** Names that are shown to nobody, for several accounts have them. */
  readonly isAmbiguous: (name: string) => boolean;
}

/**
 * `no-group`: the console has none of this name; `other-name`: it has another one in LDAP; `not-in-ldap`: it is not bound to LDAP;
 * `no-directory`: LDAP was not read.
 */
export type NotCompared = 'no-group' | 'other-name' | 'not-in-ldap' | 'no-directory' | 'too-large';

export interface Difference {
  /** JumpCloud's names of those who should be in LDAP and are not. */
  readonly missing: readonly string[];
  /** LDAP's names of those whom JumpCloud has no longer in the group. */
  readonly left: readonly string[];
  /** When the API had told its members: by the clock. */
  readonly toldAt: number;
}

export interface DifferenceParts {
  readonly api: CloudApi;
  readonly users: KnownUsers;
  readonly ldap: () => LdapMembers | undefined;
  readonly inSlices: InSlices;
  readonly clock: () => number;
  /** A difference that is known already: it is not asked about again. */
  readonly isKnown: (name: string) => boolean;
}

interface BoundGroup {
  readonly group: CloudGroup;
  readonly servers: readonly string[];
}

/** Milliseconds for which the ID and the bindings of a group are kept. */
const KEPT = 900_000;
/** Members of a group: beyond, it is not compared. */
const MOST_MEMBERS = 25_000;
/** Those whom the list lacks and whose own groups are looked at: a page of it may have slipped. */
const MOST_LOOKED_AT = 10;

/** Compares one group at a time. `calls` counts the API calls made. */
export class GroupDifferences {
  /** Calls that were made, beside those of `users`. */
  calls = 0;
  private readonly groups = new Map<string, { readonly bound: BoundGroup; readonly until: number }>();

  constructor(private readonly parts: DifferenceParts) {}

  /** Only these are asked about from now on. */
  keep(names: readonly string[]): void {
    for (const name of this.groups.keys()) if (!names.includes(name)) this.groups.delete(name);
  }

  /** Rejects with a CloudError. */
  async of(name: string): Promise<Difference | NotCompared> {
    const bound = await this.boundGroup(name);
    if (typeof bound === 'string') return bound;
    const { users, ldap, inSlices, clock } = this.parts;
    const ids = await this.members(name, bound.group.id);
    if (ids === undefined) return 'too-large';
    const toldAt = clock();
    await users.learn(await inSlices(chosen(ids, (id) => users.nameOf(id) === undefined)));
    const before = ldap();
    if (before === undefined) return 'no-directory';
    const suspects = await inSlices(this.suspects(ids, await inSlices(keysIn(before, name)), before));
    const asked = await inSlices(chosen(suspects, (id) => !users.isUnexpected(id)));
    if (asked.length > 0) await users.look(asked, bound.servers);
    // Names may be other ones now, and LDAP may have been read again.
    const now = ldap() ?? before;
    const inLdap = await inSlices(keysIn(now, name));
    const missing = await inSlices(this.suspects(ids, inLdap, now));
    const expected = await inSlices(chosen(missing, (id) => users.isExpected(id, toldAt)));
    const left = await inSlices(this.left(ids, inLdap));
    return {
      missing: await inSlices(this.namesOf(expected)),
      left: await this.confirmed(left, bound.group.id),
      toldAt,
    };
  }

  private *namesOf(ids: readonly string[]): Steps<string[]> {
    const names: string[] = [];
    for (const id of ids) {
      names.push(this.parts.users.nameOf(id) ?? '');
      yield;
    }
    return names;
  }

  private async boundGroup(name: string): Promise<BoundGroup | NotCompared> {
    const { api, clock } = this.parts;
    const known = this.groups.get(name);
    if (known !== undefined && clock() < known.until) return known.bound;
    this.groups.delete(name);
    this.calls++;
    const group = await api.groupNamed('lag', name);
    if (group === undefined) return 'no-group';
    const isCalledSo = group.ldapNames.some((other) => other.toLowerCase() === name.toLowerCase());
    if (group.ldapNames.length > 0 && !isCalledSo) return 'other-name';
    this.calls++;
    const bindings = await api.bindingsOfGroup('lag', group.id);
    if (bindings.length === 0) return 'not-in-ldap';
    const bound = { group, servers: bindings.map(({ serverId }) => serverId) };
    this.groups.set(name, { bound, until: clock() + KEPT });
    return bound;
  }

  private async members(name: string, id: string): Promise<readonly string[] | undefined> {
    const ids: string[] = [];
    try {
      for await (const page of this.parts.api.membersOfGroup('lag', id)) {
        this.calls++;
        ids.push(...page);
        if (ids.length >= MOST_MEMBERS) return undefined;
      }
      return ids;
    } catch (error) {
      // It may be another one of the same name by now.
      if (error instanceof CloudError && error.status === 404) this.groups.delete(name);
      throw error;
    }
  }

  /** Members by the API whom LDAP has not in the group; each once. */
  private *suspects(ids: readonly string[], inLdap: ShardedMap<string>, ldap: LdapMembers): Steps<string[]> {
    const { users } = this.parts;
    const seen = new ShardedMap<true>();
    const found: string[] = [];
    for (const id of ids) {
      yield;
      const name = users.nameOf(id) ?? '';
      if (name === '' || seen.has(id) || inLdap.has(keyOfUser(name)) || ldap.isAmbiguous(name)) continue;
      seen.set(id, true);
      found.push(id);
    }
    return found;
  }

  /** Names in LDAP that no member has by the API. */
  private *left(ids: readonly string[], inLdap: ShardedMap<string>): Steps<string[]> {
    const { users } = this.parts;
    const members = new ShardedMap<true>();
    for (const id of ids) {
      members.set(keyOfUser(users.nameOf(id) ?? ''), true);
      yield;
    }
    const found: string[] = [];
    for (const [key, name] of inLdap.entries()) {
      if (!members.has(key)) found.push(name);
      yield;
    }
    return found;
  }

  /** Without those whose own groups say otherwise. */
  private async confirmed(names: readonly string[], group: string): Promise<readonly string[]> {
    const { api, isKnown, inSlices } = this.parts;
    const fresh = await inSlices(chosen(names, (name) => !isKnown(name)));
    if (fresh.length === 0 || fresh.length > MOST_LOOKED_AT) return names;
    const members = new Set<string>();
    for (const name of fresh) {
      this.calls++;
      const user = await api.user('lag', name);
      if (user === undefined) continue;
      this.calls++;
      if ((await api.groupsOfUser('lag', user.id)).includes(group)) members.add(name);
    }
    return members.size === 0 ? names : inSlices(chosen(names, (name) => !members.has(name)));
  }
}

/** The names of a group in LDAP by their keys. */
function* keysIn(ldap: LdapMembers, group: string): Steps<ShardedMap<string>> {
  const names = new ShardedMap<string>();
  for (const name of ldap.namesIn(group)) {
    if (name !== undefined) names.set(keyOfUser(name), name);
    yield;
  }
  return names;
}
