// The ceilings of the listener. Times in milliseconds, sizes in octets.

export interface Limits {
  /** Connections in all, and per source address. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** A connection that was never bound is closed after this time. 0: never. */
  readonly unboundTime: number;
  /** Size of one message after, and before, a successful bind. */
  readonly messageBytes: number;
  readonly messageBytesBeforeBind: number;
  /** From a message's first octet to its last (R68), and for a client to take what waits for it (R69). */
  readonly messageTime: number;
  readonly handshakeTime: number;
  /** 0: never. */
  readonly idleTime: number;
  /** Operations of one connection that run at the same time; what is behind them waits unread. */
  readonly pendingOperations: number;
  /** Octets of one connection's requests under way, and of output that may wait for it, before further requests are left unread. */
  readonly pendingBytes: number;
  /** Octets of requests under way of one address, and of all; a search beyond them is answered with busy (51). */
  readonly pendingBytesPerAddress: number;
  readonly pendingBytesInAll: number;
  /** Entries that sorted searches may hold, of all clients; half of them of one address. */
  readonly rankedEntries: number;
}
