// The states of a connection: everything that moves a connection from one to another is in this table (after h11's _state.py).

export type ConnectionState =
  /** Reads requests, carries them out, writes responses. */
  | 'open'
  /** TLS is due, and the client has not begun it. */
  | 'awaiting TLS'
  /** The client has begun TLS: the handshake has its turn soon. */
  | 'handshake due'
  | 'handshake'
  /** The client sends no more, and may still read: what it has sent is answered (R60). */
  | 'half-closed'
  /** The server is stopping: no further request is taken, those under way are answered (R102). */
  | 'draining'
  /** The last bytes are on their way; what still arrives is discarded. */
  | 'closing'
  | 'closed';

export type ConnectionEvent =
  /** The client connected to ldaps, or StartTLS was answered. */
  | 'TLS due'
  | 'client began TLS'
  | 'handshake began'
  | 'secured'
  | 'client ended'
  | 'server stops'
  /** Nothing is owed to the client, and nothing it has sent is left. */
  | 'settled'
  /** We end it, behind what is written: unbind, Notice of Disconnection. */
  | 'farewell'
  /** We end it immediately, or it broke. */
  | 'abort'
  | 'socket closed';

type Row = { readonly [Event in ConnectionEvent]?: ConnectionState };

const ENDS: Row = { farewell: 'closing', abort: 'closing', 'socket closed': 'closed' };
/** Without TLS nothing can be sent: what would otherwise end it in order ends it immediately. */
const SECURING: Row = { ...ENDS, 'client ended': 'closing', 'server stops': 'closing' };

/** An event that a state has no entry for changes nothing. */
export const CONNECTION_STATES: Readonly<Record<ConnectionState, Row>> = {
  open: { ...ENDS, 'TLS due': 'awaiting TLS', 'client ended': 'half-closed', 'server stops': 'draining' },
  'awaiting TLS': { ...SECURING, 'client began TLS': 'handshake due' },
  'handshake due': { ...SECURING, 'handshake began': 'handshake' },
  handshake: { ...SECURING, secured: 'open' },
  // A client that sends no more cannot begin TLS either.
  'half-closed': { ...ENDS, 'TLS due': 'closing', 'server stops': 'draining', settled: 'closing' },
  draining: { ...ENDS, 'TLS due': 'closing', settled: 'closing' },
  closing: { 'socket closed': 'closed' },
  closed: {},
};

/** The state after the event. */
export function nextState(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  return CONNECTION_STATES[state][event] ?? state;
}

/** What a state allows. */
export interface Rights {
  /** Bytes from the client are kept and read as requests. */
  readonly reads: boolean;
  /** Requests that were received are taken up. */
  readonly takes: boolean;
  /** Responses are written. */
  readonly writes: boolean;
}

const NOTHING: Rights = { reads: false, takes: false, writes: false };

export const RIGHTS: Readonly<Record<ConnectionState, Rights>> = {
  open: { reads: true, takes: true, writes: true },
  'awaiting TLS': NOTHING,
  'handshake due': NOTHING,
  handshake: NOTHING,
  'half-closed': { reads: false, takes: true, writes: true },
  draining: { reads: false, takes: false, writes: true },
  closing: NOTHING,
  closed: NOTHING,
};
