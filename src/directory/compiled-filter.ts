// What a filter becomes when it is compiled.
import type { Steps } from '../runtime/cooperative.js';
import type { Described, SnapshotEntry } from './entry.js';
import type { Work } from './work.js';

/** TRUE, FALSE, Undefined. An entry is returned only for TRUE. */
export type Truth = 1 | 0 | -1;

/** The answer of a quick look at an entry that is too large for one go: it must be evaluated in steps. */
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
  /** Parts of it, those of parts included. */
  readonly size: number;
  /**
   * How an index may narrow the search: the value that an attribute has to have (none at all without a key), one of these values, or this
   * of its parts.
   */
  readonly narrowing:
    | { readonly kind: 'equal'; readonly attribute: string; readonly key: string | undefined }
    | { readonly kind: 'any'; readonly attribute: string; readonly keys: ReadonlySet<string> }
    | { readonly kind: 'and' | 'or'; readonly parts: readonly CompiledFilter[] }
    | undefined;
  /** Set for an item that asks for one value of one attribute by its own rule; and for the NOT of such an item. */
  readonly equality?: Equality;
  readonly inequality?: Equality;
}

export interface Equality {
  readonly described: Described;
  readonly key: string;
}
