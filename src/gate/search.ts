// The search: what may this session see, and then the directory's own search over just that.
import { compareEntry } from '../directory/compare.js';
import { compileFilter } from '../directory/evaluate.js';
import { Page } from '../directory/paging.js';
import type { EntrySource, Refinements, SearchEnd, SearchSpecials } from '../directory/search.js';
import { findEntry, openSearch } from '../directory/search.js';
import type { View } from '../directory/snapshot.js';
import { compileOrder } from '../directory/sort.js';
import type { Filter } from '../ldap/filter.js';
import type { CompareRequest, Control, LDAPResult, SearchRequest } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { encodePagedResults, encodeSortResult } from '../wire/controls.js';
import { encodeMessage } from '../wire/encode.js';
import { result } from './answer.js';
import type { GateContext } from './context.js';
import { currentSnapshot } from './context.js';
import { ControlType, type RequestControls } from './controls.js';
import { type Reason, reasonOfEnd } from './reason.js';
import type { Session } from './session.js';
import { Trace } from './trace.js';

/** A view, nothing at all (anonymous), or why there is none to be had at present. */
export type Sight = View | undefined | 'no-snapshot' | 'stale-snapshot';

/**
 * What the session may see: a service account everything in the snapshot, a user what the configuration says as long as it is a
 * member, anonymous nothing (the root DSE and the subschema are no part of a view and readable to all).
 */
export function authorize(session: Session, context: GateContext): Sight {
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
  | { readonly kind: 'cursor'; readonly cursor: EntrySource; readonly trace: Trace }
  | { readonly kind: 'refused'; readonly end: SearchEnd; readonly trace: Trace };

/** Opens a search, or takes up one that stood between two pages; the connection draws entries as fast as the client reads them. */
export function search(
  request: SearchRequest,
  controls: RequestControls,
  session: Session,
  context: GateContext,
): SearchOutcome {
  const trace = new Trace('search', context.clock);
  trace.name = request.baseObject;
  trace.request = request;
  trace.isPaged = controls.paged !== undefined;
  trace.account = nameOf(session);
  const sight = authorize(session, context);
  trace.step('authorize', describe(session, sight));
  const refuse = (code: ResultCode, reason: Reason, text = '', more: readonly Control[] = []): SearchOutcome => {
    const end = { result: result(code, text), controls: more };
    return { kind: 'refused', end, trace: trace.end(code, reason) };
  };
  if (typeof sight === 'string') return refuse(ResultCode.unavailable, sight);
  const specials = context.specials(session.channel);
  if (controls.assertion !== undefined && !holds(controls.assertion, request.baseObject, sight, specials))
    return refuse(ResultCode.assertionFailed, 'assertion-failed');

  const refined = refine(controls);
  if (refined.fault !== undefined && controls.sort?.critical === true)
    return refuse(ResultCode.unavailableCriticalExtension, 'critical-control', 'cannot sort by that', refined.controls);
  const deadline = request.timeLimit === 0 ? 0 : context.clock() + request.timeLimit * 1000;
  const open = () =>
    openSearch(sight, specials, request, { entries: context.searchEntries, deadline }, refined.refinements);
  const { paged } = controls;
  if (paged === undefined) return { kind: 'cursor', cursor: withControls(open(), refined.controls), trace };

  const key = requestKey(request, refined.controls);
  const isFirst = paged.cookie.length === 0;
  const source = isFirst ? open() : session.pages.resume(paged.cookie, key, context.clock());
  if (source === undefined)
    return refuse(ResultCode.unwillingToPerform, 'unknown-page', 'this page is not to be had any more');
  trace.step('evaluate', `${isFirst ? 'the first' : 'a further'} page of ${paged.size}`);
  // Size 0 ends a paged search (RFC 2696 3); its cookie has been used up by now.
  if (paged.size === 0 && !isFirst) return refuse(ResultCode.success, 'ok', '', [pagedControl(NO_COOKIE)]);
  source.renew(deadline);
  const page = new Page(source, paged.size, (rest, end) => {
    const cookie = rest === undefined ? NO_COOKIE : session.pages.keep(rest, key, context.clock(), context.random);
    return { ...end, controls: [...(end.controls ?? []), pagedControl(cookie)] };
  });
  return { kind: 'cursor', cursor: withControls(page, refined.controls), trace };
}

const NO_COOKIE = Buffer.alloc(0);

function pagedControl(cookie: Buffer): Control {
  return { type: ControlType.pagedResults, critical: false, value: encodePagedResults({ size: 0, cookie }) };
}

/** What has to be the same for a further page: everything that was asked, and how it is sorted. */
function requestKey(request: SearchRequest, controls: readonly Control[]): string {
  const same = { ...request, timeLimit: 0 };
  return encodeMessage({ messageID: 0, op: same, controls }).toString('latin1');
}

interface Refined {
  readonly refinements: Refinements;
  /** To be sent with the end of the search. */
  readonly controls: readonly Control[];
  /** Set if the sort that was asked for cannot be had. */
  readonly fault?: ResultCode;
}

function refine({ sort, matchedValues }: RequestControls): Refined {
  const values = matchedValues === undefined ? {} : { matchedValues };
  if (sort === undefined) return { refinements: values, controls: [] };
  const order = compileOrder(sort.keys);
  const answer = (code: ResultCode, attribute?: string): Control => {
    return { type: ControlType.sortResponse, critical: false, value: encodeSortResult(code, attribute) };
  };
  if (order.kind === 'order') return { refinements: { ...values, order }, controls: [answer(ResultCode.success)] };
  return { refinements: values, controls: [answer(order.code, order.attribute)], fault: order.code };
}

/** The same source, with controls at its end. */
function withControls(source: EntrySource, controls: readonly Control[]): EntrySource {
  if (controls.length === 0) return source;
  return {
    get examined() {
      return source.examined;
    },
    renew: (deadline) => source.renew(deadline),
    advance: (budget, now) => {
      const next = source.advance(budget, now);
      if (next === 'again' || 'kind' in next) return next;
      return { ...next, controls: [...controls, ...(next.controls ?? [])] };
    },
  };
}

/** Whether an assertion (RFC 4528) is TRUE for the named entry; a name that leads nowhere is told by the operation itself. */
function holds(assertion: Filter, name: string, sight: View | undefined, specials: SearchSpecials): boolean {
  const entry = findEntry(sight, specials, name);
  return entry === undefined || compileFilter(assertion)(entry) === 1;
}

/** Answers a compare from the same view that a search would have (RFC 4511 4.10). */
export function compare(
  request: CompareRequest,
  controls: RequestControls,
  session: Session,
  context: GateContext,
): { readonly result: LDAPResult; readonly trace: Trace } {
  const trace = new Trace('compare', context.clock);
  trace.name = request.entry;
  trace.account = nameOf(session);
  const sight = authorize(session, context);
  trace.step('authorize', describe(session, sight));
  const answer = (code: ResultCode, reason: Reason) => ({ result: result(code), trace: trace.end(code, reason) });
  if (typeof sight === 'string') return answer(ResultCode.unavailable, sight);
  const specials = context.specials(session.channel);
  if (controls.assertion !== undefined && !holds(controls.assertion, request.entry, sight, specials))
    return answer(ResultCode.assertionFailed, 'assertion-failed');
  const compared = compareEntry(sight, specials, request);
  return { result: compared, trace: trace.end(compared.code, reasonOfEnd(compared.code)) };
}

export function nameOf({ identity }: Session): string {
  return identity.kind === 'user' ? identity.uid : identity.kind === 'service' ? identity.dn : '';
}

function describe(session: Session, sight: Sight): string {
  if (typeof sight === 'string') return sight;
  if (sight === undefined) return `${session.identity.kind}: root DSE and subschema only`;
  return `${session.identity.kind}: ${sight.entries.length} entries in sight`;
}
