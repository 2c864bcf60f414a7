// One part of a filter as `explain` reports it: why it can never be TRUE, and what it is of an entry that was expected.
import { describe, type SnapshotEntry, someAttribute } from '../../directory/entry.js';
import { compileSteps, evaluate, type Truth } from '../../directory/filter-evaluation.js';
import { type FilterPart, isItem, whyUndefined } from '../../directory/understand.js';
import type { Work } from '../../directory/work.js';
import type { Filter } from '../../ldap/filter.js';
import { formatFilter } from '../../ldap/filter-text.js';
import type { Schema } from '../../ldap/schema.js';
import type { Steps } from '../../runtime/cooperative.js';

export interface PartReport {
  readonly depth: number;
  readonly filter: string;
  /** Why it is Undefined for every entry. */
  readonly undefined?: string;
  /** Of the expected entry. */
  readonly truth?: 'TRUE' | 'FALSE' | 'Undefined';
  /** What the expected entry has in this attribute. */
  readonly has?: readonly string[];
}

const MOST_VALUES = 5;
const TRUTH = { 1: 'TRUE', 0: 'FALSE', [-1]: 'Undefined' } as const satisfies Record<Truth, string>;

/** All parts, in steps: each may have to be compared with many values. `entry`: the one that was expected; values of it only if they may be shown. */
export function* reportParts(
  parts: readonly FilterPart[],
  work: Work,
  schema: Schema,
  entry?: SnapshotEntry,
  showsValues = false,
): Steps<PartReport[]> {
  const reports: PartReport[] = [];
  for (const part of parts) {
    if (work.left <= 0) yield;
    reports.push(yield* reportPart(part, work, entry, showsValues, schema));
  }
  return reports;
}

function* reportPart(
  { depth, filter }: FilterPart,
  work: Work,
  entry: SnapshotEntry | undefined,
  showsValues: boolean,
  schema: Schema,
): Steps<PartReport> {
  const name = nameOf(filter);
  // Finding out why an item is Undefined prepares its assertion, which costs this.
  work.left -= name.length;
  const why = whyUndefined(filter, schema);
  const truth = entry === undefined ? undefined : yield* truthOf(filter, entry, work, schema);
  const has =
    entry !== undefined && isItem(filter) && why === undefined && showsValues
      ? valuesOf(entry, filter.attribute, schema)
      : undefined;
  return {
    depth,
    filter: name,
    ...(why === undefined ? {} : { undefined: why }),
    ...(truth === undefined ? {} : { truth: TRUTH[truth] }),
    ...(has === undefined ? {} : { has }),
  };
}

/** The truth of a filter for one entry. */
export function* truthOf(filter: Filter, entry: SnapshotEntry, work: Work, schema: Schema): Steps<Truth> {
  return yield* evaluate(yield* compileSteps(filter, work, schema), entry, work);
}

function nameOf(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
      return '(& …)';
    case 'or':
      return '(| …)';
    case 'not':
      return '(! …)';
    default:
      return formatFilter(filter);
  }
}

function valuesOf(entry: SnapshotEntry, attribute: string | undefined, schema: Schema): readonly string[] | undefined {
  if (attribute === undefined) return undefined;
  const values: string[] = [];
  someAttribute(entry, describe(attribute, schema), (one) => {
    // One more than are shown, to see that there are more.
    for (const value of one.values.slice(0, MOST_VALUES + 1)) values.push(value.toString('utf8'));
    return values.length > MOST_VALUES;
  });
  return values.length > MOST_VALUES ? [...values.slice(0, MOST_VALUES), '…'] : values;
}
