// The reader: searches the upstream as the LDAP binding user, over ldapts. No user's password ever goes this way.
import { performance } from 'node:perf_hooks';
import type { FoundPerson, Reader, UpstreamEntry, UpstreamImage } from '../directory/reader.js';
import { textsOf } from '../ldap/attributes.js';
import { dnKeyBelow, formatRDN, keyOfName, parseDN } from '../ldap/dn.js';
import type { Dialer } from './dialer.js';
import { DirectorySearch } from './directory-search.js';
import type { UpstreamEndpoint } from './endpoint.js';
import { and, anyOf, equal, isClass } from './filters.js';
import { GateGroups } from './gate-groups.js';
import { EndpointHealth } from './health.js';
import { ListReader } from './list-reader.js';
import { PeopleReader } from './people-reader.js';
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
  /** Names of the groups that let people in. */
  readonly gates: readonly string[];
  /** True if everybody gets in somewhere. */
  readonly everyone: boolean;
  /** Of one whole read. */
  readonly limits: ReadLimits;
  /** Attributes that are dropped as they arrive. */
  readonly isUnwanted?: (attribute: string) => boolean;
}

/** Milliseconds of one whole read. */
const READ_TIME = 120_000;
/** Milliseconds for the subschema: the first snapshot waits for it. */
const SUBSCHEMA_TIME = 3000;
/** One question at a time goes over each. */
const LOOK_UP_CONNECTIONS = 4;
/** A look-up brings a person or two, and of each its names and groups. */
const LOOK_UP_LIMITS: ReadLimits = { octets: 1024 * 1024, entries: 1000, entryOctets: 1024 * 1024 };
/** What it asks for: a name, and the memberships, by name, because memberOf is operational with OpenLDAP's memberof overlay. */
const LOOK_UP_ATTRIBUTES = ['uid', 'mail', 'memberOf', 'entryUUID'];
const NO_ATTRIBUTES = ['1.1'];
const NO_GROUPS: ReadonlySet<string> = new Set();

/** The Reader over ldapts: complete reads, look-ups and confirmations. Rejects with ReadError. */
export class LdaptsReader implements Reader {
  private readonly reading: ReaderConnection;
  /** Look-ups have connections of their own: a login must not wait for the read of a large directory, nor for many others. */
  private readonly asking: readonly ReaderConnection[];
  private readonly usersKey: string;
  private readonly search: DirectorySearch;
  private readonly gateGroups: GateGroups;
  private readonly people: PeopleReader;
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
    const { usersDN, gates, everyone } = options;
    this.gateGroups = new GateGroups({ search: this.search, usersDN, gates, everyone });
    this.people = new PeopleReader({ search: this.search, gateGroups: this.gateGroups, usersDN, everyone });
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
      const { gates, missing } = await this.gateGroups.read(bound);
      const users = await this.people.read(bound, gates);
      const questions = this.search.questions(bound);
      const either = anyOf([isClass('groupOfNames'), isClass('posixGroup')]);
      const groups = await this.groups.read(questions, either);
      const searchLimit = users.limit ?? groups.limit;
      return {
        gates,
        everyone: this.options.everyone,
        ...(missing.length === 0 ? {} : { missing }),
        users: users.entries,
        groups: groups.entries,
        ...(searchLimit === undefined ? {} : { searchLimit }),
      };
    }, READ_TIME);
  }

  lookUp(attribute: 'uid' | 'mail' | 'cn', value: string): Promise<readonly FoundPerson[]> {
    const [first, ...others] = this.asking;
    // The first that is idle, so no more are opened than needed; otherwise the one with the shortest queue.
    const asking = others.reduce((best, each) => (each.pending < best.pending ? each : best), first!);
    return asking.run(async (bound) => {
      await this.gateGroups.learn(bound);
      return attribute === 'uid' ? this.byUid(bound, value) : this.byAttribute(bound, attribute, value);
    }, this.options.operationTime);
  }

  close(): void {
    this.reading.close();
    for (const connection of this.asking) connection.close();
  }

  /** Whose own name is this uid: another account may have it as a further value. One question: the person, and the gates that list it. */
  private async byUid(bound: BoundClient, uid: string): Promise<FoundPerson[]> {
    const { gateGroups } = this;
    const person = and(isClass('inetOrgPerson'), equal('uid', uid));
    const [first = [], ...others] = gateGroups.parts.map((part) => [gateGroups.listing(part, this.userDN(uid))]);
    const entries = [...(await this.search.few(bound, anyOf([person, ...first]), LOOK_UP_ATTRIBUTES))];
    for (const listing of others) entries.push(...(await this.search.few(bound, anyOf(listing), NO_ATTRIBUTES)));
    const key = dnKeyBelow([{ type: 'uid', value: uid }], this.usersKey);
    const listing = new Set(entries.map(({ dn }) => dn));
    const found: FoundPerson[] = [];
    for (const entry of entries.filter(({ dn }) => keyOfName(dn) === key))
      found.push(this.person(entry, await this.gatesNamedBy(bound, entry, listing)));
    return found;
  }

  /** Two questions, whether anybody is found or not, so the time reveals nothing. */
  private async byAttribute(bound: BoundClient, attribute: 'mail' | 'cn', value: string): Promise<FoundPerson[]> {
    const filter = and(isClass('inetOrgPerson'), equal(attribute, value));
    const entries = await this.search.few(bound, filter, LOOK_UP_ATTRIBUTES);
    if (this.gateGroups.areNone) return entries.map((entry) => this.person(entry, []));
    const found: FoundPerson[] = [];
    let isAsked = false;
    for (const entry of entries) {
      const named = await this.gatesNamedBy(bound, entry);
      isAsked ||= named.length > 0;
      const listing = named.length > 0 ? await this.groupsListing(bound, entry.dn) : NO_GROUPS;
      found.push(
        this.person(
          entry,
          named.filter((gate) => this.gateGroups.isAmong(gate, listing)),
        ),
      );
    }
    if (!isAsked) await this.groupsListing(bound, this.userDN(value));
    return found;
  }

  private person(entry: UpstreamEntry, gates: readonly string[]): FoundPerson {
    return { entry, gates, isMember: this.options.everyone || gates.length > 0 };
  }

  private userDN(uid: string): string {
    return `${formatRDN([{ type: 'uid', value: uid }])},${this.options.usersDN}`;
  }

  /** Names of the groups that list this one. */
  private async groupsListing(bound: BoundClient, memberDN: string): Promise<ReadonlySet<string>> {
    const { gateGroups } = this;
    const names = new Set<string>();
    for (const part of gateGroups.parts) {
      const found = await this.search.few(bound, gateGroups.listing(part, memberDN), NO_ATTRIBUTES);
      for (const { dn } of found) names.add(dn);
    }
    return names;
  }

  /**
   * The gates that an entry's own `memberOf` names, of all or of those whose groups are `among` these. Where only one group decides and its
   * name is spelt otherwise here, the upstream says whether it is the same.
   */
  private async gatesNamedBy(bound: BoundClient, entry: UpstreamEntry, among?: ReadonlySet<string>): Promise<string[]> {
    const named = this.gateGroups.namedBy(entry, among);
    const { onlyDN } = this.gateGroups;
    if (onlyDN === undefined || named.length === 0 || textsOf(entry, 'memberOf').includes(onlyDN)) return named;
    await bound.client.search(entry.dn, {
      scope: 'base',
      filter: equal('memberOf', onlyDN),
      attributes: NO_ATTRIBUTES,
    });
    return bound.collected().length > 0 ? named : [];
  }
}
