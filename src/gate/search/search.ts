// The search: what may this session see, and then the directory's own search over just that.
import { Page } from '../../directory/paging.js';
import type { EntrySource, Refinements, SearchLimits } from '../../directory/search.js';
import { openSearch } from '../../directory/search.js';
import { compileOrder } from '../../directory/sort.js';
import { NO_VIEW } from '../../directory/view.js';
import type { Work } from '../../directory/work.js';
import type { Control, SearchRequest } from '../../ldap/message.js';
import { ResultCode } from '../../ldap/result-code.js';
import type { Schema } from '../../ldap/schema.js';
import { encodePagedResults, encodeSortResult } from '../../wire/controls.js';
import { encodeMessage } from '../../wire/encode.js';
import { result } from '../answer.js';
import { authorize, describeView, nameOf } from '../authorize.js';
import type { Answered, Operation, Outcome, Outstanding, Progress } from '../operation.js';
import { type Reason, reasonOfEnd } from '../reason.js';
import type { Session } from '../session.js';
import { Trace } from '../trace.js';
import { publishedSchema, type World } from '../world.js';
import { ControlType, type RequestControls } from './controls.js';

/** Opens a search, or takes up one that stood between two pages. */
export function search(
  request: SearchRequest,
  controls: RequestControls,
  session: Session,
  context: World,
  outstanding: Outstanding,
): Outcome {
  const trace = new Trace('search', context.clock);
  trace.name = request.baseObject;
  trace.request = request;
  trace.isPaged = controls.paged !== undefined;
  trace.account = nameOf(session);
  const view = authorize(session, context);
  trace.step('authorize', describeView(session, view));
  const refuse = (code: ResultCode, reason: Reason, text = '', more: readonly Control[] = []): Answered => ({
    response: { kind: 'searchResultDone', result: result(code, text) },
    controls: someOrNone(more),
    next: 'go on',
    trace: trace.end(code, reason),
  });
  if (request.excess !== undefined) {
    trace.step('evaluate', request.excess);
    return refuse(ResultCode.adminLimitExceeded, 'admin-limit', `${request.excess} is more than this server takes`);
  }
  if (typeof view === 'string') return refuse(ResultCode.unavailable, view);
  const specials = context.specials(session.channel, publishedSchema(context));
  const refined = refine(controls, view.schema);
  if (refined.fault !== undefined && controls.sort?.critical === true)
    return refuse(ResultCode.unavailableCriticalExtension, 'critical-control', 'cannot sort by that', refined.controls);
  const limits = limitsOf(request, context, outstanding);
  const open = () => openSearch(view, specials, request, limits, refined.refinements);
  const { paged } = controls;
  if (paged === undefined) return { running: new SearchOperation(open(), trace, refined.controls, request.weight) };

  // Who may see nothing any more gets no further page of what was visible before.
  const key = `${view === NO_VIEW ? '' : 'visible '}${requestKey(request, refined.controls)}`;
  const isFirst = paged.cookie.length === 0;
  const source = isFirst ? open() : session.pages.resume(paged.cookie, key, context.clock());
  if (source === undefined)
    return refuse(ResultCode.unwillingToPerform, 'unknown-page', 'the paged results cookie is no longer valid');
  trace.step('evaluate', `${isFirst ? 'the first' : 'a further'} page of ${paged.size}`);
  // Size 0 ends a paged search (RFC 2696 3); its cookie has been used up by now.
  if (paged.size === 0 && !isFirst) {
    source.release();
    return refuse(ResultCode.success, 'ok', '', [pagedControl(NO_COOKIE)]);
  }
  source.renew(limits.deadline, limits.serverDeadline);
  const page = new Page(source, paged.size, (rest, end) => {
    const cookie = rest === undefined ? NO_COOKIE : session.pages.keep(rest, key, context.clock(), context.random);
    return { ...end, controls: [...(end.controls ?? []), pagedControl(cookie)] };
  });
  return { running: new SearchOperation(page, trace, refined.controls, request.weight) };
}

/** None rather than an empty list: many clients never saw one. */
function someOrNone(controls: readonly Control[]): readonly Control[] | undefined {
  return controls.length === 0 ? undefined : controls;
}

function limitsOf({ timeLimit }: SearchRequest, context: World, { ranked: ranks }: Outstanding): SearchLimits {
  const { searchEntries: entries, searchWork: work, searchTime } = context;
  const now = context.clock();
  return {
    entries,
    work,
    ranks,
    deadline: timeLimit === 0 ? 0 : now + timeLimit * 1000,
    serverDeadline: searchTime === 0 ? 0 : now + searchTime,
  };
}

/** A search under way: entries as they are found, and then a SearchResultDone. It never waits for anybody. */
export class SearchOperation implements Operation {
  readonly isBind = false;
  wake: () => void = () => {};

  /** `controls` are sent with the end. */
  constructor(
    private readonly source: EntrySource,
    readonly trace: Trace,
    private readonly controls: readonly Control[],
    readonly weight = 0,
  ) {}

  /** Entries examined so far. */
  get examined(): number {
    return this.source.examined;
  }

  advance(work: Work, now: number): Progress {
    const next = this.source.advance(work, now);
    if (next === 'again') return next;
    if ('kind' in next) {
      this.trace.entries++;
      return next;
    }
    this.source.release();
    const { result: end, controls = [] } = next;
    const all = this.controls.length === 0 ? controls : [...this.controls, ...controls];
    return {
      response: { kind: 'searchResultDone', result: end },
      controls: someOrNone(all),
      trace: this.trace.end(end.code, reasonOfEnd(end.code)),
    };
  }

  abort(): 'over' {
    this.source.release();
    return 'over';
  }
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
  /** Set if the requested sort is not possible. */
  readonly fault?: ResultCode;
}

function refine({ sort, matchedValues, assertion }: RequestControls, schema: Schema): Refined {
  const values = {
    ...(matchedValues === undefined ? {} : { matchedValues }),
    ...(assertion === undefined ? {} : { assertion }),
  };
  if (sort === undefined) return { refinements: values, controls: [] };
  const order = compileOrder(sort.keys, schema);
  const answer = (code: ResultCode, attribute?: string): Control => {
    return { type: ControlType.sortResponse, critical: false, value: encodeSortResult(code, attribute) };
  };
  if (order.kind === 'order') return { refinements: { ...values, order }, controls: [answer(ResultCode.success)] };
  return { refinements: values, controls: [answer(order.code, order.attribute)], fault: order.code };
}
