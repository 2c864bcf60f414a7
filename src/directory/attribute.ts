// One attribute of an entry with the comparison keys of its values, made once.
import { type Normalizer, normalizerOf, normalizingUnits } from '../ldap/matching.js';
import { type AttributeType, type Schema, splitDescription } from '../ldap/schema.js';
import { runToEnd, type Steps } from '../runtime/cooperative.js';
import { ShardedMap } from '../runtime/sharded-map.js';
import { UNLIMITED, type Work } from './work.js';

/** Values between two places where the work may be interrupted. */
export const VALUES_PER_STEP = 64;

/** Comparison keys of values, in the values' order. */
export type Keys = readonly (string | undefined)[];

/** The number of values, and of their bytes, that may be made in one go, in the middle of other work. */
const QUICK_VALUES = 64;
const QUICK_OCTETS = 2048;
/** The number of keys, and of characters in them, that may be looked through in one go. */
const SHORT_LIST = 256;
const SHORT_LIST_CHARACTERS = 16_384;

/** The keys of very many or very long values: looked up rather than looked through. */
class LongList {
  constructor(
    readonly keys: Keys,
    /** The first position of each key. */
    readonly positions: Pick<ShardedMap<number>, 'get'>,
  ) {}
}

function isLong(kept: Keys | LongList): kept is LongList {
  return !Array.isArray(kept);
}

/** One attribute of an entry, ready to be sent and to be compared. */
export class SnapshotAttribute {
  readonly operational: boolean;
  readonly options: readonly string[];
  private kept: Keys | LongList | undefined;

  constructor(
    /** The description as it is shown. */
    readonly name: string,
    readonly type: AttributeType | undefined,
    readonly values: readonly Buffer[],
  ) {
    this.operational = type?.operational === true;
    this.options = splitDescription(name).options;
  }

  /** The values that are equal to these bytes: for attributes that are not ready. */
  equalTo(octets: Buffer): readonly Buffer[] {
    return this.values.filter((value) => value.equals(octets));
  }

  /** False while values must still be made: a few at a time by `ready`, or all in one go if they are read before. */
  get isReady(): boolean {
    return true;
  }

  *ready(_work: Work): Steps<void> {}

  /**
   * The values' keys by the type's equality rule, in their order, and behind them those of the classes that they imply; made at the first use,
   * and then kept.
   */
  keys(): Keys {
    return runToEnd(this.makeKeys());
  }

  /** The same if they are few and short, so that all may be looked at in one go; undefined: by `makeKeys` and a little at a time. */
  quickKeys(work: Work): Keys | undefined {
    const { kept } = this;
    if (kept !== undefined) return isLong(kept) ? undefined : kept;
    if (!isQuick(this.values)) return undefined;
    const normalize = normalizerOf(this.type);
    const own = new Array<string | undefined>(this.values.length);
    for (let i = 0; i < own.length; i++) {
      const value = this.values[i]!;
      work.left -= normalizingUnits(value, normalize);
      own[i] = normalize(value);
    }
    const keys = withImplied(own, this.type?.classes);
    this.kept = keys;
    return keys;
  }

  /** Makes the keys, a few at a time: a group may have very many members. */
  *makeKeys(work: Work = UNLIMITED): Steps<Keys> {
    const { kept } = this;
    if (kept !== undefined) return isLong(kept) ? kept.keys : kept;
    const keys = withImplied(yield* normalized(this.values, normalizerOf(this.type), work), this.type?.classes);
    let characters = 0;
    for (const key of keys) characters += key?.length ?? 0;
    this.kept =
      keys.length <= SHORT_LIST && characters <= SHORT_LIST_CHARACTERS
        ? keys
        : new LongList(keys, yield* positionsOf(keys, work));
    return keys;
  }

  /** The first position of a key in a long list whose keys were made already, or -1; undefined for any other attribute. */
  positionInLongList(key: string): number | undefined {
    const { kept } = this;
    return kept !== undefined && isLong(kept) ? (kept.positions.get(key) ?? -1) : undefined;
  }
}

/** With the keys of the superclasses of all classes among them (RFC 4512 3.3), each once. */
function withImplied(keys: Keys, schema: Schema | undefined): Keys {
  if (schema === undefined) return keys;
  const all = new Set(keys);
  for (const key of keys) {
    const stored = key === undefined ? undefined : schema.objectClass(key);
    if (stored !== undefined) for (const { oid } of schema.superclassesOf(stored)) all.add(oid);
  }
  for (const key of keys) all.delete(key);
  return all.size === 0 ? keys : [...keys, ...all];
}

/** Keys of all values, a few at a time. */
export function* normalized(values: readonly Buffer[], normalize: Normalizer, work: Work): Steps<Keys> {
  // As long as it has to be from the beginning: one that grows has room for sixteen more, and there is one for every attribute.
  const keys = new Array<string | undefined>(values.length);
  for (let i = 0; i < keys.length; i++) {
    const value = values[i]!;
    if (work !== UNLIMITED) work.left -= normalizingUnits(value, normalize);
    keys[i] = normalize(value);
    if ((i + 1) % VALUES_PER_STEP === 0 || work.left <= 0) yield;
  }
  return keys;
}

function* positionsOf(keys: Keys, work: Work): Steps<ShardedMap<number>> {
  const positions = new ShardedMap<number>();
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (key !== undefined && !positions.has(key)) positions.set(key, i);
    work.left -= 2;
    if ((i + 1) % VALUES_PER_STEP === 0 || work.left <= 0) yield;
  }
  return positions;
}

/** True for values so few and short that their keys may be made in one go. */
export function isQuick(values: readonly Buffer[]): boolean {
  if (values.length > QUICK_VALUES) return false;
  let octets = 0;
  for (const value of values) octets += value.length;
  return octets <= QUICK_OCTETS;
}

/** True if the attribute's own keys are made by this rule; undefined stands for its own. */
export function isOwnRule({ type }: SnapshotAttribute, rule: Normalizer | undefined): boolean {
  return rule === undefined || rule === normalizerOf(type);
}
