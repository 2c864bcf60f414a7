// Queries to Directory Insights: a time, services, a search term, and pages that one is continued from.

import { BadQuery, projected, valueAt } from './query.js';
import type { JsonRecord } from './records.js';

const DEFAULT = 1000;
const MOST = 10_000;

export interface EventAnswer {
  readonly events: readonly JsonRecord[];
  readonly headers: Readonly<Record<string, string>>;
}

const timeOf = (record: JsonRecord) => Date.parse(String(record.timestamp));

function time(value: unknown, instead: number | undefined): number {
  if (value === undefined && instead !== undefined) return instead;
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) throw new BadQuery('start_time and end_time are times in RFC 3339 format');
  return at;
}

function servicesIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw new BadQuery('service is a list of names');
  return value;
}

/** Values are stored in lower case, and compared as they are written. */
function matches(found: unknown, wanted: unknown): boolean {
  return Array.isArray(wanted) ? wanted.some((one) => matches(found, one)) : String(found) === String(wanted);
}

type Match = (record: JsonRecord) => boolean;

/** One of `and`, `or` and `not`, each with terms of a field and its value. */
function termOf(term: unknown): Match {
  if (term === undefined) return () => true;
  const [entry, ...more] = Object.entries(term ?? {});
  if (entry === undefined || more.length > 0) throw new BadQuery('search_term is one of and, or, not');
  const [conjunction, terms] = entry;
  const single = [terms].flat().flatMap((one) => Object.entries(one as JsonRecord));
  if (single.some(([field]) => ['and', 'or', 'not'].includes(field)))
    throw new BadQuery('search_term: no terms within terms');
  const holds =
    (record: JsonRecord) =>
    ([field, wanted]: [string, unknown]) =>
      matches(valueAt(record, field), wanted);
  if (conjunction === 'and') return (record) => single.every(holds(record));
  if (conjunction === 'or') return (record) => single.some(holds(record));
  if (conjunction === 'not') return (record) => !single.some(holds(record));
  throw new BadQuery(`search_term: unknown conjunction ${conjunction}`);
}

function limitIn(value: unknown): number {
  const limit = value ?? DEFAULT;
  if (!Number.isInteger(limit) || Number(limit) < 1 || Number(limit) > MOST)
    throw new BadQuery(`limit is at most ${MOST}`);
  return Number(limit);
}

/** In the order of the time, of one time by the ID. */
function found(records: readonly JsonRecord[], body: JsonRecord, now: number): JsonRecord[] {
  const services = servicesIn(body.service);
  const [start, end] = [time(body.start_time, undefined), time(body.end_time, now)];
  const holds = termOf(body.search_term);
  const order = body.sort === 'ASC' ? 1 : -1;
  return records
    .filter((record) => services.includes('all') || services.includes(record.service))
    .filter((record) => timeOf(record) >= start && timeOf(record) <= end && holds(record))
    .sort((a, b) => order * (timeOf(a) - timeOf(b) || (String(a.id) < String(b.id) ? -1 : 1)));
}

/** How many records a query matches. */
export const countEvents = (records: readonly JsonRecord[], body: JsonRecord, now: number): number =>
  found(records, body, now).length;

/** One page of the records that a query matches. */
export function queryEvents(records: readonly JsonRecord[], body: JsonRecord, now: number): EventAnswer {
  const limit = limitIn(body.limit);
  const all = found(records, body, now);
  const skip = Array.isArray(body.search_after)
    ? afterIn(all, body.search_after, body.sort === 'ASC')
    : Number(body.skip ?? 0);
  const events = all.slice(skip, skip + limit);
  const last = events.at(-1);
  const fields = Array.isArray(body.fields) ? body.fields.map(String).join(',') : undefined;
  return {
    events: projected(events, fields, ','),
    headers: {
      'x-limit': String(limit),
      'x-result-count': String(events.length),
      ...(last === undefined ? {} : { 'x-search_after': JSON.stringify([timeOf(last), last.id]) }),
    },
  };
}

/** The number of events before the first one after that event, which need not exist any more. */
function afterIn(all: readonly JsonRecord[], [at, id]: readonly unknown[], isAscending: boolean): number {
  const after = all.findIndex((record) => {
    const apart = timeOf(record) - Number(at);
    const isLater = apart > 0 || (apart === 0 && String(record.id) > String(id));
    const isSame = apart === 0 && record.id === id;
    return !isSame && isLater === isAscending;
  });
  return after === -1 ? all.length : after;
}
