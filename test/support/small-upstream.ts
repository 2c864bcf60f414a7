// An upstream of one group and a few people whose every answer a test may exchange; it records who said what on which connection.
import type { Socket } from 'node:net';
import type { Attribute, BindRequest, LDAPMessage, Request, Response, SearchRequest } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { FakeUpstream } from './fake-upstream.js';

export const ORG = '5f1c0a9e7b3d4c2a8e6f9d10';
export const ORG_DN = `o=${ORG},dc=jumpcloud,dc=com`;
export const USERS_DN = `ou=Users,${ORG_DN}`;
const GROUP_DN = `cn=wayk-users,${USERS_DN}`;
const READER_DN = `uid=ldap-reader,${USERS_DN}`;

export const upstreamDN = (uid: string) => `uid=${uid},${USERS_DN}`;

export const attribute = (type: string, ...values: readonly string[]): Attribute => ({
  type,
  values: values.map((value) => Buffer.from(value)),
});

export interface SmallPerson {
  readonly uid: string;
  readonly password: string;
  /** In the group unless false. */
  readonly isMember?: boolean;
  readonly more?: readonly Attribute[];
}

/** What a test puts in place of an answer; undefined leaves the ordinary one. */
export interface Instead {
  bind?(request: BindRequest, messageID: number): readonly LDAPMessage[] | undefined;
  /** True if the test answers this search itself. */
  search?(request: SearchRequest, messageID: number, socket: Socket): boolean;
  /** A bind is answered when this is over. */
  untilBind?(request: BindRequest): Promise<void> | undefined;
  /** A search is answered when this is over. */
  until?(request: SearchRequest): Promise<void> | undefined;
  /** Sent before a search's entries. */
  beforeEntries?(request: SearchRequest): readonly Response[];
  done?(request: SearchRequest): Response | undefined;
}

export class SmallUpstream {
  readonly orgId = ORG;
  readonly reader = { dn: READER_DN, password: 'reader-secret-5000' };
  instead: Instead = {};
  /** Names bound on each connection, in order. */
  readonly bound = new Map<Socket, string[]>();
  /** Names bound on connections at the time of a search. */
  readonly searchedAs: (string | undefined)[] = [];

  /** By DN. */
  private readonly passwords: ReadonlyMap<string, string>;

  private constructor(private readonly people: readonly SmallPerson[]) {
    this.passwords = new Map(people.map(({ uid, password }) => [upstreamDN(uid), password]));
  }

  private fake!: FakeUpstream;

  static async start(people: readonly SmallPerson[]): Promise<SmallUpstream> {
    const upstream = new SmallUpstream(people);
    upstream.fake = await FakeUpstream.start((message, socket) => void upstream.answer(message, socket));
    return upstream;
  }

  get url(): string {
    return this.fake.url;
  }

  get caPem(): string {
    return this.fake.caPem;
  }

  get requests(): readonly LDAPMessage<Request>[] {
    return this.fake.requests;
  }

  get binds(): string[] {
    return this.fake.binds;
  }

  stop(): Promise<void> {
    return this.fake.stop();
  }

  private async answer({ messageID, op }: LDAPMessage<Request>, socket: Socket): Promise<void> {
    const send = (answer: Response) => socket.write(encodeMessage({ messageID, op: answer }));
    const result = (code: number) => ({ code, matchedDN: '', text: '' });
    if (op.kind === 'bindRequest') {
      const names = this.bound.get(socket) ?? [];
      this.bound.set(socket, [...names, op.name]);
      const wait = this.instead.untilBind?.(op);
      if (wait !== undefined) await wait;
      const other = this.instead.bind?.(op, messageID);
      if (other === undefined) send({ kind: 'bindResponse', result: result(this.isRight(op) ? 0 : 49) });
      else for (const one of other) socket.write(encodeMessage(one));
    } else if (op.kind === 'searchRequest') {
      this.searchedAs.push(this.bound.get(socket)?.at(-1));
      if (this.instead.search?.(op, messageID, socket) === true) return;
      const wait = this.instead.until?.(op);
      if (wait !== undefined) await wait;
      // Thousands of entries leave in one write.
      socket.cork();
      for (const one of this.instead.beforeEntries?.(op) ?? []) send(one);
      for (const entry of this.entries(op)) send(entry);
      send(this.instead.done?.(op) ?? { kind: 'searchResultDone', result: result(0) });
      socket.uncork();
    }
  }

  private isRight({ name, authentication }: BindRequest): boolean {
    const password = authentication.method === 'simple' ? authentication.password.toString('latin1') : '';
    if (name === READER_DN) return password === this.reader.password;
    return this.passwords.get(name) === password;
  }

  /** The three questions of a read, and those of a look-up: one person with the group that lists it, or the latter alone. */
  private entries({ filter }: SearchRequest): Response[] {
    const asked = assertions(filter);
    const asserted = (type: string) => asked.find((one) => one.startsWith(`${type}=`))?.slice(type.length + 1);
    const [uid, member] = [asserted('uid'), asserted('member')];
    const isListed = (one: SmallPerson) => one.isMember !== false && upstreamDN(one.uid).toLowerCase() === member;
    const listing = this.people.some(isListed) ? [this.group('cn', 'objectClass')] : [];
    if (uid !== undefined) return [...this.people.filter((one) => one.uid === uid).map(person), ...listing];
    if (member !== undefined) return listing;
    if (asked.includes('objectclass=posixgroup') || asked.includes('cn=wayk-users')) return [this.group()];
    const wantsMembers = asked.some((one) => one.startsWith('memberof='));
    return this.people.filter((one) => !wantsMembers || one.isMember !== false).map(person);
  }

  /** With the given attributes, or all. */
  private group(...types: readonly string[]): Response {
    const members = this.people.filter(({ isMember }) => isMember !== false).map(({ uid }) => upstreamDN(uid));
    return {
      kind: 'searchResultEntry',
      objectName: GROUP_DN,
      attributes: [
        attribute('objectClass', 'top', 'groupOfNames'),
        attribute('cn', 'wayk-users'),
        attribute('member', ...members),
      ].filter(({ type }) => types.length === 0 || types.includes(type)),
    };
  }
}

function person({ uid, isMember, more = [] }: SmallPerson): Response {
  return {
    kind: 'searchResultEntry',
    objectName: upstreamDN(uid),
    attributes: [
      attribute('objectClass', 'top', 'person', 'organizationalPerson', 'inetOrgPerson'),
      attribute('uid', uid),
      attribute('cn', uid),
      attribute('sn', uid),
      ...(isMember === false ? [] : [attribute('memberOf', GROUP_DN)]),
      ...more,
    ],
  };
}

/** Every equality in a filter, as `type=value` in lower case. */
export function assertions(filter: SearchRequest['filter']): string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...filter.filters].flatMap(assertions);
    case 'not':
      return assertions(filter.filter);
    case 'equalityMatch':
      return [`${filter.attribute.toLowerCase()}=${filter.value.toString('utf8').toLowerCase()}`];
    default:
      return [];
  }
}
