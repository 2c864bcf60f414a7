// A search over one view, drawn step by step so that a long one never holds the event loop (RFC 4511 4.5).
import { dnKey, parseDN } from '../ldap/dn.js';
import type { Filter } from '../ldap/filter.js';
import type { Control, LDAPResult, SearchRequest, SearchResultEntry } from '../ldap/message.js';
import { Scope } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import type { SnapshotEntry } from './entry.js';
import { compileFilter, type Predicate } from './evaluate.js';
import { compileSelection, type Selection } from './select.js';
import { type Order, SortedEntries } from './sort.js';
import type { View } from './view.js';
import type { Work } from './work.js';

/** Entries that belong to no view and are readable to everybody (R28). */
export interface SearchSpecials {
  readonly rootDSE: SnapshotEntry;
  readonly subschema: SnapshotEntry;
}

export interface SearchLimits {
  /** Entries returned at most, whatever the client allows. */
  readonly entries: number;
  /** By the clock that `advance` is told, in milliseconds; 0: none. */
  readonly deadline: number;
}

const done = (code: ResultCode, text = '', matchedDN = ''): LDAPResult => ({ code, matchedDN, text });

/** What controls add to a search. */
export interface Refinements {
  readonly order?: Extract<Order, { kind: 'order' }>;
  /** Only values that match one of these are returned (RFC 3876). */
  readonly matchedValues?: readonly Filter[];
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
  /** The next entry; 'again' when `budget` entries were examined without a hit; or the end. `now` in milliseconds. */
  advance(work: Work, now: number): SearchResultEntry | 'again' | SearchEnd;
  /** A new time limit by the clock that `advance` is told; 0: none. */
  renew(deadline: number): void;
}

/** Where a base leads: to entries to look at, or to the final result. */
type Located =
  | { readonly entries: readonly SnapshotEntry[]; readonly within: Predicate }
  | { readonly result: LDAPResult };

const ALWAYS: Predicate = () => 1;

/** Opens a search. `view` is undefined for a session that sees nothing but the specials. */
export function openSearch(
  view: View | undefined,
  specials: SearchSpecials,
  request: SearchRequest,
  limits: SearchLimits,
  { order, matchedValues }: Refinements = {},
): EntrySource {
  const located = locate(view, specials, request);
  if ('result' in located) return new Ended(located.result);
  const most = request.sizeLimit === 0 ? limits.entries : Math.min(request.sizeLimit, limits.entries);
  const selection = compileSelection(request.attributes, request.typesOnly, matchedValues);
  const matches = compileFilter(request.filter);
  const sorted = order === undefined ? undefined : new SortedEntries(order.criteria);
  return new SearchCursor(located.entries, located.within, matches, selection, most, limits.deadline, sorted);
}

function locate(view: View | undefined, specials: SearchSpecials, request: SearchRequest): Located {
  const { scope } = request;
  const base = parseDN(request.baseObject);
  if (base === undefined) return { result: done(ResultCode.invalidDNSyntax, 'invalid DN') };
  const special = findSpecial(dnKey(base), specials);
  if (special !== undefined) {
    const isItself = scope === Scope.baseObject || (scope === Scope.wholeSubtree && special !== specials.rootDSE);
    if (isItself) return { entries: [special], within: ALWAYS };
    if (special === specials.subschema) return { entries: [], within: ALWAYS };
    return { result: done(ResultCode.noSuchObject) };
  }
  const key = dnKey(base);
  const entry = view?.find(key);
  if (view === undefined || entry === undefined) return { result: noSuchObject(view, request.baseObject) };
  switch (scope) {
    case Scope.baseObject:
      return { entries: [entry], within: ALWAYS };
    case Scope.singleLevel:
      return { entries: view.candidates(request.filter), within: (other) => (other.parentKey === key ? 1 : 0) };
    case Scope.wholeSubtree:
      return {
        entries: view.candidates(request.filter),
        within: (other) => (other.key === key || other.superiors.includes(key) ? 1 : 0),
      };
    case Scope.subordinateSubtree:
      return { entries: view.candidates(request.filter), within: (other) => (other.superiors.includes(key) ? 1 : 0) };
  }
}

/** The entry of this name that the view shows, the root DSE and the subschema included. */
export function findEntry(view: View | undefined, specials: SearchSpecials, name: string): SnapshotEntry | undefined {
  const dn = parseDN(name);
  if (dn === undefined) return undefined;
  const key = dnKey(dn);
  return findSpecial(key, specials) ?? view?.find(key);
}

/** The root DSE or the subschema, by dnKey. */
export function findSpecial(key: string, specials: SearchSpecials): SnapshotEntry | undefined {
  if (key === specials.rootDSE.key) return specials.rootDSE;
  return key === specials.subschema.key ? specials.subschema : undefined;
}

/** 32, with the nearest superior that the view shows (RFC 4511 4.1.9); alike for hidden and missing entries (R30). */
export function noSuchObject(view: View | undefined, name: string): LDAPResult {
  for (let dn = parseDN(name)?.slice(1) ?? []; view !== undefined && dn.length > 0; dn = dn.slice(1)) {
    const superior = view.find(dnKey(dn));
    if (superior !== undefined) return done(ResultCode.noSuchObject, '', superior.dn);
  }
  return done(ResultCode.noSuchObject);
}

/** A search that is over before it began. */
class Ended implements EntrySource {
  readonly examined = 0;

  constructor(private readonly result: LDAPResult) {}

  renew(): void {}

  advance(): SearchEnd {
    return { result: this.result };
  }
}

/** How far a search has come. */
class SearchCursor implements EntrySource {
  examined = 0;
  private returned = 0;

  constructor(
    private readonly entries: readonly SnapshotEntry[],
    private readonly within: Predicate,
    private readonly matches: Predicate,
    private readonly select: Selection,
    private readonly most: number,
    private deadline: number,
    /** Where hits are collected first, if they are to come in order. */
    private readonly sorted: SortedEntries | undefined,
  ) {}

  renew(deadline: number): void {
    this.deadline = deadline;
  }

  advance(work: Work, now: number): SearchResultEntry | 'again' | SearchEnd {
    if (this.deadline > 0 && now > this.deadline) return { result: done(ResultCode.timeLimitExceeded) };
    for (; work.left > 0; work.left--) {
      const hit = this.next();
      if (hit === 'none') continue;
      if (hit === undefined) return { result: done(ResultCode.success) };
      if (this.returned === this.most) return { result: done(ResultCode.sizeLimitExceeded) };
      this.returned++;
      return this.select(hit);
    }
    return 'again';
  }

  /** Looks at one entry: a hit, none, or undefined at the end. */
  private next(): SnapshotEntry | 'none' | undefined {
    const entry = this.entries[this.examined];
    if (entry === undefined) return this.sorted?.take();
    this.examined++;
    if (this.within(entry) !== 1 || this.matches(entry) !== 1) return 'none';
    if (this.sorted === undefined) return entry;
    this.sorted.add(entry);
    return 'none';
  }
}
