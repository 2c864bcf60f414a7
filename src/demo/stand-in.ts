// The embedded stand-in of JumpCloud: an LDAPS server on loopback, built on ldapjs, with invented people. Only our own traffic reaches it.
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import ldap from 'ldapjs';
import type { LDAPMessage, Request } from '../ldap/message.js';
import { result } from '../ldap/result.js';
import { ResultCode } from '../ldap/result-code.js';
import { Accounts } from './accounts.js';
import { makeAuthority } from './certificate.js';
import { Console } from './console/console.js';
import { directAnswer } from './direct-answers.js';
import { guard, type Judgement, type LdapjsSocket } from './intake.js';
import { StandInOperations } from './operations.js';
import { type Group, type GroupSwitches, ORG_ID, type Person, READER, type Switches } from './people.js';
import type { Tenant } from './tenant.js';
import { ORG_DN, readerDN, USERS_DN, userDN } from './tree.js';

/**
 * What goes wrong on purpose: every operation refused with 51 (busy) or 52 (unavailable), binds left without an answer,
 * binds that cost their connection, or nothing.
 */
export type UpstreamFault = 'none' | 'busy' | 'unavailable' | 'hang-at-bind' | 'drop-at-bind';

export interface StandInOptions {
  /** 0: a free one. */
  readonly port?: number;
  /** Its name in the certificate and the URL: of one of JumpCloud's hosts, whose ways are known by it, where names lead to this machine. */
  readonly host?: string;
  /** Milliseconds that each operation takes. */
  readonly latency?: number;
  /** Milliseconds until somebody has confirmed a push. */
  readonly pushDelay?: number;
  /** Failed binds after which an account is locked; 0: any number. */
  readonly lockoutThreshold?: number;
  /** True: its REST API and Directory Insights are served over HTTP too. */
  readonly console?: boolean;
  /** Milliseconds since 1970; the machine's clock unless given. */
  readonly now?: () => number;
  /** In place of the invented people and their groups; the reader is there as well. */
  readonly people?: readonly Person[];
  readonly groups?: readonly Group[];
}

const MOST_BIND_NAMES = 1000;

/** An LDAPS server on loopback that behaves like JumpCloud. `StandIn.start()` resolves when it listens; `stop()` ends it. */
export class StandIn {
  /** Milliseconds per operation; may be changed while it runs. */
  latency: number;
  fault: UpstreamFault = 'none';
  /** Requests that arrived, whatever became of them, and connections. */
  readonly counters = { binds: 0, searches: 0, connections: 0 };
  /** Names of the latest binds, at most a thousand. */
  readonly bindNames: string[] = [];
  readonly orgId = ORG_ID;
  readonly baseDN = ORG_DN;
  readonly usersDN = USERS_DN;
  readonly reader = { dn: readerDN, password: READER.password };
  port = 0;
  private host = '127.0.0.1';
  caPem = '';

  /** The REST API and Directory Insights, where they were asked for. */
  api: Console | undefined;
  private readonly accounts: Accounts;
  private readonly operations: StandInOperations;
  /** Raw ones, which are there before the handshake, and those of TLS. */
  private readonly sockets = new Set<Socket>();
  private server: ldap.Server | undefined;
  private isAway = false;

  private constructor(options: StandInOptions) {
    this.latency = options.latency ?? 0;
    const { lockoutThreshold = 0, now = Date.now, people, groups } = options;
    this.accounts = new Accounts({ lockoutThreshold, now, people, groups });
    this.operations = new StandInOperations(this.accounts, options.pushDelay ?? 2000);
  }

  static async start(options: StandInOptions = {}): Promise<StandIn> {
    const standIn = new StandIn(options);
    const authority = await makeAuthority();
    const { host = '127.0.0.1' } = options;
    standIn.host = host;
    const { certPem, keyPem } = await authority.issue([...new Set(['localhost', '127.0.0.1', host])]);
    standIn.caPem = authority.caPem;
    await standIn.listen(options.port ?? 0, certPem, keyPem);
    if (options.console === true) standIn.api = await Console.start(standIn.accounts, options.now ?? Date.now, 0);
    return standIn;
  }

  /** The HTTP side, its switches and faults; it has to be asked for at the start. */
  get console(): Console {
    if (this.api === undefined) throw new Error('started without { console: true }');
    return this.api;
  }

  /** The base of console, API and token. */
  get consoleUrl(): string {
    return this.console.url;
  }

  get clientId(): string {
    return this.console.access.clientId;
  }

  get clientSecret(): string {
    return this.console.access.clientSecret;
  }

  get apiKey(): string {
    return this.console.access.apiKey;
  }

  get url(): string {
    return `ldaps://${this.host}:${this.port}`;
  }

  get people(): readonly Person[] {
    return this.accounts.people;
  }

  get groups(): readonly Group[] {
    return this.accounts.groups;
  }

  dnOf(uid: string): string {
    return userDN(uid);
  }

  setState(uid: string, state: Switches): void {
    this.accounts.setState(uid, state);
  }

  /** `byAdmin`: an administrator has set it, not the user. */
  setPassword(uid: string, password: string, byAdmin = false): void {
    this.accounts.setPassword(uid, password, byAdmin);
  }

  addPerson(person: Person): void {
    this.accounts.addPerson(person);
  }

  removePerson(uid: string): void {
    this.accounts.removePerson(uid);
  }

  addGroup(group: Group): void {
    this.accounts.addGroup(group);
  }

  setGroup(name: string, changes: GroupSwitches): void {
    this.accounts.setGroup(name, changes);
  }

  removeGroup(name: string): void {
    this.accounts.removeGroup(name);
  }

  /** Settings of the organisation and of its LDAP directory. */
  setTenant(changes: Partial<Tenant>): void {
    this.accounts.setTenant(changes);
  }

  /** "Still processing": LDAP goes on with the groups, members and bindings of now until this is false again. */
  holdBack(isHeldBack: boolean): void {
    this.accounts.holdBack(isHeldBack);
  }

  addToGroup(name: string, uid: string): void {
    this.accounts.addToGroup(name, uid);
  }

  removeFromGroup(name: string, uid: string): void {
    this.accounts.removeFromGroup(name, uid);
  }

  /** Cuts all connections at the same time, as a restart of the upstream would. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** An outage of all of it, the API included: every connection ends, and each new one immediately, until this is false again. */
  setAway(isAway: boolean): void {
    this.isAway = isAway;
    this.api?.heal();
    if (!isAway) return;
    this.api?.fail({ answer: 'drop' });
    this.dropConnections();
  }

  /** Stops listening and ends every connection; what they still waited for is not answered. */
  async stop(): Promise<void> {
    const { server } = this;
    await this.api?.stop();
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  private async listen(port: number, certificate: string, key: string): Promise<void> {
    const server = ldap.createServer({ certificate, key });
    server.on('error', () => {});
    server.on('clientError', () => {});
    const { server: net } = server as unknown as { server: NetServer };
    net.on('tlsClientError', () => {});
    net.on('connection', (socket: Socket) => {
      this.keep(socket);
      if (this.isAway) socket.destroy();
    });
    net.on('secureConnection', (socket: LdapjsSocket) => this.receive(socket));
    this.operations.mount(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve());
    });
    this.server = server;
    this.port = (net.address() as AddressInfo).port;
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
  }

  /** ldapjs has its own listener for new connections before this one, so that the parser is there. */
  private receive(socket: LdapjsSocket): void {
    this.counters.connections++;
    this.keep(socket);
    socket.setNoDelay(true); // ldapjs leaves Nagle on: 40 ms for each search
    guard(
      socket,
      (message) => this.judge(socket, message),
      () => this.latency,
    );
  }

  private judge(socket: LdapjsSocket, message: LDAPMessage<Request>): Judgement {
    const { op } = message;
    if (op.kind === 'searchRequest') this.counters.searches++;
    if (op.kind === 'bindRequest') {
      this.counters.binds++;
      this.bindNames.push(op.name);
      if (this.bindNames.length > MOST_BIND_NAMES) this.bindNames.shift();
      this.operations.forget(socket);
      if (this.fault === 'hang-at-bind') return 'ignore';
      if (this.fault === 'drop-at-bind') return 'drop';
    }
    if (this.fault === 'busy') return result(ResultCode.busy);
    if (this.fault === 'unavailable') return result(ResultCode.unavailable);
    const answer = directAnswer(message);
    if (answer === undefined && op.kind === 'searchRequest')
      this.operations.expect(socket, message.messageID, op.filter);
    return answer ?? 'pass';
  }
}
