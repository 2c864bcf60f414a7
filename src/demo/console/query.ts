// Filters, order, fields and pages of lists, as the two versions of the REST API take them from a query string or a body.
import type { JsonRecord } from './records.js';

export type Version = 'v1' | 'v2';

const MOST = 100;
const DEFAULT = 10;

/** A filter, a page or an order that cannot be read. */
export class BadQuery extends Error {}

/** The value at a dotted path of a record's own properties. */
export const valueAt = (record: JsonRecord, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => {
    return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
      ? (value as JsonRecord)[key]
      : undefined;
  }, record);

type Match = (record: JsonRecord) => boolean;

const text = (value: unknown) => (value === undefined || value === null ? '' : String(value));

/** Wild cards stand for any text; upper and lower case differ. */
function likeness(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

function comparison(operator: string, value: string): ((found: unknown) => boolean) | undefined {
  const like = likeness(value);
  switch (operator) {
    case 'eq':
      return (found) => like.test(text(found));
    case 'ne':
      return (found) => !like.test(text(found));
    case 'gt':
      return (found) => text(found) > value;
    case 'ge':
    case 'gte':
      return (found) => text(found) >= value;
    case 'lt':
      return (found) => text(found) < value;
    case 'le':
    case 'lte':
      return (found) => text(found) <= value;
    case 'in':
      return (found) => value.split('|').includes(text(found));
    case 'search':
      return (found) => text(found).toLowerCase().includes(value.toLowerCase());
    default:
      return undefined;
  }
}

/** `field:operator:value`; of version 1, operators begin with a dollar sign. */
function term(version: Version, expression: string): Match {
  const [, field = '', operator = '', value = ''] = /^([\w.]+):([$\w]+):(.*)$/s.exec(expression) ?? [];
  const isOf = operator.startsWith('$') ? 'v1' : 'v2';
  const compare = isOf === version ? comparison(operator.replace('$', ''), value) : undefined;
  if (compare === undefined) throw new BadQuery(`unknown filter: ${expression}`);
  return (record) => compare(valueAt(record, nameOf(version, field)));
}

/** Version 2 separates expressions by commas; a comma in a value is one that no expression follows. */
const expressions = (version: Version, values: readonly string[]): string[] =>
  version === 'v1' ? [...values] : values.flatMap((value) => value.split(/,(?=[\w.]+:\w+:)/));

/** The records that match all filters of a query. */
export function filtered(
  version: Version,
  records: readonly JsonRecord[],
  query: URLSearchParams,
): readonly JsonRecord[] {
  const matches = expressions(
    version,
    query.getAll('filter').filter((value) => value !== ''),
  ).map((expression) => term(version, expression));
  return records.filter((record) => matches.every((match) => match(record)));
}

/** The records in the order that a query asks for. */
export function sorted(
  version: Version,
  records: readonly JsonRecord[],
  query: URLSearchParams,
): readonly JsonRecord[] {
  const fields = query
    .getAll('sort')
    .flatMap((value) => value.split(version === 'v1' ? ' ' : ','))
    .filter((field) => field !== '');
  return [...records].sort((a, b) => {
    for (const field of fields) {
      const name = field.replace(/^-/, '');
      const [left, right] = [a, b].map((record) => text(valueAt(record, nameOf(version, name))));
      if (left !== right) return left! < right! === field.startsWith('-') ? 1 : -1;
    }
    return 0;
  });
}

/** Version 2 also says `_id` and `object_id` for what it shows as `id`. */
const nameOf = (version: Version, name: string) =>
  version === 'v2' && (name === '_id' || name === 'object_id') ? 'id' : name;

function wholeNumber(value: string | null, instead: number): number {
  if (value === null || value === '') return instead;
  if (!/^\d{1,9}$/.test(value)) throw new BadQuery(`no whole number: ${value}`);
  return Number(value);
}

/** Ten, unless asked for more; at most a hundred. */
export function page(records: readonly JsonRecord[], limit: string | null, skip: string | null): readonly JsonRecord[] {
  const start = wholeNumber(skip, 0);
  const size = Math.min(MOST, wholeNumber(limit, DEFAULT) || DEFAULT);
  return records.slice(start, start + size);
}

/** The fields asked for, and the ID. */
export function projected(
  records: readonly JsonRecord[],
  fields: string | undefined,
  separator: ' ' | ',',
): readonly JsonRecord[] {
  const names = (fields ?? '').split(separator).filter((name) => name !== '');
  if (names.length === 0) return records;
  const shown = new Set([...names, '_id', 'id']);
  return records.map((record) => Object.fromEntries(Object.entries(record).filter(([name]) => shown.has(name))));
}

const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const recordsIn = (value: unknown): readonly JsonRecord[] => (Array.isArray(value) ? value.filter(isRecord) : []);

/** The filter of a search's body: expressions of which all hold, or `{"and": […]}`, `{"or": […]}`. */
export function bodyFilter(filter: unknown): Match {
  if (filter === undefined) return () => true;
  const holds =
    (expression: JsonRecord): Match =>
    (record) =>
      Object.entries(expression).every(([field, value]) => valueAt(record, field) === value);
  if (Array.isArray(filter)) return (record) => recordsIn(filter).every((expression) => holds(expression)(record));
  if (!isRecord(filter)) throw new BadQuery('unknown filter');
  if ('or' in filter) return (record) => recordsIn(filter.or).some((expression) => holds(expression)(record));
  if ('and' in filter) return bodyFilter(filter.and);
  return holds(filter);
}

/** A text search: any of the terms in any of the fields, whatever their case. */
export function searchFilter(search: unknown): Match {
  if (!isRecord(search)) return () => true;
  const terms = [search.searchTerm].flat().map((value) => text(value).toLowerCase());
  const fields = Array.isArray(search.fields) ? search.fields.map(text) : [];
  return (record) =>
    fields.some((field) => terms.some((value) => text(valueAt(record, field)).toLowerCase().includes(value)));
}
