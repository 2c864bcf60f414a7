// The groups that let people in, as the upstream has them: found by name, and asked whom they list.
import { type Filter, ResultCodeError } from 'ldapts';
import { limitFault, type MissingGroup, ReadError, type UpstreamEntry } from '../directory/reader.js';
import { textsOf, valuesOf } from '../ldap/attributes.js';
import { dnKeyBelow, keyOfName } from '../ldap/dn.js';
import { ALL_ATTRIBUTES, type DirectorySearch } from './directory-search.js';
import { and, anyOf, equal, isClass } from './filters.js';
import type { BoundClient } from './reader-connection.js';

export interface GateGroupsOptions {
  readonly search: DirectorySearch;
  /** The upstream container of people and groups. */
  readonly usersDN: string;
  /** Names of the groups. */
  readonly gates: readonly string[];
  /** True if everybody gets in, also without any of the groups. */
  readonly everyone: boolean;
}

export interface ReadGates {
  /** By configured name: those that exist and have members. */
  readonly gates: ReadonlyMap<string, UpstreamEntry>;
  /** All others. */
  readonly missing: readonly MissingGroup[];
}

const NO_SUCH_OBJECT = 32;
/** Groups that one search names, and the characters of their names: a filter stays below about 16 KB. */
const MOST_GATES = 100;
const MOST_CHARACTERS = 4096;
/** Names of groups in one message. */
const MOST_NAMED = 5;

/** Finds the gates' groups by name and asks for their members. Keeps the groups' DNs between reads. */
export class GateGroups {
  /** The gates as the questions name them: mostly all in one. */
  readonly parts: readonly (readonly string[])[];
  /** The groups' names by the gates', byte for byte as the upstream sent them. */
  private readonly dns = new Map<string, string>();
  private readonly usersKey: string;
  private isLearnt = false;

  constructor(private readonly options: GateGroupsOptions) {
    this.usersKey = keyOfName(options.usersDN);
    this.parts = inParts([...new Set(options.gates)]);
  }

  /** True where only one group decides: the upstream itself then compares the names in `memberOf`. */
  get isOne(): boolean {
    return this.options.gates.length === 1 && !this.options.everyone;
  }

  get areNone(): boolean {
    return this.parts.length === 0;
  }

  /** All groups with their attributes. Rejects with a ReadError if none of them lets anybody in and not everybody gets in. */
  async read(bound: BoundClient): Promise<ReadGates> {
    const { groups, missing } = await this.find(bound, ALL_ATTRIBUTES);
    const gates = new Map([...groups].filter(([, group]) => valuesOf(group, 'member').length > 0));
    const empty = [...groups.keys()].filter((name) => !gates.has(name));
    this.remember(gates);
    if (gates.size === 0 && !this.options.everyone) {
      throw new ReadError(
        'empty-group',
        empty.length === 1 ? `the group ${empty[0]} has no member` : `none of the groups ${someOf(empty)} has a member`,
      );
    }
    return { gates, missing: [...missing, ...empty.map((name) => ({ name, cause: 'empty-group' as const }))] };
  }

  /** Finds the groups before the first look-up, if no read has found them yet. */
  async learn(bound: BoundClient): Promise<void> {
    if (this.areNone || this.isLearnt) return;
    this.remember((await this.find(bound, ['cn'])).groups);
  }

  /** The groups of a part, if they list this name: the upstream compares. */
  listing(part: readonly string[], memberDN: string): Filter {
    return and(...named(part), equal('member', memberDN));
  }

  /** Where only one group decides: its name, as the upstream sent it. */
  get onlyDN(): string | undefined {
    return this.isOne ? this.dns.get(this.options.gates[0]!) : undefined;
  }

  /** Whether the gate's group is among those of these names. */
  isAmong(gate: string, dns: ReadonlySet<string>): boolean {
    const dn = this.dns.get(gate);
    return dn !== undefined && dns.has(dn);
  }

  /** The gates that an entry's own `memberOf` names, of all or of those whose groups are `among` these. Compared by keys, without a question. */
  namedBy(entry: UpstreamEntry, among?: ReadonlySet<string>): string[] {
    const candidates = [...this.dns].filter(([, dn]) => among?.has(dn) !== false);
    const names = new Set(textsOf(entry, 'memberOf'));
    const areExact = candidates.every(([, dn]) => names.has(dn));
    const keys = areExact ? new Set<string>() : new Set([...names].map(keyOfName));
    return candidates.filter(([, dn]) => names.has(dn) || keys.has(keyOfName(dn))).map(([gate]) => gate);
  }

  /** A group that is missing now keeps its name: the upstream then says of nobody that it lists them. */
  private remember(groups: ReadonlyMap<string, UpstreamEntry>): void {
    for (const [gate, { dn }] of groups) this.dns.set(gate, dn);
    if (groups.size > 0) this.isLearnt = true;
  }

  /** By configured name. Rejects with a ReadError if there is none and not everybody gets in, or if two have one name. */
  private async find(
    bound: BoundClient,
    attributes: readonly string[],
  ): Promise<{ groups: Map<string, UpstreamEntry>; missing: MissingGroup[] }> {
    const { gates, everyone } = this.options;
    const found = new Map<string, UpstreamEntry>();
    for (const part of this.parts)
      for (const group of await this.ask(bound, part, attributes)) found.set(group.dn, group);
    const byKey = new Map<string, UpstreamEntry[]>();
    for (const group of found.values()) {
      const key = keyOfName(group.dn);
      byKey.set(key, [...(byKey.get(key) ?? []), group]);
    }
    const groups = new Map<string, UpstreamEntry>();
    for (const name of gates) {
      const [group, second] = byKey.get(keyOfGroup(name, this.usersKey)) ?? [];
      if (second !== undefined) throw new ReadError('failed', `there are several groups named ${name}`);
      if (group !== undefined) groups.set(name, group);
    }
    if (groups.size === 0 && !everyone) throw noGroup(gates, [...found.keys()]);
    const missing = gates.filter((name) => !groups.has(name)).map((name) => ({ name, cause: 'no-group' as const }));
    return { groups, missing };
  }

  private async ask(
    bound: BoundClient,
    names: readonly string[],
    attributes: readonly string[],
  ): Promise<readonly UpstreamEntry[]> {
    const { search, usersDN } = this.options;
    try {
      const listed = await search.part(bound, and(...named(names)), attributes);
      if (listed.kind === 'entries') return listed.entries;
      if (names.length === 1) throw limitFault(listed.limit, 'even for a single name');
    } catch (error) {
      if (!(error instanceof ResultCodeError) || error.code !== NO_SUCH_OBJECT) throw error;
      throw new ReadError('no-base', `the base ${usersDN} is not there, or the reader may not see it`);
    }
    // The upstream ends a search after fewer entries.
    const half = Math.ceil(names.length / 2);
    const before = await this.ask(bound, names.slice(0, half), attributes);
    return [...before, ...(await this.ask(bound, names.slice(half), attributes))];
  }
}

function named(gates: readonly string[]): Filter[] {
  return [isClass('groupOfNames'), anyOf(gates.map((name) => equal('cn', name)))];
}

function inParts(names: readonly string[]): string[][] {
  const parts: string[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const last = parts.at(-1);
    if (last === undefined || last.length >= MOST_GATES || characters + name.length > MOST_CHARACTERS) {
      parts.push([name]);
      characters = name.length;
    } else {
      last.push(name);
      characters += name.length;
    }
  }
  return parts;
}

function noGroup(names: readonly string[], found: readonly string[]): ReadError {
  const alike = found.length === 0 ? '' : ` (the upstream found ${found.join('; ')}, which is another name)`;
  const [name] = names;
  if (names.length === 1)
    return new ReadError('no-group', `there is no group ${name}, or the reader may not see it${alike}`);
  return new ReadError(
    'no-group',
    `none of the groups ${someOf(names)} exists, or the reader may not see them${alike}`,
  );
}

/** Some names for a message. */
export function someOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** dnKey of the group whose own name is this cn. */
function keyOfGroup(name: string, usersKey: string): string {
  return dnKeyBelow([{ type: 'cn', value: name }], usersKey);
}

/**
 * True for the group whose own name is this cn. The upstream may have found it by a further value of cn, or by a looser comparison than
 * ours. `usersKey`: dnKey of the container.
 */
export function isGroupNamed(dn: string, name: string, usersKey: string): boolean {
  return keyOfName(dn) === keyOfGroup(name, usersKey);
}
