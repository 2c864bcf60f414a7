// The reader: searches the upstream as the LDAP binding user, over ldapts. No user's password ever goes this way.
import { performance } from 'node:perf_hooks';
import { AndFilter, EqualityFilter, type Filter, OrFilter, ResultCodeError } from 'ldapts';
import {
  type FoundPerson,
  ReadError,
  type Reader,
  type UpstreamEntry,
  type UpstreamImage,
} from '../directory/reader.js';
import { textsOf, valuesOf } from '../ldap/attributes.js';
import { dnKey, dnKeyBelow, formatRDN, keyOfName, parseDN } from '../ldap/dn.js';
import { canonicalType } from '../ldap/schema.js';
import type { Dialer } from './dialer.js';
import { ALL_ATTRIBUTES, DirectorySearch } from './directory-search.js';
import type { UpstreamEndpoint } from './endpoint.js';
import { EndpointHealth } from './health.js';
import { type KnownNames, ListReader } from './list-reader.js';
import { keyOfLimit, type ReadLimits } from './read-meter.js';
import { ReaderBackoff } from './reader-backoff.js';
import { type BoundClient, ReaderConnection } from './reader-connection.js';
import { SubschemaReader } from './subschema-reader.js';

export interface LdaptsReaderOptions {
  readonly endpoints: readonly UpstreamEndpoint[];
  readonly dialer: Dialer;
  readonly connectTime: number;
  readonly operationTime: number;
  readonly dn: string;
  readonly password: string;
  /** The upstream container of people and groups. */
  readonly usersDN: string;
  /** Name of the group; undefined for everybody. */
  readonly group: string | undefined;
  /** Of one whole read. */
  readonly limits: ReadLimits;
  /** Attributes that are dropped as they arrive. */
  readonly isUnwanted?: (attribute: string) => boolean;
}

const NO_SUCH_OBJECT = 32;
/** Milliseconds of one whole read. */
const READ_TIME = 120_000;
/** Milliseconds for the subschema: the first snapshot waits for it. */
const SUBSCHEMA_TIME = 3000;
/** One question at a time goes over each. */
const LOOK_UP_CONNECTIONS = 4;
/** A look-up brings a person or two, and of each its names and groups. */
const LOOK_UP_LIMITS: ReadLimits = { octets: 1024 * 1024, entries: 1000, entryOctets: 1024 * 1024 };
/** What it asks for: a name, and who is a member. By name, for OpenLDAP's memberof overlay has memberOf as operational. */
const LOOK_UP_ATTRIBUTES = ['uid', 'mail', 'memberOf'];

const equal = (attribute: string, value: string) => new EqualityFilter({ attribute, value });
const isClass = (name: string) => equal('objectClass', name);
const and = (...filters: Filter[]) => new AndFilter({ filters });

export class LdaptsReader implements Reader {
  private readonly reading: ReaderConnection;
  /** Look-ups have connections of their own: a log-in must not wait for the read of a large directory, nor for many others. */
  private readonly asking: readonly ReaderConnection[];
  /** The group's name, octet for octet as the upstream sent it. */
  private groupDN: string | undefined;
  private readonly usersKey: string;
  private readonly search: DirectorySearch;
  private readonly people: ListReader;
  private readonly groups: ListReader;
  private readonly subschema: SubschemaReader;

  constructor(private readonly options: LdaptsReaderOptions) {
    const { endpoints, dialer, connectTime, operationTime, dn, password, limits, isUnwanted = () => false } = options;
    // ldapts takes certain names for SASL mechanisms; a DN with an = is none of them.
    if (parseDN(dn) === undefined || dn === '') throw new Error(`the reader's name is not a DN: ${dn}`);
    if (password === '') throw new Error('the reader needs a password');
    this.usersKey = keyOfName(options.usersDN);
    const now = () => performance.now();
    this.search = new DirectorySearch(options.usersDN, operationTime);
    this.people = new ListReader('uid', now);
    this.groups = new ListReader('cn', now);
    const health = new EndpointHealth(endpoints, now, Math.random);
    const backoff = new ReaderBackoff(now);
    const common = { dialer, health, backoff, connectTime, operationTime, dn, password, isUnwanted };
    this.reading = new ReaderConnection({
      ...common,
      meter: { limits, nameOf: keyOfLimit },
      looksBack: true,
      asksTwice: false,
    });
    this.subschema = new SubschemaReader(this.reading, Math.min(operationTime, SUBSCHEMA_TIME), now);
    const lookUp = { limits: LOOK_UP_LIMITS, nameOf: () => 'more than a look-up may bring' };
    this.asking = Array.from(
      { length: LOOK_UP_CONNECTIONS },
      () => new ReaderConnection({ ...common, meter: lookUp, looksBack: false, asksTwice: true }),
    );
  }

  async read(): Promise<UpstreamImage> {
    const image = await this.readEntries();
    const schema = await this.subschema.read();
    return schema === undefined ? image : { ...image, schema };
  }

  private readEntries(): Promise<UpstreamImage> {
    return this.reading.run(async (bound) => {
      const group = this.options.group === undefined ? undefined : await this.readGroup(bound, this.options.group);
      const questions = {
        list: (filter: Filter) => this.search.list(bound, filter),
        part: (filter: Filter) => this.search.part(bound, filter),
      };
      const person = isClass('inetOrgPerson');
      const users =
        group === undefined
          ? await this.people.read(questions, person)
          : await this.people.read(questions, and(person, equal('memberOf', group.dn)), this.uidsIn(group));
      if (group !== undefined && users.entries.length === 0) {
        throw new ReadError('unseen', `the group ${this.options.group} has members, but not one of them can be seen`);
      }
      const groups = await this.groups.read(
        questions,
        new OrFilter({ filters: [isClass('groupOfNames'), isClass('posixGroup')] }),
      );
      const searchLimit = users.limit ?? groups.limit;
      return {
        group,
        users: users.entries,
        groups: groups.entries,
        ...(searchLimit === undefined ? {} : { searchLimit }),
      };
    }, READ_TIME);
  }

  lookUp(attribute: 'uid' | 'mail' | 'cn', value: string): Promise<readonly FoundPerson[]> {
    const [first, ...others] = this.asking;
    // The first that is idle, so that no more are opened than are needed; else the one with the shortest line.
    const asking = others.reduce((best, each) => (each.pending < best.pending ? each : best), first!);
    return asking.run(async (bound) => {
      const { group } = this.options;
      if (group !== undefined) this.groupDN ??= (await this.findGroup(bound, group, ['cn'])).dn;
      return attribute === 'uid' ? this.byUid(bound, value) : this.byAttribute(bound, attribute, value);
    }, this.options.operationTime);
  }

  close(): void {
    this.reading.close();
    for (const connection of this.asking) connection.close();
  }

  /** Whose own name is this uid: another account may have it as a further value. One question: the person, and the group if it lists it. */
  private async byUid(bound: BoundClient, uid: string): Promise<FoundPerson[]> {
    const person = and(isClass('inetOrgPerson'), equal('uid', uid));
    const filter =
      this.groupDN === undefined ? person : new OrFilter({ filters: [person, this.groupWith(this.userDN(uid))] });
    const entries = await this.search.few(bound, filter, LOOK_UP_ATTRIBUTES);
    const key = dnKeyBelow([{ type: 'uid', value: uid }], this.usersKey);
    const isListed = entries.some(({ dn }) => dn === this.groupDN);
    const found: FoundPerson[] = [];
    for (const entry of entries.filter(({ dn }) => keyOfName(dn) === key))
      found.push({
        entry,
        isMember: this.groupDN === undefined || (isListed && (await this.hasMemberOf(bound, entry, this.groupDN))),
      });
    return found;
  }

  /** Two questions, whether anybody is found or not: what the time tells is the same. */
  private async byAttribute(bound: BoundClient, attribute: 'mail' | 'cn', value: string): Promise<FoundPerson[]> {
    const filter = and(isClass('inetOrgPerson'), equal(attribute, value));
    const entries = await this.search.few(bound, filter, LOOK_UP_ATTRIBUTES);
    const { groupDN } = this;
    if (groupDN === undefined) return entries.map((entry) => ({ entry, isMember: true }));
    const found: FoundPerson[] = [];
    let isAsked = false;
    for (const entry of entries) {
      const mayBe = await this.hasMemberOf(bound, entry, groupDN);
      isAsked ||= mayBe;
      found.push({ entry, isMember: mayBe && (await this.lists(bound, groupDN, entry.dn)) });
    }
    if (!isAsked) await this.lists(bound, groupDN, this.userDN(value));
    return found;
  }

  private userDN(uid: string): string {
    return `${formatRDN([{ type: 'uid', value: uid }])},${this.options.usersDN}`;
  }

  /** The group, if this is one of its members: the upstream compares. */
  private groupWith(memberDN: string): Filter {
    return and(isClass('groupOfNames'), equal('cn', this.options.group ?? ''), equal('member', memberDN));
  }

  private async lists(bound: BoundClient, groupDN: string, memberDN: string): Promise<boolean> {
    const found = await this.search.few(bound, this.groupWith(memberDN), ['1.1']);
    return found.some(({ dn }) => dn === groupDN);
  }

  /** By the octets of the group's name as the upstream sent it; where it spells it otherwise here, the upstream says whether it is the same. */
  private async hasMemberOf(bound: BoundClient, entry: UpstreamEntry, groupDN: string): Promise<boolean> {
    const names = textsOf(entry, 'memberOf');
    if (names.includes(groupDN)) return true;
    const key = keyOfName(groupDN);
    if (!names.some((name) => keyOfName(name) === key)) return false;
    await bound.client.search(entry.dn, {
      scope: 'base',
      filter: equal('memberOf', groupDN),
      attributes: ['1.1'],
    });
    return bound.collected().length > 0;
  }

  private async readGroup(bound: BoundClient, name: string): Promise<UpstreamEntry> {
    const group = await this.findGroup(bound, name, ALL_ATTRIBUTES);
    if (valuesOf(group, 'member').length === 0) throw new ReadError('empty-group', `the group ${name} has no member`);
    this.groupDN = group.dn;
    return group;
  }

  private async findGroup(bound: BoundClient, name: string, attributes: readonly string[]): Promise<UpstreamEntry> {
    const filter = and(isClass('groupOfNames'), equal('cn', name));
    let found: readonly UpstreamEntry[];
    try {
      found = await this.search.few(bound, filter, attributes);
    } catch (error) {
      if (!(error instanceof ResultCodeError) || error.code !== NO_SUCH_OBJECT) throw error;
      throw new ReadError('no-base', `the base ${this.options.usersDN} is not there, or the reader may not see it`);
    }
    const [group, second] = found.filter(({ dn }) => isGroupNamed(dn, name, this.usersKey));
    if (second !== undefined) throw new ReadError('failed', `there are several groups named ${name}`);
    if (group === undefined) {
      const others = found.map(({ dn }) => dn).join('; ');
      const alike = others === '' ? '' : ` (the upstream found ${others}, which is another name)`;
      throw new ReadError('no-group', `there is no group ${name}, or the reader may not see it${alike}`);
    }
    return group;
  }

  /** Of the members that can be bound: `uid=` directly below the container. */
  private uidsIn(group: UpstreamEntry): KnownNames {
    const members = valuesOf(group, 'member');
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

/**
 * True for the group whose own name is this cn. The upstream may have found it by a further value of cn, or by a looser comparison than
 * ours. `usersKey`: dnKey of the container.
 */
export function isGroupNamed(dn: string, name: string, usersKey: string): boolean {
  return keyOfName(dn) === dnKeyBelow([{ type: 'cn', value: name }], usersKey);
}
