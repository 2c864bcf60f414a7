// The clients of one address: what they share of the server's time and memory.
import { Budget } from './budget.js';
import { Lane } from './fair-scheduler.js';

/** The ceilings of one address. */
export interface AddressLimits {
  readonly pendingBytesPerAddress: number;
}

export class ClientAddress extends Lane {
  connections = 0;
  /** Octets of the requests under way. */
  readonly requests: Budget;

  constructor(
    readonly address: string,
    limits: () => AddressLimits,
    inAll: Budget,
  ) {
    super();
    const most = () => limits().pendingBytesPerAddress;
    this.requests = new Budget(most, 'listen.limits.pendingBytesPerAddress', inAll);
  }
}
