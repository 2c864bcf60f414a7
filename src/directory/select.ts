// Which attributes of an entry a search returns (RFC 4511 4.5.1.8, RFC 3673), and which of their values (RFC 3876).
import type { Filter } from '../ldap/filter.js';
import type { Attribute, SearchResultEntry } from '../ldap/message.js';
import { type AttributeType, LONGEST_DESCRIPTION, type Schema, STANDARD, splitDescription } from '../ldap/schema.js';
import type { Steps } from '../runtime/cooperative.js';
import type { SnapshotAttribute } from './attribute.js';
import { DerivedKeys } from './derived-keys.js';
import { isDescribed, type SnapshotEntry, valueUnits } from './entry.js';
import { compileItem, type FilterItem, type Item, itemUnits } from './items.js';
import { payForMaking } from './making.js';
import { inRange, rangeIn, type ValueRange } from './value-range.js';
import type { Work } from './work.js';

/** What is returned of an entry, or undefined if there is too much of it to be made in one go. */
type QuickSelection = (entry: SnapshotEntry, work: Work) => SearchResultEntry | undefined;

/** As for a compiled filter: `quick` for ordinary entries, `steps` for all. An entry is charged by its bytes and values. */
export interface Selection {
  readonly quick: QuickSelection;
  readonly steps: (entry: SnapshotEntry, work: Work) => Steps<SearchResultEntry>;
}

const NO_VALUES: readonly Buffer[] = [];
/** Names of one request that are processed in one go, and lists of options that are looked through in one go. */
const NAMES_PER_STEP = 64;

/** Makes a selection of the list in a request: names in any case and by any alias, `*`, `+`, `1.1`; unknown names are ignored. */
export function* compileSelection(
  requested: readonly string[],
  typesOnly: boolean,
  matchedValues: readonly Filter[] | undefined,
  work: Work,
  schema = STANDARD,
): Steps<Selection> {
  const wanted = new Wanted(requested.length === 0, schema);
  for (let i = 0; i < requested.length; i++) {
    wanted.add(requested[i]!, work);
    if (work.left <= 0 || (i + 1) % NAMES_PER_STEP === 0) yield;
  }
  const shown =
    matchedValues === undefined ? undefined : new MatchedValues(yield* compileItems(matchedValues, work, schema));
  return selectionOf(wanted, typesOnly, shown);
}

/** The same for a short list without matched values. */
export function compileSelectionQuickly(
  requested: readonly string[],
  typesOnly: boolean,
  work: Work,
  schema = STANDARD,
): Selection | undefined {
  if (requested.length > NAMES_PER_STEP) return undefined;
  const wanted = new Wanted(requested.length === 0, schema);
  for (const name of requested) wanted.add(name, work);
  return selectionOf(wanted, typesOnly, undefined);
}

function selectionOf(wanted: Wanted, typesOnly: boolean, shown: MatchedValues | undefined): Selection {
  const { decided, allUser } = wanted;
  const isQuick = shown === undefined && !wanted.isLong && wanted.aliases === undefined && wanted.ranges === undefined;
  return {
    quick: (entry, work) => {
      if (!isQuick) return undefined;
      const attributes: Attribute[] = [];
      for (const attribute of entry.attributes.values()) {
        const { name } = attribute;
        if (!(decided.get(name) ?? wanted.has(attribute))) continue;
        if (!attribute.isReady) return undefined;
        attributes.push({ type: name, values: typesOnly ? NO_VALUES : attribute.values });
      }
      payForMaking(work);
      work.left -= allUser && !typesOnly ? entry.units : unitsOf(entry, attributes);
      return { kind: 'searchResultEntry', objectName: entry.dn, attributes };
    },
    *steps(entry, work) {
      const attributes: Attribute[] = [];
      for (const attribute of entry.attributes.values()) {
        payForMaking(work);
        work.left -= 2;
        if (work.left <= 0) yield;
        const isWanted = yield* wanted.decide(attribute, work);
        const alias = wanted.aliasOf(attribute);
        const range = wanted.rangeOf(attribute);
        if (!isWanted && alias === undefined && range === undefined) continue;
        const { name } = attribute;
        if (!typesOnly) yield* attribute.ready(work);
        const values = typesOnly
          ? NO_VALUES
          : shown === undefined
            ? attribute.values
            : yield* shown.of(entry, attribute, work);
        // A range beyond the end is left out.
        if (range !== undefined) {
          if (typesOnly || range.first < values.length) attributes.push(inRange(name, range, values));
        } else if (isWanted) attributes.push({ type: name, values });
        if (alias !== undefined && !(isWanted && name === alias)) attributes.push({ type: alias, values });
      }
      work.left -= unitsOf(entry, attributes);
      return { kind: 'searchResultEntry', objectName: entry.dn, attributes };
    },
  };
}

/** What sending these attributes costs, after each of the entry's own was looked at. */
function unitsOf(entry: SnapshotEntry, attributes: readonly Attribute[]): number {
  let units = 1 + (entry.attributes.size >> 2);
  for (const { values } of attributes) units += valueUnits(values);
  return units;
}

/** The attributes that a request asks for. */
class Wanted {
  private allOperational = false;
  /** By canonical type: the options that an attribute has to have, one of these lists. */
  private readonly byType = new Map<string, (readonly string[])[]>();
  /** Decided once per description: entries repeat them, and a list of requested names may be long. */
  readonly decided = new Map<string, boolean>();
  private longest = 0;
  /** Types that are asked for by a name of their own (see `AttributeType.alias`): they are returned under it. */
  aliases: Map<AttributeType, string> | undefined;
  /** Types of which a part of the values is asked for, in a schema that knows of that. */
  ranges: Map<AttributeType, ValueRange> | undefined;

  constructor(
    public allUser: boolean,
    private readonly schema: Schema,
  ) {}

  add(requested: string, work: Work): void {
    if (requested.length > LONGEST_DESCRIPTION) return; // no attribute has such a name
    work.left -= 4 + (requested.length >> 4);
    const name = requested.trim();
    if (name === '*') this.allUser = true;
    if (name === '+') this.allOperational = true;
    const { type, options } = splitDescription(name);
    const known = this.schema.attributeType(type);
    if (known?.alias !== undefined && options.length === 0 && type.toLowerCase() === known.alias.toLowerCase()) {
      this.aliases ??= new Map();
      this.aliases.set(known, known.alias);
      return;
    }
    const range = known === undefined ? undefined : rangeIn(options, this.schema);
    if (known !== undefined && range !== undefined) {
      this.ranges ??= new Map();
      this.ranges.set(known, range);
      return;
    }
    const canonical = (known?.names[0] ?? type).toLowerCase();
    const lists = this.byType.get(canonical);
    if (lists === undefined) this.byType.set(canonical, [options]);
    else lists.push(options);
    this.longest = Math.max(this.longest, lists?.length ?? 1);
  }

  /** True if a decision may take long. */
  get isLong(): boolean {
    return this.longest > NAMES_PER_STEP;
  }

  /** The name that an attribute without options is asked for by, beside its own. */
  aliasOf({ type, options }: SnapshotAttribute): string | undefined {
    return type === undefined || options.length > 0 ? undefined : this.aliases?.get(type);
  }

  /** The part of an attribute's values that is asked for. */
  rangeOf({ type, options }: SnapshotAttribute): ValueRange | undefined {
    return type === undefined || options.length > 0 ? undefined : this.ranges?.get(type);
  }

  has(attribute: SnapshotAttribute): boolean {
    const answer =
      this.isOfAll(attribute) ||
      this.listsOf(attribute)?.some((options) => options.every((option) => attribute.options.includes(option))) ===
        true;
    this.decided.set(attribute.name, answer);
    return answer;
  }

  *decide(attribute: SnapshotAttribute, work: Work): Steps<boolean> {
    const before = this.decided.get(attribute.name);
    if (before !== undefined) return before;
    let answer = this.isOfAll(attribute);
    for (const options of answer ? [] : (this.listsOf(attribute) ?? [])) {
      answer = options.every((option) => attribute.options.includes(option));
      if (answer) break;
      work.left -= 1;
      if (work.left <= 0) yield;
    }
    this.decided.set(attribute.name, answer);
    return answer;
  }

  private isOfAll({ operational }: SnapshotAttribute): boolean {
    return operational ? this.allOperational : this.allUser;
  }

  private listsOf(attribute: SnapshotAttribute): readonly (readonly string[])[] | undefined {
    let { type } = attribute;
    let lists = this.byType.get((type?.names[0] ?? splitDescription(attribute.name).type).toLowerCase());
    for (type = type?.superior; lists === undefined && type !== undefined; type = type.superior)
      // Under the name of the superior the schema may have another type, whose subtype this is not.
      if (this.schema.attributeType(type.names[0]) === type) lists = this.byType.get(type.names[0].toLowerCase());
    return lists;
  }
}

function* compileItems(filters: readonly Filter[], work: Work, schema: Schema): Steps<Item[]> {
  const items: Item[] = [];
  for (const filter of filters) {
    const simple = filter as FilterItem; // the decoder lets nothing else through (RFC 3876 2)
    work.left -= itemUnits(simple);
    const item = compileItem(simple, schema);
    if (item !== undefined) items.push(item);
    if (work.left <= 0) yield;
  }
  return items;
}

/** The values that match one of the items (RFC 3876 3). */
class MatchedValues {
  /** By description: which items are about it. */
  private readonly applicable = new Map<string, readonly Item[]>();
  private readonly derived = new DerivedKeys();

  constructor(private readonly items: readonly Item[]) {}

  *of(entry: SnapshotEntry, attribute: SnapshotAttribute, work: Work): Steps<readonly Buffer[]> {
    const tests = this.testsOf(attribute, work);
    const { values } = attribute;
    if (tests.some(({ test }) => test === undefined)) return values;
    const isMatched = new Array<boolean>(values.length).fill(false);
    for (const { test } of tests) {
      if (test === undefined) continue;
      const keys = yield* this.derived.make(entry, attribute, test.normalize, work);
      for (let i = 0; i < isMatched.length; i++) {
        const key = keys[i];
        work.left -= 1;
        if (key !== undefined && !isMatched[i] && test.holds(key, work)) isMatched[i] = true;
        if (work.left <= 0) yield;
      }
    }
    return values.filter((_, i) => isMatched[i]);
  }

  private testsOf(attribute: SnapshotAttribute, work: Work): readonly Item[] {
    let items = this.applicable.get(attribute.name);
    if (items === undefined) {
      work.left -= this.items.length;
      items = this.items.filter(({ described, types }) =>
        described !== undefined
          ? isDescribed(attribute, described)
          : attribute.type !== undefined && types?.has(attribute.type) === true,
      );
      this.applicable.set(attribute.name, items);
    }
    return items;
  }
}
