// A search over one view, drawn step by step so that a long one never holds the event loop (RFC 4511 4.5).
import type { Filter } from '../ldap/filter.js';
import type { Control, LDAPResult, SearchRequest, SearchResultEntry } from '../ldap/message.js';
import { result } from '../ldap/result.js';
import { ResultCode } from '../ldap/result-code.js';
import type { Schema } from '../ldap/schema.js';
import type { Steps } from '../runtime/cooperative.js';
import { findEntry, locate, nameUnits, noSuchObject, type SearchSpecials } from './base-object.js';
import { Candidates } from './candidates.js';
import type { SnapshotEntry } from './entry.js';
import { type CompiledFilter, compileSteps, evaluate, TOO_MUCH } from './filter-evaluation.js';
import { nameOfBase } from './identified-base.js';
import { forgetMaking } from './making.js';
import { compileSelection, compileSelectionQuickly, type Selection } from './select.js';
import { type Order, SortedEntries } from './sort.js';
import type { Plan, View } from './view.js';
import { type RankBudget, UNLIMITED_RANKS, Work } from './work.js';

export { findEntry, findSpecial, noSuchObject, type SearchSpecials } from './base-object.js';

export interface SearchLimits {
  /** Entries returned at most, whatever the client allows. */
  readonly entries: number;
  /** The client's own time limit, by the clock that is passed to `advance`, in milliseconds; 0: none. */
  readonly deadline: number;
  /** The server's (`listen.limits.searchTime`), likewise. */
  readonly serverDeadline: number;
  /** Units of work that the search may spend in all, on all its pages (`listen.limits.searchWork`); 0: no limit. */
  readonly work: number;
  /** Room for entries that the search keeps (`listen.limits.rankedEntries`). */
  readonly ranks: RankBudget;
}

/** For searches of our own. */
export const NO_LIMITS: SearchLimits = {
  entries: Number.MAX_SAFE_INTEGER,
  deadline: 0,
  serverDeadline: 0,
  work: 0,
  ranks: UNLIMITED_RANKS,
};

/** What controls add to a search. */
export interface Refinements {
  readonly order?: Extract<Order, { kind: 'order' }>;
  /** Only values that match one of these are returned (RFC 3876). */
  readonly matchedValues?: readonly Filter[];
  /** Has to be TRUE of the base object, or nothing is searched (RFC 4528). */
  readonly assertion?: Filter;
}

/** The end of a search, or of one page of it. */
export interface SearchEnd {
  readonly result: LDAPResult;
  readonly controls?: readonly Control[];
}

/** Entries on demand. */
export interface EntrySource {
  /** Entries examined so far. */
  readonly examined: number;
  /**
   * The next entry; 'again' when `work` is spent; or the end. It spends `work` and overdraws it by MOST_OVERDRAW at most, beyond what it
   * charges for an entry that it returns. `now` in milliseconds.
   */
  advance(work: Work, now: number): SearchResultEntry | 'again' | SearchEnd;
  /** New time limits by the clock that is passed to `advance`, the client's and the server's; 0: none. */
  renew(deadline: number, serverDeadline?: number): void;
  /** To be called once, when the search is over, abandoned or its client gone: gives back what it holds of shared budgets. */
  release(): void;
}

/** Opens a search. Nothing is done before the first `advance`. */
export function openSearch(
  view: View,
  specials: SearchSpecials,
  request: SearchRequest,
  limits: SearchLimits,
  refinements: Refinements = {},
): EntrySource {
  return new SearchCursor(view, specials, request, limits, refinements);
}

/** An assertion control (RFC 4528). True without an entry: the operation itself reports a name that does not exist. */
export function* assertionHolds(
  assertion: Filter,
  entry: SnapshotEntry | undefined,
  work: Work,
  schema: Schema,
): Steps<boolean> {
  if (entry === undefined) return true;
  return (yield* evaluate(yield* compileSteps(assertion, work, schema), entry, work)) === 1;
}

/** What a step of a search comes to: an entry to return, the end, or neither. */
type Outcome = SearchResultEntry | LDAPResult | undefined;

/** A search whose base, filter and candidates are known. */
interface Scan {
  readonly candidates: Candidates;
  readonly within: (entry: SnapshotEntry) => boolean;
  readonly filter: CompiledFilter;
  readonly selection: Selection;
  /** Entries returned at most. */
  readonly most: number;
}

/**
 * How far a search has come. Ordinary entries are looked at in a plain loop, which costs no more than it would without interruptions; what
 * may take long is `under way` as a generator until it is done.
 */
class SearchCursor implements EntrySource {
  examined = 0;
  private returned = 0;
  /** What this turn may spend. */
  private readonly meter = new Work(0);
  /** Units that are left of all that the search may spend. */
  private left: number;
  private deadline: number;
  private serverDeadline: number;
  private end: SearchEnd | undefined;
  private underWay: Steps<Outcome> | undefined;
  private scan: Scan | undefined;
  /** Where hits are collected first, if they are to come in order. */
  private sorted: SortedEntries | undefined;

  constructor(
    view: View,
    specials: SearchSpecials,
    request: SearchRequest,
    private readonly limits: SearchLimits,
    refinements: Refinements,
  ) {
    this.left = limits.work === 0 ? Number.POSITIVE_INFINITY : limits.work;
    this.deadline = limits.deadline;
    this.serverDeadline = limits.serverDeadline;
    this.underWay = this.open(view, specials, request, refinements);
  }

  renew(deadline: number, serverDeadline = 0): void {
    this.deadline = deadline;
    this.serverDeadline = serverDeadline;
  }

  release(): void {
    this.finish(this.end ?? ABANDONED);
  }

  advance(work: Work, now: number): SearchResultEntry | 'again' | SearchEnd {
    if (this.end !== undefined) return this.end;
    if (this.deadline > 0 && now > this.deadline) return this.finish(TIME_LIMIT);
    if (this.serverDeadline > 0 && now > this.serverDeadline) return this.finish(SERVER_TIME_LIMIT);
    const { meter } = this;
    forgetMaking();
    const allowance = Math.min(work.left, this.left, MOST_AT_ONCE) | 0;
    meter.left = allowance;
    let outcome: Outcome;
    while (outcome === undefined && meter.left > 0) outcome = this.step();
    const spent = allowance - meter.left;
    work.left -= spent;
    this.left -= spent;
    if (outcome === undefined) return this.left <= 0 ? this.finish(WORK_LIMIT) : 'again';
    return 'kind' in outcome ? outcome : this.finish({ result: outcome });
  }

  private finish(end: SearchEnd): SearchEnd {
    this.end = end;
    this.sorted?.release();
    this.scan?.candidates.release();
    this.sorted = this.scan = this.underWay = undefined;
    return end;
  }

  private step(): Outcome {
    const { underWay, scan, sorted, meter } = this;
    if (underWay !== undefined) {
      const { done: isDone, value } = underWay.next();
      if (isDone !== true) return undefined;
      // Unless it has left something else to be done.
      if (this.underWay === underWay) this.underWay = undefined;
      return value;
    }
    if (scan === undefined) return SUCCESS; // never: what opens the search makes one, or ends it
    if (sorted === undefined) return this.look(scan);
    const entry = sorted.take(meter);
    if (entry === undefined) return sorted.hasMore ? SIZE_LIMIT : SUCCESS;
    return this.select(entry, scan);
  }

  /** Looks at entries up to the next hit, or until something takes long. */
  private look(scan: Scan): Outcome {
    const { meter } = this;
    const { candidates, within, filter } = scan;
    while (meter.left > 0) {
      const entry = candidates.next(meter);
      if (entry === undefined) return SUCCESS;
      if (entry === 'again') continue;
      this.examined++;
      if (!within(entry)) continue;
      const truth = filter.quick(entry, meter);
      if (truth === TOO_MUCH) {
        this.underWay = this.lookSlowly(entry, scan);
        return undefined;
      }
      if (truth === 1) return this.hit(entry, scan);
    }
    return undefined;
  }

  private *lookSlowly(entry: SnapshotEntry, scan: Scan): Steps<Outcome> {
    const isHit = (yield* scan.filter.steps(entry, this.meter)) === 1;
    return isHit ? this.hit(entry, scan) : undefined;
  }

  private hit(entry: SnapshotEntry, scan: Scan): Outcome {
    if (this.returned === scan.most) return SIZE_LIMIT;
    return this.select(entry, scan);
  }

  private select(entry: SnapshotEntry, { selection }: Scan): Outcome {
    this.returned++;
    const quick = selection.quick(entry, this.meter);
    if (quick === undefined) this.underWay = selection.steps(entry, this.meter);
    return quick;
  }

  private *open(
    view: View,
    specials: SearchSpecials,
    asked: SearchRequest,
    { order, matchedValues, assertion }: Refinements,
  ): Steps<Outcome> {
    const { meter, limits } = this;
    const { schema } = view;
    meter.left -= nameUnits(asked.baseObject);
    let request = asked;
    if (asked.baseObject.startsWith('<')) {
      const baseObject = yield* nameOfBase(view, asked.baseObject, meter, limits.ranks);
      if (baseObject === undefined) return noSuchObject(view, '');
      request = { ...asked, baseObject };
    }
    const located = locate(view, specials, request);
    if (assertion !== undefined) {
      const entry = findEntry(view, specials, request.baseObject);
      if (!(yield* assertionHolds(assertion, entry, meter, schema))) return result(ResultCode.assertionFailed);
    }
    if (located.kind === 'end') return located.result;
    const most = request.sizeLimit === 0 ? limits.entries : Math.min(request.sizeLimit, limits.entries);
    const filter = yield* compileSteps(request.filter, meter, schema);
    const { attributes, typesOnly } = request;
    const quickSelection =
      matchedValues === undefined ? compileSelectionQuickly(attributes, typesOnly, meter, schema) : undefined;
    const selection = quickSelection ?? (yield* compileSelection(attributes, typesOnly, matchedValues, meter, schema));
    const isOne = located.kind === 'entry';
    const plan = isOne
      ? onlyOf(located.entry)
      : (view.planQuickly(filter, meter) ?? (yield* view.planSteps(filter, meter)));
    const candidates = new Candidates(plan, view, limits.ranks);
    const scan = { candidates, within: isOne ? ALWAYS : located.within, filter, selection, most };
    this.scan = scan;
    if (order === undefined) return undefined;
    this.sorted = new SortedEntries(order.criteria, most, limits.ranks);
    return yield* this.collect(scan, this.sorted);
  }

  /** Collects the hits of a search whose results must be sorted; an end if there is no room for them. */
  private *collect({ candidates, within, filter }: Scan, sorted: SortedEntries): Steps<Outcome> {
    const { meter } = this;
    for (;;) {
      if (meter.left <= 0) yield;
      const entry = candidates.next(meter);
      if (entry === undefined) break;
      if (entry === 'again') continue;
      this.examined++;
      const isHit = within(entry) && (yield* evaluate(filter, entry, meter)) === 1;
      if (isHit && !(yield* sorted.add(entry, meter))) return RANK_LIMIT;
    }
    candidates.release();
    yield* sorted.finish(meter);
    return undefined;
  }
}

const ALWAYS = () => true;
/** Units: a small integer. */
const MOST_AT_ONCE = 2 ** 30;
const SUCCESS = result(ResultCode.success);
const SIZE_LIMIT = result(ResultCode.sizeLimitExceeded);
const ABANDONED: SearchEnd = { result: SUCCESS };
const TIME_LIMIT: SearchEnd = { result: result(ResultCode.timeLimitExceeded) };
const beyond = (code: ResultCode, what: string, key: string) =>
  result(code, `${what} (listen.limits.${key} of the server)`);
const SERVER_TIME_LIMIT: SearchEnd = {
  result: beyond(ResultCode.timeLimitExceeded, 'the search takes too long', 'searchTime'),
};
const WORK_LIMIT: SearchEnd = {
  result: beyond(ResultCode.adminLimitExceeded, 'the search costs too much work', 'searchWork'),
};
const RANK_LIMIT = beyond(ResultCode.adminLimitExceeded, 'too many entries are being sorted', 'rankedEntries');

function onlyOf(entry: SnapshotEntry): Plan {
  return { lists: [[entry]], most: 1, indexes: undefined };
}
