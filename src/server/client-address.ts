// The clients of one address, or of one /64 of IPv6: what they share of the server's time and memory.
import { anonymousSession, type Channel, type Session } from '../gate/session.js';
import { LinkedQueue, Queued } from '../runtime/linked-queue.js';
import { Budget } from './budget.js';
import { Lane } from './fair-scheduler.js';
import type { Limits } from './limits.js';

/** Who can make room for another. */
export interface Displaceable {
  displace(): void;
}

/** A connection's place in a list of those without an identity. */
export class Unbound extends Queued {
  constructor(readonly whose: Displaceable) {
    super();
  }
}

/** A connection without an identity: its place among all of them, and among those of its address. */
export class Stranger {
  readonly ofAll: Unbound;
  readonly ofAddress: Unbound;

  constructor(whose: Displaceable) {
    this.ofAll = new Unbound(whose);
    this.ofAddress = new Unbound(whose);
  }
}

/** What all clients share. */
export interface SharedBudgets {
  readonly requests: Budget;
  readonly kept: Budget;
  readonly ranked: Budget;
}

/** What the connections of one address share: scheduler lane, budgets, the list of unbound connections. */
export class ClientAddress extends Lane {
  connections = 0;
  /** Those that have not proved an identity so far and do not wait for an answer about one, the oldest first. */
  readonly unbound = new LinkedQueue<Unbound>();
  /** Bytes of the requests under way. */
  readonly requests: Budget;
  /** Bytes that wait for the rest of a message, or for the client to read them. */
  readonly kept: Budget;
  /** Entries held for sorting. */
  readonly ranked: Budget;
  private readonly rankedPerConnection: () => number;
  private readonly duringBind: Partial<Record<Channel, Session>> = {};

  /** `block`: as `addressBlock` says it. `inAll`: the budgets that this block has its share of. */
  constructor(
    readonly block: string,
    limits: () => Pick<Limits, 'pendingBytesPerAddress' | 'keptBytesPerAddress' | 'rankedEntries'>,
    inAll: SharedBudgets,
  ) {
    super();
    const octets = () => limits().pendingBytesPerAddress;
    this.requests = new Budget(octets, 'listen.limits.pendingBytesPerAddress', inAll.requests);
    const kept = () => limits().keptBytesPerAddress;
    this.kept = new Budget(kept, 'listen.limits.keptBytesPerAddress', inAll.kept);
    const entries = () => limits().rankedEntries / 2;
    this.ranked = new Budget(entries, 'listen.limits.rankedEntries', inAll.ranked);
    this.rankedPerConnection = () => limits().rankedEntries / 4;
  }

  /** What one connection of this address may hold for sorting: half of what the address may. */
  rankedOfConnection(): Budget {
    return new Budget(this.rankedPerConnection, 'listen.limits.rankedEntries', this.ranked);
  }

  /**
   * The session of a connection from a bind's request until its answer: it has no identity (R10), and no search of it can be kept. One does for
   * all connections of this address.
   */
  sessionDuringBind(channel: Channel): Session {
    const known = this.duringBind[channel];
    if (known !== undefined) return known;
    const session = anonymousSession(channel, this.block);
    session.pages.close();
    this.duringBind[channel] = session;
    return session;
  }
}
