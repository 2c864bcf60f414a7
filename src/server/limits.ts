// The ceilings of the listener. Times in milliseconds, sizes in bytes.

export interface Limits {
  /** Connections in all, and per source address. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Of one address that have never proved an identity, and are not about to: the oldest makes room for the next. */
  readonly unboundPerAddress: number;
  /** A connection that was never bound is closed after this time. 0: never. */
  readonly unboundTime: number;
  /** Size of one message after, and before, a successful bind. */
  readonly messageBytes: number;
  readonly messageBytesBeforeBind: number;
  /** From a message's first byte to its last (R68), and for a client to take what waits for it (R69). */
  readonly messageTime: number;
  readonly handshakeTime: number;
  /** 0: never. */
  readonly idleTime: number;
  /** Operations of one connection that run at the same time; what follows waits unread. */
  readonly pendingOperations: number;
  /** Bytes of one connection's requests under way, and of output that may wait for it, before further requests are left unread. */
  readonly pendingBytes: number;
  /** Bytes of requests under way of one address, and of all; a request beyond them is answered with busy (51). */
  readonly pendingBytesPerAddress: number;
  readonly pendingBytesInAll: number;
  /**
   * Bytes of one address, and of all, that clients have sent and that wait for the rest, or that wait for clients to read them. Beyond them a client
   * that has proved an identity waits, and any other is disconnected.
   */
  readonly keptBytesPerAddress: number;
  readonly keptBytesInAll: number;
  /** Entries that sorted searches may hold, of all clients; half of them of one address. */
  readonly rankedEntries: number;
}
