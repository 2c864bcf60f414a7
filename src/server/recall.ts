// Searches that are answered from the response cache: which they are, and what their trace says.
import type { View } from '../directory/view.js';
import { authorize, nameOf } from '../gate/authorize.js';
import type { Session } from '../gate/session.js';
import { Trace } from '../gate/trace.js';
import type { World } from '../gate/world.js';
import { plainSearchStart } from '../wire/envelope.js';
import type { Output } from './output.js';
import type { ResponseCache } from './response-cache.js';
import { Search } from './search-question.js';

/** The longest search, in bytes, whose response may be cached: a look-up of a longer one costs time, and it hardly ever comes twice. */
const LONGEST = 16 * 1024;

/**
 * What a message asks that is one plain search, from `at` to `end` of this memory; undefined for any other, and where nothing can be shown at
 * present. `now` by the gate's clock.
 */
export function plainSearch(
  memory: Buffer,
  at: number,
  end: number,
  session: Session,
  gate: World,
  responses: ResponseCache,
  now: number,
): Search | undefined {
  const start = end - at > LONGEST ? -1 : plainSearchStart(memory, at, end);
  if (start < 0) return undefined;
  const view: View | string = authorize(session, gate, now);
  if (typeof view === 'string') return undefined;
  responses.follow(gate.snapshot());
  return Search.of(memory, at, start, end, view, session.channel);
}

/**
 * Repeats the cached response to a search byte for byte, without decoding the search. Undefined if there is none; otherwise the trace, which has
 * ended.
 */
export function recall(
  search: Search,
  session: Session,
  gate: World,
  responses: ResponseCache,
  output: Output,
  now: number,
): Trace | undefined {
  const response = responses.find(search);
  if (response === undefined) return undefined;
  const trace = new Trace('search', gate.clock, now);
  trace.account = nameOf(session);
  responses.tell(response, search, output, trace);
  return trace;
}
