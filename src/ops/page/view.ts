// What somebody looks at: which of the operations, by a query that is a link to the same.
import { filterQuery, matches, type OperationFilter, readFilter } from '../telemetry/operation-filter.js';
import type { OperationRecord } from '../telemetry/recent-operations.js';
import type { Telemetry } from '../telemetry/telemetry.js';

/** The tabs, in their order. */
export const SHOWS = ['all', 'failures', 'searches'] as const;
export type Show = (typeof SHOWS)[number];

export interface View {
  readonly show: Show;
  readonly filter: OperationFilter;
  /** Why the query is not understood; nothing is found then. */
  readonly fault?: string;
  /** This operation alone, by its name. */
  readonly op?: string;
}

/** The view of a query. Without a wish it is the failures, where there are any: those are what the page is opened for. */
export function viewOf(query: URLSearchParams, { apps, recent }: Telemetry): View {
  const filter = readFilter(query, apps);
  const op = query.get('op') ?? '';
  const wish = SHOWS.find((show) => show === query.get('show'));
  if (op !== '') return { show: 'all', filter: {}, op };
  if (typeof filter === 'string') return { show: wish ?? 'all', filter: {}, fault: filter };
  const isFiltered = Object.keys(filter).length > 0;
  return { show: wish ?? (!isFiltered && recent.kept().failures > 0 ? 'failures' : 'all'), filter };
}

/** The same as a query, `?` included. */
export function linkTo({ show, filter, op }: Omit<View, 'fault'>): string {
  if (op !== undefined) return `?${new URLSearchParams({ op })}`;
  return `?${new URLSearchParams([['show', show], ...filterQuery(filter)])}`;
}

/** True if the view has a filter, so that older failures are looked through as well. */
export function isFiltered({ filter }: View): boolean {
  return Object.keys(filter).length > 0;
}

/** The kept operations of a view, oldest first. */
export function recordsOf(view: View, { recent }: Telemetry): OperationRecord[] {
  const { show, op, fault } = view;
  if (fault !== undefined) return [];
  if (op !== undefined) {
    const record = recent.named(op);
    return record === undefined ? [] : [record];
  }
  const all = show === 'failures' ? recent.failuresAfter(0) : isFiltered(view) ? recent.all() : recent.after(0);
  return all.filter((record) => isSeen(record, view));
}

/** The operations of a view behind a serial number, oldest first. */
export function recordsAfter(serial: number, view: View, { recent }: Telemetry): OperationRecord[] {
  if (view.fault !== undefined || view.op !== undefined) return [];
  const all = view.show === 'failures' ? recent.failuresAfter(serial) : recent.after(serial);
  return all.filter((record) => isSeen(record, view));
}

/** Whether a view shows this operation. */
export function isSeen(record: OperationRecord, { show, filter, op, fault }: View): boolean {
  if (fault !== undefined || op !== undefined) return false;
  if (show === 'failures' && record.reason === 'ok') return false;
  if (show === 'searches' && record.operation !== 'search') return false;
  return matches(record, filter);
}
