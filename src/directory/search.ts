// A search over one view, drawn step by step so that a long one never holds the event loop (RFC 4511 4.5).
import { dnKey, LONGEST_NAME, parseDN, superiorKeys } from '../ldap/dn.js';
import type { Filter } from '../ldap/filter.js';
import type { Control, LDAPResult, SearchRequest, SearchResultEntry } from '../ldap/message.js';
import { Scope } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import type { Steps } from '../steps.js';
import { Candidates } from './candidates.js';
import type { SnapshotEntry } from './entry.js';
import { type CompiledFilter, compileSteps, evaluate, TOO_MUCH } from './evaluate.js';
import { compileSelection, type Selection } from './select.js';
import { type Order, SortedEntries } from './sort.js';
import type { Plan, View } from './view.js';
import { type RankBudget, UNLIMITED_RANKS, Work } from './work.js';

/** Entries that belong to no view and are readable to everybody (R28). */
export interface SearchSpecials {
  readonly rootDSE: SnapshotEntry;
  readonly subschema: SnapshotEntry;
}

export interface SearchLimits {
  /** Entries returned at most, whatever the client allows. */
  readonly entries: number;
  /** The client's own time limit, by the clock that `advance` is told, in milliseconds; 0: none. */
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

const done = (code: ResultCode, text = '', matchedDN = ''): LDAPResult => ({ code, matchedDN, text });

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
  /** New time limits by the clock that `advance` is told, the client's and the server's; 0: none. */
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

/** Where a base leads: to entries to look at, or to the final result. */
type Located =
  | { readonly kind: 'entry'; readonly entry: SnapshotEntry }
  | { readonly kind: 'below'; readonly within: (entry: SnapshotEntry) => boolean }
  | { readonly kind: 'end'; readonly result: LDAPResult };

function locate(view: View, specials: SearchSpecials, { scope, baseObject }: SearchRequest): Located {
  const end = (code: ResultCode, text = ''): Located => ({ kind: 'end', result: done(code, text) });
  const base = parseDN(baseObject);
  if (base === undefined) return end(ResultCode.invalidDNSyntax, 'invalid DN');
  const key = dnKey(base);
  const special = findSpecial(key, specials);
  if (special !== undefined) {
    const isItself = scope === Scope.baseObject || (scope === Scope.wholeSubtree && special !== specials.rootDSE);
    if (isItself) return { kind: 'entry', entry: special };
    return end(special === specials.subschema ? ResultCode.success : ResultCode.noSuchObject);
  }
  const entry = view.find(key);
  if (entry === undefined) return { kind: 'end', result: noSuchObject(view, baseObject) };
  switch (scope) {
    case Scope.baseObject:
      return { kind: 'entry', entry };
    case Scope.singleLevel:
      return { kind: 'below', within: ({ parentKey }) => parentKey === key };
    case Scope.wholeSubtree:
      return { kind: 'below', within: (other) => other.key === key || other.superiors.includes(key) };
    case Scope.subordinateSubtree:
      return { kind: 'below', within: ({ superiors }) => superiors.includes(key) };
  }
}

/** The entry of this name that the view shows, the root DSE and the subschema included. */
export function findEntry(view: View, specials: SearchSpecials, name: string): SnapshotEntry | undefined {
  const dn = parseDN(name);
  if (dn === undefined) return undefined;
  const key = dnKey(dn);
  return findSpecial(key, specials) ?? view.find(key);
}

/** The root DSE or the subschema, by dnKey. */
export function findSpecial(key: string, specials: SearchSpecials): SnapshotEntry | undefined {
  if (key === specials.rootDSE.key) return specials.rootDSE;
  return key === specials.subschema.key ? specials.subschema : undefined;
}

/** 32, with the nearest superior that the view shows (RFC 4511 4.1.9); alike for hidden and missing entries (R30). */
export function noSuchObject(view: View, name: string): LDAPResult {
  if (view.entries.length === 0) return done(ResultCode.noSuchObject);
  for (const key of superiorKeys(parseDN(name) ?? [])) {
    const superior = view.find(key);
    if (superior !== undefined) return done(ResultCode.noSuchObject, '', superior.dn);
  }
  return done(ResultCode.noSuchObject);
}

/** Units for reading a name, by its characters: normalizing it is a part of that. */
export function nameUnits(name: string): number {
  return 1 + (Math.min(name.length, LONGEST_NAME) >> 1);
}

/** An assertion control (RFC 4528): a name that leads nowhere is told by the operation itself. */
export function* assertionHolds(assertion: Filter, entry: SnapshotEntry | undefined, work: Work): Steps<boolean> {
  if (entry === undefined) return true;
  return (yield* evaluate(yield* compileSteps(assertion, work), entry, work)) === 1;
}

/** How far a search has come. */
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
  private candidates: Candidates | undefined;
  private sorted: SortedEntries | undefined;
  private readonly running: Generator<SearchResultEntry | void, LDAPResult, void>;

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
    this.running = this.run(view, specials, request, refinements);
  }

  renew(deadline: number, serverDeadline = 0): void {
    this.deadline = deadline;
    this.serverDeadline = serverDeadline;
  }

  release(): void {
    this.finish(this.end ?? { result: done(ResultCode.success) });
  }

  advance(work: Work, now: number): SearchResultEntry | 'again' | SearchEnd {
    if (this.end !== undefined) return this.end;
    if (this.deadline > 0 && now > this.deadline) return this.finish(TIME_LIMIT);
    if (this.serverDeadline > 0 && now > this.serverDeadline) return this.finish(SERVER_TIME_LIMIT);
    if (this.left <= 0) return this.finish(WORK_LIMIT);
    const { meter } = this;
    const allowance = Math.min(work.left, this.left);
    meter.left = allowance;
    while (meter.left > 0) {
      const { done: isDone, value } = this.running.next();
      if (isDone !== true && value === undefined) continue;
      this.spend(work, allowance - meter.left);
      return isDone === true ? this.finish({ result: value }) : value!;
    }
    this.spend(work, allowance - meter.left);
    return this.left <= 0 ? this.finish(WORK_LIMIT) : 'again';
  }

  private spend(work: Work, units: number): void {
    work.left -= units;
    this.left -= units;
  }

  private finish(end: SearchEnd): SearchEnd {
    this.end = end;
    this.running.return(end.result);
    this.sorted?.release();
    this.candidates?.release();
    this.sorted = this.candidates = undefined;
    return end;
  }

  private *run(
    view: View,
    specials: SearchSpecials,
    request: SearchRequest,
    { order, matchedValues, assertion }: Refinements,
  ): Generator<SearchResultEntry | void, LDAPResult, void> {
    const { meter, limits } = this;
    meter.left -= nameUnits(request.baseObject);
    const located = locate(view, specials, request);
    if (assertion !== undefined) {
      const entry = findEntry(view, specials, request.baseObject);
      if (!(yield* assertionHolds(assertion, entry, meter))) return done(ResultCode.assertionFailed);
    }
    if (located.kind === 'end') return located.result;
    const most = request.sizeLimit === 0 ? limits.entries : Math.min(request.sizeLimit, limits.entries);
    const filter = yield* compileSteps(request.filter, meter);
    const selection = yield* compileSelection(request.attributes, request.typesOnly, matchedValues, meter);
    const isOne = located.kind === 'entry';
    const plan = isOne ? onlyOf(located.entry) : yield* view.planSteps(filter, meter);
    this.candidates = new Candidates(plan, view.entries, limits.ranks);
    const within = isOne ? ALWAYS : located.within;
    if (order === undefined) return yield* this.scan(within, filter, selection, most);
    this.sorted = new SortedEntries(order.criteria, most, limits.ranks);
    if (!(yield* this.collect(within, filter, this.sorted))) return RANK_LIMIT;
    return yield* this.drain(this.sorted, selection);
  }

  /** Returns each hit as it is found. */
  private *scan(
    within: (entry: SnapshotEntry) => boolean,
    filter: CompiledFilter,
    selection: Selection,
    most: number,
  ): Generator<SearchResultEntry | void, LDAPResult, void> {
    const { meter } = this;
    const candidates = this.candidates!;
    for (;;) {
      if (meter.left <= 0) yield;
      const entry = candidates.next(meter);
      if (entry === undefined) return done(ResultCode.success);
      if (entry === 'again') continue;
      this.examined++;
      if (!within(entry)) continue;
      const quick = filter.quick(entry, meter);
      if ((quick === TOO_MUCH ? yield* filter.steps(entry, meter) : quick) !== 1) continue;
      if (this.returned === most) return done(ResultCode.sizeLimitExceeded);
      this.returned++;
      yield selection.quick(entry, meter) ?? (yield* selection.steps(entry, meter));
    }
  }

  /** Collects the hits of a search that is to be sorted; false if there is no room for them. */
  private *collect(
    within: (entry: SnapshotEntry) => boolean,
    filter: CompiledFilter,
    sorted: SortedEntries,
  ): Steps<boolean> {
    const { meter } = this;
    const candidates = this.candidates!;
    for (;;) {
      if (meter.left <= 0) yield;
      const entry = candidates.next(meter);
      if (entry === undefined) break;
      if (entry === 'again') continue;
      this.examined++;
      const isHit = within(entry) && (yield* evaluate(filter, entry, meter)) === 1;
      if (isHit && !(yield* sorted.add(entry, meter))) return false;
    }
    candidates.release();
    return true;
  }

  private *drain(sorted: SortedEntries, selection: Selection): Generator<SearchResultEntry | void, LDAPResult, void> {
    const { meter } = this;
    for (;;) {
      const entry = yield* sorted.take(meter);
      if (entry === undefined) return done(sorted.hasMore ? ResultCode.sizeLimitExceeded : ResultCode.success);
      this.returned++;
      yield selection.quick(entry, meter) ?? (yield* selection.steps(entry, meter));
    }
  }
}

const ALWAYS = () => true;
const TIME_LIMIT: SearchEnd = { result: done(ResultCode.timeLimitExceeded) };
const beyond = (code: ResultCode, what: string, key: string) =>
  done(code, `${what} (listen.limits.${key} of the server)`);
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
