// What the server tells about itself; ops/ renders it.
import type { Channel } from '../gate/session.js';
import type { Trace } from '../gate/trace.js';

export interface Source {
  /** Serial number of the connection, unique in this process. */
  readonly connection: number;
  /** Canonical (`canonicalAddress`); empty where there is none, as on a socket file. */
  readonly address: string;
  readonly port: number;
  readonly channel: Channel;
  /** The app that it is for, once that is known; undefined for the one without a name. */
  readonly app?: string | undefined;
  /** True if the client has not sent a byte. */
  readonly isSilent?: boolean;
}

/** Why a connection was ended by us or broke. */
export type ConnectionFault =
  | 'malformed message'
  | 'message too slow'
  | 'client does not read'
  | 'idle'
  | 'no bind in time'
  | 'displaced'
  | 'app is gone'
  | 'too much is kept for its address'
  | 'TLS handshake failed'
  | 'TLS handshake too slow'
  | 'too many connections'
  | 'too many connections from this address'
  | 'no PROXY header'
  | 'connection error';

export interface ServerEvents {
  operation(trace: Trace, source: Source): void;
  fault(fault: ConnectionFault, detail: string, source: Source): void;
  /** An exception that should not have been. `trace`: of the operation at fault, if it was one. */
  defect(error: unknown, source: Source, trace?: Trace): void;
}
