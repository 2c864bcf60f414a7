// Filters over entries in three-valued logic (RFC 4511 4.5.1.7). A filter is compiled once per search, its assertions normalized once.
import type { Filter } from '../ldap/filter.js';
import { type Schema, STANDARD } from '../ldap/schema.js';
import { runToEnd, type Steps } from '../runtime/cooperative.js';
import { ambiguousName } from './ambiguous-name.js';
import { type CompiledFilter, TOO_MUCH, type Truth } from './compiled-filter.js';
import { DerivedKeys } from './derived-keys.js';
import type { SnapshotEntry } from './entry.js';
import { type Compiler, compiledItem } from './item-evaluation.js';
import { itemUnits } from './items.js';
import { Junction, negation } from './junction.js';
import { UNLIMITED, type Work } from './work.js';

export type { CompiledFilter, QuickTruth, Truth } from './compiled-filter.js';
export { TOO_MUCH } from './compiled-filter.js';
export type Predicate = (entry: SnapshotEntry) => Truth;

/** Makes a predicate of a filter, and evaluates it in one go: for single entries where nobody waits. */
export function compileFilter(filter: Filter, schema: Schema = STANDARD): Predicate {
  const compiled = runToEnd(compileSteps(filter, UNLIMITED, schema));
  return (entry) => runToEnd(evaluate(compiled, entry, UNLIMITED));
}

/** True for an item that is Undefined whatever entry it is asked of. */
export function isUndefined(item: Filter, schema = STANDARD): boolean {
  return runToEnd(compileSteps(item, UNLIMITED, schema)).isUndefined;
}

/** The truth of a filter for an entry: by the quick way if that will do. */
export function* evaluate(filter: CompiledFilter, entry: SnapshotEntry, work: Work): Steps<Truth> {
  const quick = filter.quick(entry, work);
  return quick === TOO_MUCH ? yield* filter.steps(entry, work) : quick;
}

/** Compiles a filter: in one go if `work` has enough left, otherwise item by item, because an assertion may be as long as a message. */
export function* compileSteps(
  filter: Filter,
  work: Work,
  schema: Schema = STANDARD,
  derived = new DerivedKeys(),
): Steps<CompiledFilter> {
  const compiler = { schema, derived };
  return compileQuickly(filter, work, compiler) ?? (yield* compileSlowly(filter, work, compiler));
}

/** Units for an AND or OR without its parts. */
const JUNCTION_UNITS = 16;

/** Undefined if the budget ended. Depth is bounded by what the decoder lets through. */
function compileQuickly(filter: Filter, work: Work, compiler: Compiler): CompiledFilter | undefined {
  if (work.left <= 0) return undefined;
  switch (filter.kind) {
    case 'and':
    case 'or': {
      work.left -= JUNCTION_UNITS;
      const junction = new Junction(filter.kind, compiler);
      for (const one of filter.filters) {
        const part = compileQuickly(one, work, compiler);
        if (part === undefined) return undefined;
        junction.add(part);
      }
      return junction.compiled();
    }
    case 'not': {
      work.left -= 1;
      const inner = compileQuickly(filter.filter, work, compiler);
      return inner === undefined ? undefined : negation(inner);
    }
    default: {
      work.left -= itemUnits(filter);
      const stands = ambiguousName(filter, compiler.schema);
      return stands === undefined ? compiledItem(filter, compiler) : compileQuickly(stands, work, compiler);
    }
  }
}

function* compileSlowly(filter: Filter, work: Work, compiler: Compiler): Steps<CompiledFilter> {
  if (work.left <= 0) yield;
  switch (filter.kind) {
    case 'and':
    case 'or': {
      work.left -= JUNCTION_UNITS;
      const junction = new Junction(filter.kind, compiler);
      for (const part of filter.filters) junction.add(yield* compileSlowly(part, work, compiler));
      return junction.compiled();
    }
    case 'not':
      work.left -= 1;
      return negation(yield* compileSlowly(filter.filter, work, compiler));
    default: {
      work.left -= itemUnits(filter);
      const stands = ambiguousName(filter, compiler.schema);
      return stands === undefined ? compiledItem(filter, compiler) : yield* compileSlowly(stands, work, compiler);
    }
  }
}
