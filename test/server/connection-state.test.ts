// The table of a connection's states: walked through in every way, without a socket.
import fc from 'fast-check';
import t from 'tap';
import {
  CONNECTION_STATES,
  type ConnectionEvent,
  type ConnectionState,
  nextState,
  RIGHTS,
} from '../../src/server/connection-state.js';

const STATES = Object.keys(CONNECTION_STATES) as ConnectionState[];
const EVENTS: readonly ConnectionEvent[] = [
  'TLS due',
  'client began TLS',
  'handshake began',
  'secured',
  'client ended',
  'server stops',
  'settled',
  'farewell',
  'abort',
  'socket closed',
];
const walk = (from: ConnectionState, events: readonly ConnectionEvent[]) => events.reduce(nextState, from);

/** What happens, and where it leads. */
const WALKS: readonly [string, ConnectionState, readonly ConnectionEvent[], ConnectionState][] = [
  ['unbind', 'open', ['farewell'], 'closing'],
  ['the client closes', 'open', ['client ended', 'settled', 'socket closed'], 'closed'],
  ['the client closes after its last request', 'open', ['client ended'], 'half-closed'],
  ['StartTLS', 'open', ['TLS due', 'client began TLS', 'handshake began', 'secured'], 'open'],
  ['StartTLS by a client that sends no more', 'open', ['client ended', 'TLS due'], 'closing'],
  ['a client that leaves before TLS', 'awaiting TLS', ['client ended'], 'closing'],
  ['a client that leaves in the handshake', 'handshake', ['client ended'], 'closing'],
  ['the server stops', 'open', ['server stops', 'settled', 'socket closed'], 'closed'],
  ['the server stops while something is under way', 'open', ['server stops'], 'draining'],
  ['the server stops in a handshake', 'handshake', ['server stops'], 'closing'],
  ['the client ends while the server stops', 'draining', ['client ended'], 'draining'],
  ['a broken connection', 'open', ['abort', 'socket closed'], 'closed'],
  ['secured without a handshake', 'open', ['secured'], 'open'],
  ['nothing is owed by an open connection', 'open', ['settled'], 'open'],
];

for (const [name, from, events, to] of WALKS) t.test(name, async (t) => t.equal(walk(from, events), to));

t.test('whatever happens, in whatever order', async (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...STATES), fc.array(fc.constantFrom(...EVENTS), { maxLength: 30 }), (from, events) => {
      let state = from;
      for (const event of events) {
        const next = nextState(state, event);
        // What is over does not begin again.
        if (state === 'closed') return next === 'closed';
        if (state === 'closing' && next !== 'closing' && next !== 'closed') return false;
        // Nothing is read in cleartext between the answer to StartTLS and the end of the handshake (R65).
        if (state === 'open' && event === 'TLS due' && RIGHTS[next].reads) return false;
        // Only a whole handshake leads out of TLS that is due.
        const isSecuring = ['awaiting TLS', 'handshake due', 'handshake'].includes(state);
        if (isSecuring && next === 'open' && !(state === 'handshake' && event === 'secured')) return false;
        state = next;
      }
      return nextState(state, 'socket closed') === 'closed';
    }),
    { numRuns: 5000 },
  );
  t.pass();
});

t.test(
  'every state can be ended, immediately and politely, and a state that takes requests writes responses',
  async (t) => {
    for (const state of STATES.filter((each) => each !== 'closing' && each !== 'closed')) {
      t.equal(nextState(state, 'abort'), 'closing', state);
      t.equal(nextState(state, 'farewell'), 'closing', state);
      t.ok(RIGHTS[state].writes || !RIGHTS[state].takes, state);
      t.ok(RIGHTS[state].takes || !RIGHTS[state].reads, state);
    }
  },
);
