// The embedded stand-in of JumpCloud: an LDAPS server on loopback, built on ldapjs, with invented people. Only our own traffic reaches it.
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import ldap from 'ldapjs';
import { compareEntry } from '../directory/compare.js';
import { makeRootDSE } from '../directory/root-dse.js';
import { openSearch, type SearchSpecials } from '../directory/search.js';
import { makeSubschema } from '../directory/subschema.js';
import type { View } from '../directory/view.js';
import { dnKey, isBelowOrEqual, parseDN } from '../ldap/dn.js';
import type { LDAPResult, Scope, SearchResultEntry } from '../ldap/message.js';
import { attributeType } from '../ldap/schema.js';
import { BerReader } from '../wire/ber.js';
import { decodeFilter } from '../wire/filter.js';
import { makeAuthority } from './certificate.js';
import type { RawLdapjs, RawRequest, RawResponse } from './ldapjs-types.js';
import { GROUPS, type Group, ORG_ID, PEOPLE, type Person, type PersonState, READER } from './people.js';
import { emptyView, ORG_DN, readerDN, readersView, USERS_DN, userDN } from './tree.js';

const raw = ldap as unknown as RawLdapjs;

/** What goes wrong on purpose: at binds, at every operation, or nothing. */
export type UpstreamFault = 'none' | 'busy' | 'unavailable' | 'hang-at-bind' | 'drop-at-bind';

export interface StandInOptions {
  /** 0: a free one. */
  readonly port?: number;
  /** Milliseconds that each operation takes. */
  readonly latency?: number;
  /** Milliseconds until somebody has confirmed a push. */
  readonly pushDelay?: number;
}

const INVALID_CREDENTIALS = 49;
const UNAUTHENTICATED = 'unauthenticated bind (DN with no password) disallowed';
const PAGED = '1.2.840.113556.1.4.319';
const PPOLICY = '1.3.6.1.4.1.42.2.27.8.5.1';
const WHO_AM_I = '1.3.6.1.4.1.4203.1.11.3';
const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1';
const MFA_CODE = ',123456';
const ORG = parseDN(ORG_DN) ?? [];

const SPECIALS: SearchSpecials = {
  rootDSE: makeRootDSE({
    namingContexts: ['dc=jumpcloud,dc=com'],
    supportedExtension: [WHO_AM_I],
    supportedControl: [PAGED, PPOLICY],
    supportedSASLMechanisms: [],
    vendorVersion: 'embedded',
  }),
  subschema: makeSubschema(),
};

export class StandIn {
  /** Milliseconds per operation; may be changed while it runs. */
  latency: number;
  fault: UpstreamFault = 'none';
  readonly counters = { binds: 0, searches: 0, connections: 0 };
  /** Names of the latest binds, at most a thousand. */
  readonly bindNames: string[] = [];
  readonly orgId = ORG_ID;
  readonly baseDN = ORG_DN;
  readonly usersDN = USERS_DN;
  readonly reader = { dn: readerDN, password: READER.password };
  port = 0;
  caPem = '';

  private people: Person[] = PEOPLE.map((person) => ({ ...person }));
  private groups: Group[] = GROUPS.map((group) => ({ ...group }));
  private readonly sockets = new Set<Socket>();
  /** Who each connection is: '' for nobody. */
  private readonly identities = new WeakMap<object, string>();
  private server: ldap.Server | undefined;
  private readonly pushDelay: number;

  private constructor(options: StandInOptions) {
    this.latency = options.latency ?? 0;
    this.pushDelay = options.pushDelay ?? 2000;
  }

  static async start(options: StandInOptions = {}): Promise<StandIn> {
    const standIn = new StandIn(options);
    const authority = await makeAuthority();
    const { certPem, keyPem } = await authority.issue(['localhost', '127.0.0.1']);
    standIn.caPem = authority.caPem;
    await standIn.listen(options.port ?? 0, certPem, keyPem);
    return standIn;
  }

  get url(): string {
    return `ldaps://127.0.0.1:${this.port}`;
  }

  setState(uid: string, state: Partial<PersonState>): void {
    this.people = this.people.map((person) =>
      person.uid === uid ? { ...person, state: { ...person.state, ...state } } : person,
    );
  }

  setPassword(uid: string, password: string): void {
    this.people = this.people.map((person) => (person.uid === uid ? { ...person, password } : person));
  }

  addPerson(person: Person): void {
    this.people = [...this.people, person];
  }

  addToGroup(name: string, uid: string): void {
    this.changeGroup(name, (members) => [...members, uid]);
  }

  removeFromGroup(name: string, uid: string): void {
    this.changeGroup(name, (members) => members.filter((member) => member !== uid));
  }

  /** Cuts every connection at once, as a restart of the upstream would. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  private changeGroup(name: string, change: (members: readonly string[]) => readonly string[]): void {
    this.groups = this.groups.map((group) =>
      group.name === name ? { ...group, members: change(group.members) } : group,
    );
  }

  private async listen(port: number, certificate: string, key: string): Promise<void> {
    const server = ldap.createServer({ certificate, key });
    this.server = server;
    server.on('error', () => {});
    server.on('clientError', () => {});
    const { server: net } = server as unknown as { server: NetServer };
    net.on('tlsClientError', () => {});
    net.on('secureConnection', (socket: Socket) => {
      this.counters.connections++;
      this.sockets.add(socket);
      socket.setNoDelay(true); // ldapjs leaves Nagle on: 40 ms for each search
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
    });
    this.mount(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve());
    });
    this.port = (net.address() as AddressInfo).port;
  }

  private mount(server: ldap.Server): void {
    type Handle = (request: RawRequest, response: RawResponse) => void;
    const later = (handle: Handle) => (request: RawRequest, response: RawResponse) => {
      const run = () => this.withFaults(request, response, handle);
      if (this.latency > 0) setTimeout(run, this.latency);
      else run();
    };
    const routes = server as unknown as Record<string, (mount: string, handle: Handle) => void>;
    routes.bind!(
      '',
      later((request, response) => this.bind(request, response)),
    );
    routes.search!(
      '',
      later((request, response) => this.search(request, response)),
    );
    routes.compare!(
      '',
      later((request, response) => this.compare(request, response)),
    );
    const writes = {
      add: 'no write access to parent',
      modify: '',
      del: 'no write access to parent',
      modifyDN: "no write access to parent's children",
    };
    for (const [operation, text] of Object.entries(writes)) {
      routes[operation]!(
        '',
        later((request, response) => this.refuseWrite(request, response, text)),
      );
    }
    for (const oid of [WHO_AM_I, PASSWORD_MODIFY]) {
      routes.exop!(
        oid,
        later((request, response) => this.extended(request, response)),
      );
    }
  }

  private withFaults(
    request: RawRequest,
    response: RawResponse,
    handle: (request: RawRequest, response: RawResponse) => void,
  ): void {
    if (this.fault === 'busy') return end(response, { code: 51, matchedDN: '', text: '' });
    if (this.fault === 'unavailable') return end(response, { code: 52, matchedDN: '', text: '' });
    const unmet = request.controls.some(
      (control) => control.criticality && control.type !== PAGED && control.type !== PPOLICY,
    );
    if (unmet) return end(response, { code: 12, matchedDN: '', text: 'critical extension is not recognized' });
    handle(request, response);
  }

  private bind(request: RawRequest, response: RawResponse): void {
    const name = String(request.dn);
    this.counters.binds++;
    this.bindNames.push(name);
    if (this.bindNames.length > 1000) this.bindNames.shift();
    if (this.fault === 'hang-at-bind') return;
    if (this.fault === 'drop-at-bind') return void request.connection.destroy();
    this.identities.delete(request.connection);
    const password = request.credentials ?? '';
    if (name === '') return end(response, { code: 0, matchedDN: '', text: '' });
    const dn = parseDN(name);
    if (dn === undefined || dn.flat().some(({ type }) => attributeType(type) === undefined)) {
      return end(response, { code: 34, matchedDN: '', text: 'invalid DN' });
    }
    if (password === '') return end(response, { code: 53, matchedDN: '', text: UNAUTHENTICATED });
    const person = this.present().find(({ uid }) => dnKey(parseDN(userDN(uid)) ?? []) === dnKey(dn));
    const answer = () => {
      const isRight = person !== undefined && mayEnter(person, password);
      if (isRight) this.identities.set(request.connection, person.uid);
      end(response, { code: isRight ? 0 : INVALID_CREDENTIALS, matchedDN: '', text: '' });
    };
    if (person?.state.mfa === 'push' && password === person.password) setTimeout(answer, this.pushDelay);
    else answer();
  }

  private search(request: RawRequest, response: RawResponse): void {
    this.counters.searches++;
    const base = String(request.dn);
    const view = this.viewFor(request, base);
    const { buffer } = request.filter.toBer();
    const cursor = openSearch(
      view,
      SPECIALS,
      {
        kind: 'searchRequest',
        baseObject: base,
        scope: request.scope as Scope,
        derefAliases: 0,
        sizeLimit: request.sizeLimit,
        timeLimit: 0,
        typesOnly: request.typesOnly,
        filter: decodeFilter(new BerReader(buffer)),
        attributes: request.attributes,
      },
      { entries: Number.MAX_SAFE_INTEGER, deadline: 0 },
    );
    const entries: SearchResultEntry[] = [];
    for (;;) {
      const next = cursor.advance(1000, 0);
      if (next === 'again') continue;
      if ('kind' in next) {
        entries.push(next);
        continue;
      }
      const isBlind = view === emptyView;
      const [page, cookie] = pageOf(request, entries);
      for (const entry of page) sendEntry(response, entry);
      if (cookie !== undefined) response.controls.push(new raw.PagedResultsControl({ value: { size: 0, cookie } }));
      return end(response, isBlind ? { code: 0, matchedDN: '', text: '' } : next);
    }
  }

  private compare(request: RawRequest, response: RawResponse): void {
    const entry = String(request.dn);
    const view = this.identityOf(request) === undefined ? undefined : this.readable('');
    const value = Buffer.from(request.value ?? '', 'utf8');
    end(
      response,
      compareEntry(view, SPECIALS, { kind: 'compareRequest', entry, attribute: request.attribute ?? '', value }),
    );
  }

  private extended(request: RawRequest, response: RawResponse): void {
    if (request.requestName === PASSWORD_MODIFY) return end(response, { code: 50, matchedDN: '', text: '' });
    const uid = this.identityOf(request);
    response.responseValue = uid === undefined ? '' : `dn:${userDN(uid)}`;
    end(response, { code: 0, matchedDN: '', text: '' });
  }

  private refuseWrite(request: RawRequest, response: RawResponse, text: string): void {
    if (this.identityOf(request) === undefined) {
      return end(response, { code: 8, matchedDN: '', text: 'modifications require authentication' });
    }
    end(response, { code: 50, matchedDN: '', text });
  }

  private identityOf(request: RawRequest): string | undefined {
    return this.identities.get(request.connection);
  }

  /** A reader sees its organisation, everybody else success without entries in it; nobody sees anything outside, the nameless nothing at all. */
  private viewFor(request: RawRequest, base: string): View | undefined {
    const uid = this.identityOf(request);
    if (uid === undefined) return undefined;
    const isReader = this.people.find((person) => person.uid === uid)?.state.bindDn === true;
    if (isReader) return this.readable(uid);
    return isBelowOrEqual(parseDN(base) ?? [], ORG) ? emptyView : undefined;
  }

  private readable(self: string): View {
    return readersView(this.present(), this.groups, self);
  }

  private present(): Person[] {
    return this.people.filter(({ state }) => state.inDirectory !== false);
  }
}

function mayEnter({ state, password }: Person, given: string): boolean {
  if (state.suspended === true || state.locked === true || state.passwordExpired === true) return false;
  return given === (state.mfa === 'code' ? password + MFA_CODE : password);
}

/** The page that a paged-results control asks for, with the cookie for the next one; everything where there is no such control. */
function pageOf(request: RawRequest, entries: SearchResultEntry[]): [SearchResultEntry[], Buffer | undefined] {
  const control = request.controls.find(({ type }) => type === PAGED);
  if (control === undefined) return [entries, undefined];
  const { size, cookie } = control.value as { size: number; cookie: Buffer };
  const start = cookie.length === 0 ? 0 : Number(cookie.toString('latin1'));
  const stop = start + Math.max(1, size);
  return [entries.slice(start, stop), stop < entries.length ? Buffer.from(String(stop), 'latin1') : Buffer.alloc(0)];
}

/** ldapjs' own filtering of attributes minds their case; what is to be sent is decided here already. */
function sendEntry(response: RawResponse, entry: SearchResultEntry): void {
  const attributes = entry.attributes.map(({ type, values }) => new raw.Attribute({ type, values: [...values] }));
  const message = new raw.SearchEntry({
    objectName: entry.objectName,
    messageId: response.messageId,
    attributes,
  });
  response.send(message, true);
}

function end(response: RawResponse, { code, matchedDN, text }: LDAPResult): void {
  response.status = code;
  response.matchedDN = matchedDN;
  response.diagnosticMessage = text;
  response.end();
}
