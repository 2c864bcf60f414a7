// What one client may take its time for, and for how long (R60, R67 to R69). Times in milliseconds by the gate's clock.
import type { ConnectionState } from './connection-state.js';
import type { ConnectionFault } from './events.js';
import type { Limits } from './limits.js';

/** Time for a client to take the last bytes before its socket is destroyed. */
const FAREWELL = 1000;

/** The condition of a connection when it is checked. */
export interface Standing {
  readonly state: ConnectionState;
  /** Output waits for the client to read. */
  readonly isStalled: boolean;
  /** The rest of a message is waited for. */
  readonly isReading: boolean;
  /** Nothing is owed to the client. */
  readonly isIdle: boolean;
  /** It has proved an identity at some time. */
  readonly wasBound: boolean;
}

/** The deadlines of one connection. `overdue` names the one that has passed. */
export class Deadlines {
  private readonly begunAt: number;
  private stateSince: number;
  private lastActivity: number;
  private messageSince = 0;
  private stalledSince = 0;

  constructor(
    private readonly limits: Limits,
    private readonly clock: () => number,
  ) {
    this.begunAt = this.stateSince = this.lastActivity = clock();
  }

  stateBegan(): void {
    this.stateSince = this.clock();
  }

  /** The client sent or took something. */
  clientMoved(now = this.clock()): void {
    this.lastActivity = now;
  }

  /** True when bytes of a message are there without its end; false when there are none. Later bytes of the same message change nothing (R68). */
  messagePending(isPending: boolean): void {
    this.messageSince = isPending ? this.messageSince || this.clock() : 0;
  }

  /** A whole message was taken: what follows belongs to the next one. */
  messageTaken(): void {
    this.messageSince = 0;
  }

  outputStalled(): void {
    this.stalledSince = this.clock();
  }

  /** What has taken too long; 'gone' for a farewell that was not taken. */
  overdue(
    { state, isStalled, isReading, isIdle, wasBound }: Standing,
    now: number,
  ): ConnectionFault | 'gone' | undefined {
    const { limits } = this;
    switch (state) {
      case 'closed':
        return undefined;
      case 'awaiting TLS':
      case 'handshake due':
      case 'handshake':
        return now - this.stateSince > limits.handshakeTime ? 'TLS handshake too slow' : undefined;
      case 'closing':
        return now - this.stateSince > FAREWELL ? 'gone' : undefined;
      case 'open':
      case 'half-closed':
      case 'draining':
        if (isStalled) return now - this.stalledSince > limits.messageTime ? 'client does not read' : undefined;
        if (isReading && this.messageSince > 0 && now - this.messageSince > limits.messageTime)
          return 'message too slow';
        if (isIdle && !wasBound && limits.unboundTime > 0 && now - this.begunAt > limits.unboundTime)
          return 'no bind in time';
        return isIdle && limits.idleTime > 0 && now - this.lastActivity > limits.idleTime ? 'idle' : undefined;
    }
  }
}
