// The values of attributes that have very many: made a few at a time, and kept for all apps as long as there is room.

import type { Copy } from '../../layout/face.js';
import { normalizerOf } from '../../ldap/matching.js';
import type { AttributeType } from '../../ldap/schema.js';
import { runToEnd, type Steps } from '../../runtime/cooperative.js';
import { type Keys, normalized, SnapshotAttribute, VALUES_PER_STEP } from '../attribute.js';
import { making } from '../making.js';
import { UNLIMITED, type Work } from '../work.js';

type Values = readonly Buffer[];

/** Bytes that a value takes in addition to its own: a Buffer, and its place in a list. */
const OVERHEAD = 112;
/** The limit for all values that are kept, in bytes. */
const MOST_OCTETS = 8 * 1024 * 1024;

/** Values by what they were made for. What was used last is kept longest. */
export class LargeValues {
  private readonly kept = new Map<string, { readonly values: Values; readonly octets: number }>();
  private octets = 0;

  constructor(private readonly most = MOST_OCTETS) {}

  /** Bytes that are kept. */
  get size(): number {
    return this.octets;
  }

  get(key: string): Values | undefined {
    const found = this.kept.get(key);
    if (found === undefined) return undefined;
    this.kept.delete(key);
    this.kept.set(key, found);
    return found.values;
  }

  /** What is too large for all the room is not kept. */
  set(key: string, values: Values): void {
    let octets = 0;
    for (const value of values) octets += value.length + OVERHEAD;
    if (octets > this.most) return;
    this.drop(key);
    this.kept.set(key, { values, octets });
    this.octets += octets;
    for (const oldest of this.kept.keys()) {
      if (this.octets <= this.most) return;
      this.drop(oldest);
    }
  }

  private drop(key: string): void {
    this.octets -= this.kept.get(key)?.octets ?? 0;
    this.kept.delete(key);
  }
}

/** Where the values of a large attribute come from. */
export interface ValueSource {
  /** What they are kept under: the same for the same values. */
  readonly key: string;
  readonly length: number;
  /** The value at a position, or undefined if it is not shown. */
  readonly at: (i: number) => Buffer | undefined;
  /** Whether there is a value with this comparison key; undefined: unknown without all of them. */
  readonly has: (key: string) => boolean | undefined;
}

/** Units of work for a value that is made. */
const UNITS = 6;

/** An attribute of very many values, at least one of them, that are made when somebody wants them. It keeps none itself for longer than it is looked at. */
export class LargeAttribute extends SnapshotAttribute {
  private made: Values | undefined;

  constructor(
    name: string,
    type: AttributeType | undefined,
    private readonly source: ValueSource,
    private readonly room: LargeValues,
  ) {
    super(name, type, NO_VALUES);
    // A reader that did not wait for `ready` gets the values too, but that takes a while.
    Object.defineProperty(this, 'values', { get: () => runToEnd(this.make(UNLIMITED)) });
  }

  /** The same values under another name, or those that fit its type. */
  as(
    name: string,
    type: AttributeType | undefined,
    { isAlike, isFit }: Pick<Copy, 'isAlike' | 'isFit'>,
  ): LargeAttribute {
    const { source, room } = this;
    if (isAlike) return new LargeAttribute(name, type, source, room);
    const at = (i: number) => {
      const value = source.at(i);
      return value === undefined || isFit?.(value) === false ? undefined : value;
    };
    // Only the whole list has the answer: the source compares by another rule.
    const key = isFit === undefined ? source.key : `${source.key} that fit ${name}`;
    return new LargeAttribute(name, type, { key, length: source.length, at, has: () => undefined }, room);
  }

  /** The first value, for a reader that needs no more. */
  first(): Buffer | undefined {
    const { source } = this;
    for (let i = 0; i < source.length; i++) {
      const value = source.at(i);
      if (value === undefined) continue;
      making.units += i >> 3;
      return value;
    }
    return undefined;
  }

  override get isReady(): boolean {
    return this.made !== undefined;
  }

  override *ready(work: Work): Steps<void> {
    yield* this.make(work);
  }

  override equalTo(octets: Buffer): readonly Buffer[] {
    const key = normalizerOf(this.type)(octets);
    const has = key === undefined ? false : this.source.has(key);
    return has === undefined ? super.equalTo(octets) : has ? [octets] : NO_VALUES;
  }

  override keys(): Keys {
    return runToEnd(this.makeKeys());
  }

  override quickKeys(): undefined {
    return undefined;
  }

  override *makeKeys(work: Work = UNLIMITED): Steps<Keys> {
    return yield* normalized(yield* this.make(work), normalizerOf(this.type), work);
  }

  override positionInLongList(key: string): number | undefined {
    const has = this.source.has(key);
    return has === undefined ? undefined : has ? 0 : -1;
  }

  private *make(work: Work): Steps<Values> {
    if (this.made !== undefined) return this.made;
    const { source, room } = this;
    let values = room.get(source.key);
    if (values === undefined) {
      const made: Buffer[] = [];
      for (let i = 0; i < source.length; i++) {
        const value = source.at(i);
        if (value !== undefined) made.push(value);
        work.left -= UNITS;
        if ((i + 1) % VALUES_PER_STEP === 0 || work.left <= 0) yield;
      }
      values = made;
      room.set(source.key, values);
    }
    this.made = values;
    return values;
  }
}

const NO_VALUES: Values = [];
