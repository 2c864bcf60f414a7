// Filters over entries in three-valued logic (RFC 4511 4.5.1.7). A filter is compiled once per search, its assertions normalized once.
import type { Filter } from '../ldap/filter.js';
import { normalizerOf } from '../ldap/matching.js';
import { type Schema, STANDARD } from '../ldap/schema.js';
import { runToEnd, type Steps } from '../runtime/cooperative.js';
import { isOwnRule, type SnapshotAttribute } from './attribute.js';
import { DerivedKeys } from './derived-keys.js';
import { attributeKey, type Described, isDescribed, type SnapshotEntry } from './entry.js';
import { compileItem, type FilterItem, type Item, itemUnits, type ValueTest } from './items.js';
import { UNLIMITED, type Work } from './work.js';

/** TRUE, FALSE, Undefined. An entry is returned only for TRUE. */
export type Truth = 1 | 0 | -1;
export type Predicate = (entry: SnapshotEntry) => Truth;

/** The answer of a quick look at an entry on which too much is to be looked at in one go: it has to be taken in steps. */
export const TOO_MUCH = 2;
export type QuickTruth = Truth | typeof TOO_MUCH;

/**
 * A filter, ready to be asked of entries. `quick` answers for ordinary entries, in one go; where it does not, or the budget ends meanwhile,
 * `steps` takes the entry from the beginning and may be interrupted anywhere. Both charge what they do. Of one filter only one entry is
 * taken at a time.
 */
export interface CompiledFilter {
  readonly quick: (entry: SnapshotEntry, work: Work) => QuickTruth;
  readonly steps: (entry: SnapshotEntry, work: Work) => Steps<Truth>;
  /** True for an item that is Undefined whatever entry it is asked of. */
  readonly isUndefined: boolean;
  /** How an index may narrow the search: the value that an attribute has to have (none at all without a key), or this of its parts. */
  readonly narrowing:
    | { readonly kind: 'equal'; readonly attribute: string; readonly key: string | undefined }
    | { readonly kind: 'and' | 'or'; readonly parts: readonly CompiledFilter[] }
    | undefined;
}

/** Makes a predicate of a filter, and evaluates it in one go: for single entries where nobody waits. */
export function compileFilter(filter: Filter): Predicate {
  const compiled = runToEnd(compileSteps(filter, UNLIMITED));
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

/** Compiles a filter: at once if that costs no more than `work` has left, otherwise an item at a time, for an assertion may be a message long. */
export function* compileSteps(
  filter: Filter,
  work: Work,
  schema: Schema = STANDARD,
  derived = new DerivedKeys(),
): Steps<CompiledFilter> {
  const compiler = { schema, derived };
  return compileQuickly(filter, work, compiler) ?? (yield* compileSlowly(filter, work, compiler));
}

/** What the parts of one filter are compiled with. */
interface Compiler {
  readonly schema: Schema;
  readonly derived: DerivedKeys;
}

/** Undefined if the budget ended. Depth is bounded by what the decoder lets through. */
function compileQuickly(filter: Filter, work: Work, compiler: Compiler): CompiledFilter | undefined {
  if (work.left <= 0) return undefined;
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const parts: CompiledFilter[] = [];
      for (const one of filter.filters) {
        const part = compileQuickly(one, work, compiler);
        if (part === undefined) return undefined;
        parts.push(part);
      }
      return junction(filter.kind, parts);
    }
    case 'not': {
      const inner = compileQuickly(filter.filter, work, compiler);
      return inner === undefined ? undefined : negation(inner);
    }
    default:
      work.left -= itemUnits(filter);
      return compiledItem(filter, compiler);
  }
}

function* compileSlowly(filter: Filter, work: Work, compiler: Compiler): Steps<CompiledFilter> {
  if (work.left <= 0) yield;
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const parts: CompiledFilter[] = [];
      for (const part of filter.filters) parts.push(yield* compileSlowly(part, work, compiler));
      return junction(filter.kind, parts);
    }
    case 'not':
      return negation(yield* compileSlowly(filter.filter, work, compiler));
    default:
      work.left -= itemUnits(filter);
      return compiledItem(filter, compiler);
  }
}

/** AND and OR: FALSE of one part or TRUE decides, Undefined of one prevails over what is left. */
function junction(kind: 'and' | 'or', parts: readonly CompiledFilter[]): CompiledFilter {
  const decisive = kind === 'and' ? 0 : 1;
  const neutral: Truth = kind === 'and' ? 1 : 0;
  return {
    isUndefined: false,
    narrowing: { kind, parts },
    quick: (entry, work) => {
      let truth: Truth = neutral;
      for (const part of parts) {
        if (work.left <= 0) return TOO_MUCH;
        const one = part.quick(entry, work);
        if (one === decisive || one === TOO_MUCH) return one;
        if (one === -1) truth = -1;
      }
      return truth;
    },
    *steps(entry, work) {
      let truth: Truth = neutral;
      for (const part of parts) {
        if (work.left <= 0) yield;
        const quick = part.quick(entry, work);
        const one = quick === TOO_MUCH ? yield* part.steps(entry, work) : quick;
        if (one === decisive) return one;
        if (one === -1) truth = -1;
      }
      return truth;
    },
  };
}

const NEGATED = { 1: 0, 0: 1, [-1]: -1, [TOO_MUCH]: TOO_MUCH } as const;

function negation(inner: CompiledFilter): CompiledFilter {
  return {
    isUndefined: false,
    narrowing: undefined,
    quick: (entry, work) => NEGATED[inner.quick(entry, work)],
    *steps(entry, work) {
      return NEGATED[yield* inner.steps(entry, work)];
    },
  };
}

function compiledItem(filter: FilterItem, { schema, derived }: Compiler): CompiledFilter {
  const item = compileItem(filter, schema);
  if (filter.kind === 'extensibleMatch') derived.askers++;
  const narrowing = narrowingOf(filter, item, schema);
  if (item === undefined) return narrowing === undefined ? UNDEFINED : { ...UNDEFINED, narrowing };
  return {
    isUndefined: false,
    narrowing,
    quick: quickItem(item, derived),
    steps: (entry, work) => itemSteps(item, derived, entry, work),
  };
}

function narrowingOf(filter: FilterItem, item: Item | undefined, schema: Schema): CompiledFilter['narrowing'] {
  if (filter.kind === 'extensibleMatch' ? !isOwnEquality(item) : !EQUALITIES.includes(filter.kind)) return undefined;
  const key = item?.test?.equal;
  // A key is hashed when it is first looked up; here that is charged.
  if (key !== undefined) NOTHING_IN.has(key);
  return { kind: 'equal', attribute: item?.described?.key ?? attributeKey(filter.attribute ?? '', schema), key };
}

const EQUALITIES: readonly Filter['kind'][] = ['equalityMatch', 'approxMatch'];

/** True for a rule that asks of one attribute, and not of the name, just what equality asks: that in chains of groups does. */
function isOwnEquality(item: Item | undefined): boolean {
  if (item?.described === undefined || item.nameTypes !== undefined || item.test?.equal === undefined) return false;
  const { normalize } = item.test;
  return normalize === undefined || normalize === normalizerOf(item.described.type);
}

const NOTHING_IN: ReadonlySet<string> = new Set();

const UNDEFINED: CompiledFilter = {
  isUndefined: true,
  narrowing: undefined,
  quick: (_entry, work) => {
    work.left -= 1;
    return -1;
  },
  // Never asked: the quick way always answers.
  *steps() {
    yield;
    return -1;
  },
};

function quickItem(item: Item, derived: DerivedKeys): CompiledFilter['quick'] {
  const { described, nameTypes, test } = item;
  const several = (entry: SnapshotEntry, work: Work): QuickTruth => {
    for (const attribute of attributesOf(item, derived, entry, work)) {
      const one = quickTest(test, attribute, derived, entry, work);
      if (one !== 0) return one;
      if (work.left <= 0) return TOO_MUCH;
    }
    return 0;
  };
  if (described === undefined || described.subtypes.size > 0 || nameTypes !== undefined) return several;
  const { key } = described;
  const { equal, holds } = test ?? {};
  // What nearly all filters consist of, each in a function of its own, which the engine compiles to quicker code than one for all.
  if (equal !== undefined && test?.normalize === undefined) {
    return (entry, work) => {
      if (entry.tagged.length > 0) return several(entry, work);
      const attribute = entry.attributes.get(key);
      work.left -= 1;
      if (attribute === undefined) return 0;
      const keys = attribute.quickKeys(work);
      if (keys === undefined) return quickTest(test, attribute, derived, entry, work);
      work.left -= keys.length >> 2;
      return keys.includes(equal) ? 1 : 0;
    };
  }
  if (holds !== undefined && test?.normalize === undefined) {
    return (entry, work) => {
      if (entry.tagged.length > 0) return several(entry, work);
      const attribute = entry.attributes.get(key);
      work.left -= 1;
      if (attribute === undefined) return 0;
      const keys = attribute.quickKeys(work);
      if (keys === undefined) return TOO_MUCH;
      work.left -= keys.length;
      for (const one of keys) if (one !== undefined && holds(one, work)) return 1;
      return 0;
    };
  }
  return (entry, work) => {
    if (entry.tagged.length > 0) return several(entry, work);
    const attribute = entry.attributes.get(key);
    work.left -= 1;
    return attribute === undefined ? 0 : quickTest(test, attribute, derived, entry, work);
  };
}

function quickTest(
  test: ValueTest | undefined,
  attribute: SnapshotAttribute,
  derived: DerivedKeys,
  entry: SnapshotEntry,
  work: Work,
): 0 | 1 | typeof TOO_MUCH {
  if (test === undefined) return 1;
  const { normalize, equal, holds } = test;
  const keys = normalize === undefined ? attribute.quickKeys(work) : derived.quick(entry, attribute, normalize, work);
  if (keys === undefined) {
    const isLookedUp = equal !== undefined && isOwnRule(attribute, normalize);
    const at = isLookedUp ? attribute.positionInLongList(equal) : undefined;
    return at === undefined ? TOO_MUCH : at < 0 ? 0 : 1;
  }
  if (equal !== undefined) {
    work.left -= keys.length >> 2;
    return keys.includes(equal) ? 1 : 0;
  }
  for (const key of keys) if (key !== undefined && holds(key, work)) return 1;
  work.left -= keys.length;
  return 0;
}

/** Values of a long list between two places where the work may be interrupted. */
const VALUES_PER_STEP = 64;

function* itemSteps(item: Item, derived: DerivedKeys, entry: SnapshotEntry, work: Work): Steps<Truth> {
  const { test } = item;
  for (const attribute of attributesOf(item, derived, entry, work)) {
    if (work.left <= 0) yield;
    const quick = quickTest(test, attribute, derived, entry, work);
    if (quick === 1 || test === undefined) return 1;
    if (quick === 0) continue;
    if (yield* someValue(test, attribute, derived, entry, work)) return 1;
  }
  return 0;
}

function* someValue(
  { normalize, equal, holds }: ValueTest,
  attribute: SnapshotAttribute,
  derived: DerivedKeys,
  entry: SnapshotEntry,
  work: Work,
): Steps<boolean> {
  const keys = yield* derived.make(entry, attribute, normalize, work);
  if (equal !== undefined && isOwnRule(attribute, normalize)) {
    const at = attribute.positionInLongList(equal);
    if (at !== undefined) return at >= 0;
  }
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    work.left -= 1;
    if (key !== undefined && holds(key, work)) return true;
    if (work.left <= 0 || (i + 1) % VALUES_PER_STEP === 0) yield;
  }
  return false;
}

/** The attributes of an entry that an item is about, and the parts of its name. */
function attributesOf(
  { described, types, nameTypes }: Item,
  derived: DerivedKeys,
  entry: SnapshotEntry,
  work: Work,
): readonly SnapshotAttribute[] {
  work.left -= 1;
  const found = types === undefined ? [] : derived.ofTypes(entry, types, work);
  if (described !== undefined) addDescribed(found, described, entry, work);
  return nameTypes === undefined ? found : [...found, ...derived.nameOf(entry, nameTypes, work)];
}

function addDescribed(found: SnapshotAttribute[], described: Described, entry: SnapshotEntry, work: Work): void {
  const exact = entry.attributes.get(described.key);
  if (exact !== undefined) found.push(exact);
  const isAny = described.subtypes.size > 0;
  work.left -= (isAny ? entry.attributes.size : entry.tagged.length) >> 1;
  const others = isAny ? entry.attributes.values() : entry.tagged;
  for (const one of others) if (one !== exact && isDescribed(one, described)) found.push(one);
}
