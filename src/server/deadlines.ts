// What one client may take its time for, and for how long (R60, R67 to R69). Times in milliseconds by the gate's clock.
import type { Fault } from './events.js';
import type { Limits } from './limits.js';

/** Time for a client to take the last octets before its socket is destroyed. */
const FAREWELL = 1000;

/** Where a connection is in its life. */
export type Phase =
  | 'open'
  | 'handshake'
  /** Nothing is read any more; what is owed is still answered. */
  | 'ending'
  /** The last octets are on their way; whatever still arrives is thrown away. */
  | 'closing'
  | 'closed';

/** How a connection stands when it is looked at. */
export interface Standing {
  readonly phase: Phase;
  /** Output waits for the client to read. */
  readonly isStalled: boolean;
  /** The rest of a message is waited for. */
  readonly isReading: boolean;
  /** Nothing is owed to the client. */
  readonly isIdle: boolean;
}

export class Deadlines {
  private phaseSince: number;
  private lastActivity: number;
  private messageSince = 0;
  private stalledSince = 0;

  constructor(
    private readonly limits: Limits,
    private readonly clock: () => number,
  ) {
    this.phaseSince = this.lastActivity = clock();
  }

  phaseBegan(): void {
    this.phaseSince = this.clock();
  }

  /** The client sent or took something. */
  clientMoved(): void {
    this.lastActivity = this.clock();
  }

  /** Octets of a message are there without its end; false when none are. Later octets of the same message change nothing (R68). */
  messagePending(isPending: boolean): void {
    this.messageSince = isPending ? this.messageSince || this.clock() : 0;
  }

  /** A whole message was taken: what is behind it belongs to the next one. */
  messageTaken(): void {
    this.messageSince = 0;
  }

  outputStalled(): void {
    this.stalledSince = this.clock();
  }

  /** What has taken too long; 'gone' for a farewell that was not taken. */
  overdue({ phase, isStalled, isReading, isIdle }: Standing, now: number): Fault | 'gone' | undefined {
    const { limits } = this;
    switch (phase) {
      case 'closed':
        return undefined;
      case 'handshake':
        return now - this.phaseSince > limits.handshakeTime ? 'TLS handshake too slow' : undefined;
      case 'closing':
        return now - this.phaseSince > FAREWELL ? 'gone' : undefined;
      case 'open':
      case 'ending':
        if (isStalled) return now - this.stalledSince > limits.messageTime ? 'client does not read' : undefined;
        if (isReading && this.messageSince > 0 && now - this.messageSince > limits.messageTime)
          return 'message too slow';
        return isIdle && limits.idleTime > 0 && now - this.lastActivity > limits.idleTime ? 'idle' : undefined;
    }
  }
}
