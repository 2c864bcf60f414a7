// The search: what may this session see, and then the directory's own search over just that.

import { compareEntry } from '../directory/compare.js';
import type { SearchCursor } from '../directory/search.js';
import { openSearch } from '../directory/search.js';
import type { View } from '../directory/snapshot.js';
import type { CompareRequest, LDAPResult, SearchRequest } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { result } from './answer.js';
import type { GateContext } from './context.js';
import { currentSnapshot } from './context.js';
import type { Reason } from './reason.js';
import type { Session } from './session.js';
import { Trace } from './trace.js';

/** A view, nothing at all (anonymous), or why there is none to be had at present. */
type Sight = View | undefined | 'no-snapshot' | 'stale-snapshot';

/**
 * What the session may see: a service account everything in the snapshot, a user what the configuration says as long as it is a
 * member, anonymous nothing (the root DSE and the subschema are no part of a view and readable to all).
 */
function authorize(session: Session, context: GateContext): Sight {
  const { identity } = session;
  if (identity.kind === 'anonymous') return undefined;
  const snapshot = currentSnapshot(context);
  if (typeof snapshot === 'string' || identity.kind === 'service') return snapshot;
  if (snapshot.user(identity.uid) === undefined) return undefined; // no longer a member: sees what anonymous sees (R92)
  switch (context.userSearch) {
    case 'all':
      return snapshot;
    case 'self':
      return snapshot.viewOf(identity.uid);
    case 'none':
      return snapshot.viewOf('');
  }
}

export type SearchOutcome =
  | { readonly kind: 'cursor'; readonly cursor: SearchCursor; readonly trace: Trace }
  | { readonly kind: 'refused'; readonly result: LDAPResult; readonly trace: Trace };

/** Opens a search; the connection draws entries from the cursor as fast as the client reads them. */
export function search(request: SearchRequest, session: Session, context: GateContext): SearchOutcome {
  const trace = new Trace('search', context.clock);
  trace.name = request.baseObject;
  const sight = authorize(session, context);
  trace.step('authorize', describe(session, sight));
  if (typeof sight === 'string') return { kind: 'refused', ...unavailable(sight, trace) };
  const deadline = request.timeLimit === 0 ? 0 : context.clock() + request.timeLimit * 1000;
  const cursor = openSearch(sight, context.specials, request, { entries: context.searchEntries, deadline });
  return { kind: 'cursor', cursor, trace };
}

/** Answers a compare from the same view that a search would have (RFC 4511 4.10). */
export function compare(
  request: CompareRequest,
  session: Session,
  context: GateContext,
): { readonly result: LDAPResult; readonly trace: Trace } {
  const trace = new Trace('compare', context.clock);
  trace.name = request.entry;
  const sight = authorize(session, context);
  trace.step('authorize', describe(session, sight));
  if (typeof sight === 'string') return unavailable(sight, trace);
  const answer = compareEntry(sight, context.specials, request);
  return { result: answer, trace: trace.end(answer.code, answer.code === 32 ? 'not-found' : 'ok') };
}

function unavailable(reason: Reason, trace: Trace): { result: LDAPResult; trace: Trace } {
  return { result: result(ResultCode.unavailable), trace: trace.end(ResultCode.unavailable, reason) };
}

function describe(session: Session, sight: Sight): string {
  if (typeof sight === 'string') return sight;
  if (sight === undefined) return `${session.identity.kind}: root DSE and subschema only`;
  return `${session.identity.kind}: ${sight.entries.length} entries in sight`;
}
