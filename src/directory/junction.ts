// AND, OR and NOT of compiled parts. Parts that ask for one value each of the same attribute become one that asks for any of them.
import { type CompiledFilter, TOO_MUCH, type Truth } from './compiled-filter.js';
import { anyOf, type Compiler } from './item-evaluation.js';

/** The number of parts about one attribute from which a set is worthwhile. */
const WORTH_A_SET = 8;

interface Group {
  readonly described: Parameters<typeof anyOf>[0];
  readonly keys: Set<string>;
  /** One for each key, while they are few. */
  readonly parts: CompiledFilter[];
}

/**
 * An AND or OR, to which parts are added one by one. An OR of equalities is asked as a set, whatever their number, and so is an AND of NOTs of
 * them: a directory of 20,000 looked through for 20,000 names would be 400 million comparisons. Of parts that are Undefined for every
 * entry one says as much as many.
 */
export class Junction {
  private readonly parts: CompiledFilter[] = [];
  private groups: Map<string, Group> | undefined;
  private undefinedPart: CompiledFilter | undefined;
  private size = 1;

  constructor(
    private readonly kind: 'and' | 'or',
    private readonly compiler: Compiler,
  ) {}

  add(part: CompiledFilter): void {
    this.size += part.size;
    if (part.isUndefined) {
      if (this.undefinedPart?.narrowing === undefined) this.undefinedPart = part;
      return;
    }
    const equality = this.kind === 'or' ? part.equality : part.inequality;
    if (equality === undefined) return void this.parts.push(part);
    const { described, key } = equality;
    this.groups ??= new Map();
    let group = this.groups.get(described.key);
    if (group === undefined) {
      group = { described, keys: new Set(), parts: [] };
      this.groups.set(described.key, group);
    }
    if (group.keys.has(key)) return;
    group.keys.add(key);
    if (group.parts.length < WORTH_A_SET) group.parts.push(part);
  }

  compiled(): CompiledFilter {
    const { kind, compiler, parts } = this;
    const all: CompiledFilter[] = [];
    for (const group of this.groups?.values() ?? []) {
      if (group.keys.size < WORTH_A_SET) all.push(...group.parts);
      else {
        const any = anyOf(group.described, group.keys, compiler);
        all.push(kind === 'or' ? any : negation(any));
      }
    }
    all.push(...parts);
    if (this.undefinedPart !== undefined) all.push(this.undefinedPart);
    const [only] = all;
    return all.length === 1 && only !== undefined ? only : junction(kind, all, this.size);
  }
}

/** AND and OR: FALSE of one part or TRUE decides, Undefined of one prevails over what is left. */
function junction(kind: 'and' | 'or', parts: readonly CompiledFilter[], size: number): CompiledFilter {
  const decisive = kind === 'and' ? 0 : 1;
  const neutral: Truth = kind === 'and' ? 1 : 0;
  return {
    isUndefined: false,
    size,
    narrowing: { kind, parts },
    quick: (entry, work) => {
      work.left -= 1;
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
      work.left -= 1;
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

/** NOT: Undefined stays Undefined. */
export function negation(inner: CompiledFilter): CompiledFilter {
  return {
    isUndefined: false,
    size: 1 + inner.size,
    narrowing: undefined,
    ...(inner.equality === undefined ? {} : { inequality: inner.equality }),
    quick: (entry, work) => {
      work.left -= 1;
      return NEGATED[inner.quick(entry, work)];
    },
    *steps(entry, work) {
      work.left -= 1;
      return NEGATED[yield* inner.steps(entry, work)];
    },
  };
}
