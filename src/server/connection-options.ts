// What a connection is made of: whose it is, what it shares with others, and who wants to know how it fares.
import type { Channel } from '../gate/session.js';
import type { BufferPool } from '../runtime/buffer-pool.js';
import type { ClientAddress } from './client-address.js';
import type { ServerEvents } from './events.js';
import type { FairScheduler } from './fair-scheduler.js';
import type { Door } from './rules.js';

export interface ConnectionOptions {
  /** The name of the door. */
  readonly entrance: string;
  /** What the listening socket leads to now. */
  readonly door: () => Door;
  readonly events: ServerEvents;
  /** Shared by all connections. */
  readonly scheduler: FairScheduler;
  readonly buffers: BufferPool;
}

/** Who it is that connected. */
export interface Client {
  readonly id: number;
  /** Canonical, for logs; empty where there is none. */
  readonly address: string;
  /** The clients that it shares limits with. */
  readonly origin: ClientAddress;
  readonly port: number;
  /** Before any TLS. */
  readonly channel: Channel;
}

/** What the listener wants to know. */
export interface ConnectionWatcher<Watched> {
  /** It waits for the outcome of a bind, and has no identity yet. */
  asks(connection: Watched): void;
  fails(connection: Watched): void;
  /** For the first time it has proved an identity. */
  bound(connection: Watched): void;
  closed(connection: Watched): void;
}
