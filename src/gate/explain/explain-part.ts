// One part of a filter as `explain` reports it: why it can never be TRUE, and what it is of an entry that was expected.
import { describe, type SnapshotEntry, someAttribute } from '../../directory/entry.js';
import { compileFilter, type Truth } from '../../directory/filter-evaluation.js';
import { type FilterPart, isItem, whyUndefined } from '../../directory/understand.js';
import type { Filter } from '../../ldap/filter.js';
import { formatFilter } from '../../ldap/filter-text.js';

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

/** `entry`: the one that was expected. Its values are told only if they may be shown. */
export function reportPart({ depth, filter }: FilterPart, entry?: SnapshotEntry, showsValues = false): PartReport {
  const why = whyUndefined(filter);
  const has =
    entry !== undefined && isItem(filter) && why === undefined && showsValues
      ? valuesOf(entry, filter.attribute)
      : undefined;
  return {
    depth,
    filter: nameOf(filter),
    ...(why === undefined ? {} : { undefined: why }),
    ...(entry === undefined ? {} : { truth: TRUTH[compileFilter(filter)(entry)] }),
    ...(has === undefined ? {} : { has }),
  };
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

function valuesOf(entry: SnapshotEntry, attribute: string | undefined): readonly string[] | undefined {
  if (attribute === undefined) return undefined;
  const values: string[] = [];
  someAttribute(entry, describe(attribute), (one) => {
    values.push(...one.values.map((value) => value.toString('utf8')));
    return false;
  });
  return values.length > MOST_VALUES ? [...values.slice(0, MOST_VALUES), '…'] : values;
}
