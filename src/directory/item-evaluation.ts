// The items of a filter, asked of entries: quickly where an entry is ordinary, a little at a time where it is not.
import type { Filter } from '../ldap/filter.js';
import { normalizerOf } from '../ldap/matching.js';
import type { Schema } from '../ldap/schema.js';
import type { Steps } from '../runtime/cooperative.js';
import { isOwnRule, type SnapshotAttribute, VALUES_PER_STEP } from './attribute.js';
import { type CompiledFilter, type Equality, type QuickTruth, TOO_MUCH, type Truth } from './compiled-filter.js';
import type { DerivedKeys } from './derived-keys.js';
import { attributeKey, type Described, isDescribed, type SnapshotEntry } from './entry.js';
import { compileItem, type FilterItem, type Item, type ValueTest } from './items.js';
import { payForMaking } from './making.js';
import type { Work } from './work.js';

/** What the parts of one filter are compiled with. */
export interface Compiler {
  readonly schema: Schema;
  readonly derived: DerivedKeys;
}

/** An item of a filter, compiled. */
export function compiledItem(filter: FilterItem, { schema, derived }: Compiler): CompiledFilter {
  const item = compileItem(filter, schema);
  if (filter.kind === 'extensibleMatch') derived.askers++;
  const narrowing = narrowingOf(filter, item, schema);
  if (item === undefined) return narrowing === undefined ? UNDEFINED : { ...UNDEFINED, narrowing };
  return { ...evaluated(item, derived), narrowing, ...equalityOf(item) };
}

/** An item that asks for one of several values of an attribute, compiled: it costs what one of them costs, however many there are. */
export function anyOf(described: Described, keys: ReadonlySet<string>, { derived }: Compiler): CompiledFilter {
  const item: Item = { described, test: { equals: keys, holds: (key) => keys.has(key) } };
  const narrowing = { kind: 'any', attribute: described.key, keys } as const;
  return { ...evaluated(item, derived), size: keys.size, narrowing };
}

function evaluated(item: Item, derived: DerivedKeys): CompiledFilter {
  return {
    isUndefined: false,
    size: 1,
    narrowing: undefined,
    quick: quickItem(item, derived),
    steps: (entry, work) => itemSteps(item, derived, entry, work),
  };
}

function equalityOf({ described, nameTypes, test }: Item): { equality?: Equality } {
  const { equal, normalize } = test ?? {};
  const isPlain = equal !== undefined && normalize === undefined && nameTypes === undefined;
  return isPlain && described !== undefined ? { equality: { described, key: equal } } : {};
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
  size: 1,
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
      payForMaking(work);
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
      payForMaking(work);
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
    payForMaking(work);
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
  work.left -= 1;
  if (test === undefined) return 1;
  const { normalize, equal, holds } = test;
  // To find the keys that were made by another rule.
  if (normalize !== undefined) work.left -= 2;
  const keys = normalize === undefined ? attribute.quickKeys(work) : derived.quick(entry, attribute, normalize, work);
  if (keys === undefined) {
    const isFound = isInLongList(test, attribute, work);
    return isFound === undefined ? TOO_MUCH : isFound ? 1 : 0;
  }
  if (equal !== undefined) {
    work.left -= keys.length >> 2;
    return keys.includes(equal) ? 1 : 0;
  }
  for (const key of keys) if (key !== undefined && holds(key, work)) return 1;
  work.left -= keys.length;
  return 0;
}

/** Asked for in a long list one by one; more values are all looked at. */
const FEW_KEYS = 64;

/** Whether a long list contains the value, where the list has an index of its own for it; otherwise undefined. */
function isInLongList(
  { normalize, equal, equals }: ValueTest,
  attribute: SnapshotAttribute,
  work: Work,
): boolean | undefined {
  if (!isOwnRule(attribute, normalize)) return undefined;
  if (equal !== undefined) {
    const at = attribute.positionInLongList(equal);
    return at === undefined ? undefined : at >= 0;
  }
  if (equals === undefined || equals.size > FEW_KEYS) return undefined;
  work.left -= equals.size;
  let isFound: boolean | undefined;
  for (const key of equals) {
    const at = attribute.positionInLongList(key);
    if (at === undefined || at >= 0) return at === undefined ? undefined : true;
    isFound = false;
  }
  return isFound;
}

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
  test: ValueTest,
  attribute: SnapshotAttribute,
  derived: DerivedKeys,
  entry: SnapshotEntry,
  work: Work,
): Steps<boolean> {
  const { holds } = test;
  const keys = yield* derived.make(entry, attribute, test.normalize, work);
  const isFound = isInLongList(test, attribute, work);
  if (isFound !== undefined) return isFound;
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
  payForMaking(work);
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
