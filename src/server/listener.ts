// The listener: accepts connections on ldap and ldaps, counts them, sweeps them, and drains them at the end.
import type { AddressInfo, Server, Socket } from 'node:net';
import { type BlockList, createServer } from 'node:net';
import { canonicalAddress } from '../runtime/address.js';
import { BufferPool } from '../runtime/buffer-pool.js';
import type { Steps } from '../runtime/cooperative.js';
import { isListed } from '../runtime/networks.js';
import { Stranger, Unbound } from './client-address.js';
import { Connection } from './connection.js';
import type { ConnectionOptions } from './connection-options.js';
import type { ConnectionFault, ServerEvents } from './events.js';
import { FairScheduler } from './fair-scheduler.js';
import { type InheritedSocket, type Scheme, schemeOf } from './inherited-sockets.js';
import { type Endpoint, listenAt, listenOnFile, listenOnInherited, type SocketFile } from './open-sockets.js';
import { awaitProxyHeader } from './proxy-protocol.js';
import { Roster } from './roster.js';
import type { Door, Doors, Rules } from './rules.js';

/** Where one door is. */
export interface Entrance {
  /** The door's. */
  readonly name: string;
  readonly ldap: Endpoint | undefined;
  readonly ldaps: Endpoint | undefined;
  readonly ldapi: SocketFile | undefined;
  /** Those of a scheme take the place of the one above. */
  readonly inherited?: readonly InheritedSocket[];
}

/** The addresses that an entrance was opened at. */
export interface Opened {
  ldap?: AddressInfo;
  ldaps?: AddressInfo;
}

export interface ListenerOptions {
  /** At least one, and one for each entrance. */
  readonly doors: Doors;
  readonly entrances: readonly Entrance[];
  readonly events: ServerEvents;
  /** Addresses whose connections begin with a PROXY header; undefined: none. */
  readonly trustedProxies: BlockList | undefined;
}

type Accept = (socket: Socket) => void;

const SWEEP = 500;
/**
 * Connections for which one sweep enables TCP keep-alive: four system calls each. Most logins are over before their first sweep, and none needs it
 * for the first two minutes.
 */
const KEPT_ALIVE_PER_SWEEP = 250;

/** Accepts, sweeps and drains connections on all addresses. `open` rejects if an address cannot be used. */
export class Listener {
  private readonly servers: Server[] = [];
  private readonly roster = new Roster<Connection>(() => this.rules.limits);
  private readonly scheduler: FairScheduler;
  private readonly buffers = new BufferPool();
  private sweeper: NodeJS.Timeout | undefined;
  private serial = 0;

  private current: Doors;
  /** What all doors have in common is taken from here. */
  private rules: Rules;

  constructor(private readonly options: ListenerOptions) {
    this.current = options.doors;
    this.rules = anyOf(options.doors);
    const { events } = options;
    this.scheduler = new FairScheduler(this.rules.gate.clock, (error) => events.defect(error, NOBODY));
  }

  get doors(): Doors {
    return this.current;
  }

  /**
   * The next operation of every connection uses these. A door that is no longer among them stays shut. Connections of a door or an app that is gone
   * get the answers that they wait for, and end.
   */
  set doors(doors: Doors) {
    this.current = doors;
    this.rules = anyOf(doors);
    this.roster.each((connection) => {
      if (!connection.isWelcome(doors)) connection.drain('app is gone');
    });
  }

  /** Opens the configured ports; port 0 takes a free one. Rejects with the system's error (e.g. EADDRINUSE). In the entrances' order. */
  async start(): Promise<Opened[]> {
    this.sweeper = setInterval(() => this.within(() => this.sweep()), SWEEP).unref();
    try {
      const opened: Opened[] = [];
      for (const entrance of this.options.entrances) opened.push(await this.openAll(entrance));
      return opened;
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  private async openAll(entrance: Entrance): Promise<Opened> {
    const shared = this.connectionsAt(entrance);
    const ldap = await this.open('ldap', entrance, (socket) => this.accept(socket, shared, false));
    const ldaps = await this.open('ldaps', entrance, (socket) => this.accept(socket, shared, true));
    await this.open('ldapi', entrance, (socket) => this.welcome(socket, shared, '', 0, 'ldapi', false));
    return { ...(ldap === undefined ? {} : { ldap }), ...(ldaps === undefined ? {} : { ldaps }) };
  }

  /** Returns the first address. Inherited sockets are opened instead of the configured addresses. */
  private async open(scheme: Scheme, entrance: Entrance, accept: Accept): Promise<AddressInfo | undefined> {
    const inherited = entrance.inherited?.filter((socket) => schemeOf(socket) === scheme) ?? [];
    const at = entrance[scheme];
    if (at === undefined && inherited.length === 0) return undefined;
    if (scheme === 'ldaps' && this.rules.tls === undefined) throw new Error('ldaps needs a certificate');
    const opened: (AddressInfo | undefined)[] = [];
    for (const socket of inherited) opened.push(await listenOnInherited(socket, this.server(accept)));
    if (at === undefined || inherited.length > 0) return opened[0];
    if ('port' in at) return listenAt(at, this.server(accept));
    await listenOnFile(at, this.server(accept));
    return undefined;
  }

  /** What all connections of an entrance share. */
  private connectionsAt({ name }: Entrance): ConnectionOptions {
    const { scheduler, buffers } = this;
    const { events, doors } = this.options;
    let last: Door = doors.get(name)!;
    const door = () => {
      const now = this.current.get(name);
      if (now !== undefined) last = now;
      return last;
    };
    return { entrance: name, door, events, scheduler, buffers };
  }

  get size(): number {
    return this.roster.size;
  }

  /** Makes the sessions of users for whom this holds anonymous, in steps; sessions that begin meanwhile are left. Returns their number. */
  *revoke(isRevoked: (uid: string) => boolean): Steps<number> {
    const bound: Connection[] = [];
    this.roster.each((connection) => {
      if (connection.user !== undefined) bound.push(connection);
    });
    let count = 0;
    for (const connection of bound) {
      if (connection.user !== undefined && isRevoked(connection.user)) {
        connection.revoke();
        count++;
      }
      yield;
    }
    return count;
  }

  /** Connections let in since the start. */
  get accepted(): number {
    return this.serial;
  }

  /** Milliseconds of the longest turn of the event loop that operations took since this was asked last. */
  takeLongestTurn(): number {
    return this.scheduler.takeLongest();
  }

  /** Accepts no more, lets operations under way finish for at most `time` ms, then destroys what is left (R102). */
  async stop(time: number): Promise<void> {
    const closed = this.servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    this.roster.each((connection) => connection.drain());
    if (this.roster.size > 0) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, time);
        this.roster.onEmpty = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
    this.roster.each((connection) => connection.destroy());
    clearInterval(this.sweeper);
    await Promise.all(closed);
  }

  private server(accept: Accept): Server {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      // As `within` does, without a closure.
      try {
        accept(socket);
      } catch (error) {
        this.options.events.defect(error, NOBODY);
        drop(socket);
      }
    });
    // e.g. EMFILE: the connection at hand is lost, the listener lives on (R71)
    server.on('error', (error) => {
      if (server.listening) this.refused('connection error', error.message, '', 0);
    });
    this.servers.push(server);
    return server;
  }

  private accept(socket: Socket, shared: ConnectionOptions, isTls: boolean): void {
    const { remoteAddress, remotePort: port = 0 } = socket;
    // Reset before it was accepted: what it sent has no sender, and costs nobody an attempt.
    if (remoteAddress === undefined) {
      drop(socket);
      return this.refused('connection error', 'reset before it was accepted', '', 0);
    }
    const address = canonicalAddress(remoteAddress);
    const { trustedProxies } = this.options;
    if (trustedProxies === undefined || !isListed(trustedProxies, address))
      return this.welcome(socket, shared, address, port, 'clear', isTls);
    const refusal = this.roster.refusalInAll();
    if (refusal !== undefined) return this.turnAway(refusal, socket, address, port);
    const unbound = new Unbound({ displace: () => drop(socket) });
    const introduced = () => this.roster.introduced(unbound);
    this.roster.introduce(unbound);
    awaitProxyHeader(
      socket,
      this.rules.limits.handshakeTime,
      (header) => {
        introduced();
        const { address: from = address, port: fromPort = port } = header;
        const welcome = () => this.welcome(socket, shared, from, fromPort, 'clear', isTls);
        if (!this.within(welcome)) return drop(socket);
        // TLS reads from the handle on its own.
        if (!isTls) socket.resume();
      },
      (why, isSilent) => {
        introduced();
        // A health check of the balancer itself, most of the time.
        this.refused(isSilent ? 'connection error' : 'no PROXY header', why, address, port);
      },
      (error) => {
        introduced();
        this.options.events.defect(error, { connection: 0, address, port, channel: 'clear' });
      },
    );
  }

  private welcome(
    socket: Socket,
    shared: ConnectionOptions,
    address: string,
    port: number,
    channel: 'clear' | 'ldapi',
    isTls: boolean,
  ): void {
    // Its app is no longer configured; the port is closed with the next start.
    if (!this.current.has(shared.entrance)) return this.turnAway('app is gone', socket, address, port);
    const origin = this.roster.originOf(address);
    const refusal = this.roster.refusal(origin);
    if (refusal !== undefined) return this.turnAway(refusal, socket, address, port);
    const client = { id: ++this.serial, address, origin, port, channel };
    const connection = new Connection(client, socket, shared, this.roster);
    this.roster.enter(connection, new Stranger(connection));
    if (isTls) connection.secure();
  }

  /** What is thrown outside of a connection's own wall ends nothing. False if something was. */
  private within(step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      this.options.events.defect(error, NOBODY);
      return false;
    }
  }

  private turnAway(fault: ConnectionFault, socket: Socket, address: string, port: number): void {
    drop(socket);
    this.refused(fault, '', address, port);
  }

  private refused(fault: ConnectionFault, detail: string, address: string, port: number): void {
    this.options.events.fault(fault, detail, { connection: 0, address, port, channel: 'clear' });
  }

  private sweep(): void {
    const now = this.rules.gate.clock();
    let left = KEPT_ALIVE_PER_SWEEP;
    this.roster.each((connection) => {
      connection.sweep(now);
      if (left > 0 && connection.keepAlive()) left--;
    });
  }
}

function anyOf(doors: Doors): Rules {
  for (const { first } of doors.values()) return first;
  throw new Error('there is no door');
}

const NOBODY = { connection: 0, address: '', port: 0, channel: 'clear' } as const;

function drop(socket: Socket): void {
  socket.on('error', () => {});
  socket.destroy();
}
