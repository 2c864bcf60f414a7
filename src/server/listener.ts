// The listener: accepts connections on ldap and ldaps, counts them, sweeps them, and drains them at the end.
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { GateContext } from '../gate/context.js';
import { Connection } from './connection.js';
import type { Fault, ServerEvents } from './events.js';
import type { Limits } from './limits.js';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface ListenerOptions {
  readonly gate: GateContext;
  readonly limits: Limits;
  readonly events: ServerEvents;
  readonly ldap: Endpoint | undefined;
  readonly ldaps: Endpoint | undefined;
  /** Needed for ldaps; with it ldap offers StartTLS. */
  readonly tls: SecureContext | undefined;
}

const SWEEP = 500;

export class Listener {
  private readonly servers: Server[] = [];
  private readonly connections = new Set<Connection>();
  private readonly perAddress = new Map<string, number>();
  private sweeper: NodeJS.Timeout | undefined;
  private serial = 0;
  private onEmpty: (() => void) | undefined;

  constructor(private readonly options: ListenerOptions) {}

  /** Opens the configured ports; port 0 takes a free one. Rejects with the system's error (e.g. EADDRINUSE). */
  async start(): Promise<{ ldap?: AddressInfo; ldaps?: AddressInfo }> {
    const { ldap, ldaps, tls } = this.options;
    const opened: { ldap?: AddressInfo; ldaps?: AddressInfo } = {};
    this.sweeper = setInterval(() => this.sweep(), SWEEP).unref();
    try {
      if (ldap !== undefined) opened.ldap = await this.open(ldap, undefined);
      if (ldaps !== undefined) {
        if (tls === undefined) throw new Error('ldaps needs a certificate');
        opened.ldaps = await this.open(ldaps, tls);
      }
    } catch (error) {
      await this.stop(0);
      throw error;
    }
    return opened;
  }

  get size(): number {
    return this.connections.size;
  }

  /** Accepts no more, lets operations under way finish for at most `time` ms, then destroys what is left (R102). */
  async stop(time: number): Promise<void> {
    const closed = this.servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const connection of this.connections) connection.drain();
    if (this.connections.size > 0) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, time);
        this.onEmpty = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
    for (const connection of this.connections) connection.destroy();
    clearInterval(this.sweeper);
    await Promise.all(closed);
  }

  private open(endpoint: Endpoint, implicitTls: SecureContext | undefined): Promise<AddressInfo> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.accept(socket, implicitTls));
    this.servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: endpoint.host, port: endpoint.port, backlog: 4096 }, () => {
        server.removeListener('error', reject);
        // e.g. EMFILE: the connection at hand is lost, the listener lives on (R71)
        server.on('error', (error) => this.refused('connection error', error.message, '', 0));
        resolve(server.address() as AddressInfo);
      });
    });
  }

  private accept(socket: Socket, implicitTls: SecureContext | undefined): void {
    const address = socket.remoteAddress ?? '';
    const port = socket.remotePort ?? 0;
    const { limits, gate, events, tls } = this.options;
    const fromHere = this.perAddress.get(address) ?? 0;
    if (this.connections.size >= limits.connections || fromHere >= limits.connectionsPerAddress) {
      socket.on('error', () => {});
      socket.destroy();
      const isFull = this.connections.size >= limits.connections;
      return this.refused(
        isFull ? 'too many connections' : 'too many connections from this address',
        '',
        address,
        port,
      );
    }
    this.perAddress.set(address, fromHere + 1);
    const connection = new Connection(++this.serial, socket, address, port, { gate, limits, events, tls }, () => {
      this.connections.delete(connection);
      const left = (this.perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.perAddress.delete(address);
      else this.perAddress.set(address, left);
      if (this.connections.size === 0) this.onEmpty?.();
    });
    this.connections.add(connection);
    if (implicitTls !== undefined) connection.secure(implicitTls);
  }

  private refused(fault: Fault, detail: string, address: string, port: number): void {
    this.options.events.fault(fault, detail, { connection: 0, address, port, secure: false });
  }

  private sweep(): void {
    const now = this.options.gate.clock();
    for (const connection of this.connections) connection.sweep(now);
  }
}
