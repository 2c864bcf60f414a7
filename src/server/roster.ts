// Who is here: connections by their addresses, how many may be, and who makes room for whom.
import { addressBlock } from '../runtime/address.js';
import { type Indexed, IndexedSet } from '../runtime/indexed-set.js';
import { LinkedQueue } from '../runtime/linked-queue.js';
import { Budget } from './budget.js';
import { ClientAddress, type SharedBudgets, type Stranger, type Unbound } from './client-address.js';
import type { Client, ConnectionWatcher } from './connection-options.js';
import type { ConnectionFault } from './events.js';
import type { Limits } from './limits.js';

/** A connection as the roster knows it. */
export interface Guest extends Indexed {
  readonly client: Client;
  /** Until it has proved an identity. */
  stranger: Stranger | undefined;
}

/** Addresses that are kept when their last connection has left: a client that reconnects for each login finds its own again. */
const MOST_EMPTY = 64;

/** All connections by address, with their limits. Decides who gives way when there is no room. */
export class Roster<Member extends Guest> implements ConnectionWatcher<Member> {
  private readonly members = new IndexedSet<Member>();
  /** By their block. */
  private readonly origins = new Map<string, ClientAddress>();
  /** Those whose last connection has left; some are there more than once, or have a connection again. */
  private empty: ClientAddress[] = [];
  /** Connections that have not proved an identity so far, the oldest first: they make room when the house is full. */
  private readonly unbound = new LinkedQueue<Unbound>();
  private readonly inAll: SharedBudgets;
  /** Connections whose PROXY header is awaited. */
  private introducing = 0;
  /** Called when the last connection has left. */
  onEmpty: (() => void) | undefined;

  /** `limits`: as they are now. */
  constructor(private readonly limits: () => Limits) {
    this.inAll = {
      requests: new Budget(() => limits().pendingBytesInAll, 'listen.limits.pendingBytesInAll'),
      kept: new Budget(() => limits().keptBytesInAll, 'listen.limits.keptBytesInAll'),
      ranked: new Budget(() => limits().rankedEntries, 'listen.limits.rankedEntries'),
    };
  }

  get size(): number {
    return this.members.size;
  }

  each(use: (member: Member) => void): void {
    this.members.each(use);
  }

  /** What connections of this canonical address share. It is kept from the first that enters. */
  originOf(address: string): ClientAddress {
    const block = addressBlock(address);
    return this.origins.get(block) ?? new ClientAddress(block, this.limits, this.inAll);
  }

  /** Why one more of this address cannot come in, after the oldest without an identity has made room if there is one; undefined if it can. */
  refusal(origin: ClientAddress): ConnectionFault | undefined {
    if (origin.connections >= this.limits().connectionsPerAddress) return 'too many connections from this address';
    return this.refusalInAll();
  }

  /** The same for one whose address is not known so far. */
  refusalInAll(): ConnectionFault | undefined {
    const isFull = this.members.size + this.introducing >= this.limits().connections;
    return isFull && !this.makeRoom() ? 'too many connections' : undefined;
  }

  /** A connection has come in: it makes room for others until it has proved an identity. */
  enter(member: Member, stranger: Stranger): void {
    const { origin } = member.client;
    if (origin.unbound.size >= this.limits().unboundPerAddress) origin.unbound.take()?.whose.displace();
    member.stranger = stranger;
    origin.unbound.add(stranger.ofAddress);
    this.origins.set(origin.block, origin);
    origin.connections++;
    this.unbound.add(stranger.ofAll);
    this.members.add(member);
  }

  /** Its PROXY header is awaited. */
  introduce(unbound: Unbound): void {
    this.introducing++;
    this.unbound.add(unbound);
  }

  /** It is awaited no more. */
  introduced(unbound: Unbound): void {
    this.introducing--;
    this.unbound.remove(unbound);
  }

  asks({ client, stranger }: Member): void {
    if (stranger !== undefined) client.origin.unbound.remove(stranger.ofAddress);
  }

  fails({ client, stranger }: Member): void {
    if (stranger?.ofAll.queue !== undefined) client.origin.unbound.add(stranger.ofAddress);
  }

  bound(member: Member): void {
    this.asks(member);
    if (member.stranger !== undefined) this.unbound.remove(member.stranger.ofAll);
    member.stranger = undefined;
  }

  closed(member: Member): void {
    this.bound(member);
    this.members.delete(member);
    const { origin } = member.client;
    if (--origin.connections === 0) this.emptied(origin);
    if (this.members.size === 0) this.onEmpty?.();
  }

  private emptied(origin: ClientAddress): void {
    this.empty.push(origin);
    if (this.empty.length <= MOST_EMPTY) return;
    for (const { block, connections } of this.empty) if (connections === 0) this.origins.delete(block);
    this.empty = [];
  }

  /** The connection that has been here longest without an identity goes. False if there is none. */
  private makeRoom(): boolean {
    const oldest = this.unbound.take();
    oldest?.whose.displace();
    return oldest !== undefined;
  }
}
