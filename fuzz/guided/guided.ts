// Coverage-guided fuzzing: an input that takes a branch which none took before is kept, and mutated further.
import { Random } from '../random.js';
import type { Finding } from '../report.js';
import { shrunk } from '../shrink.js';
import { Collection } from './collection.js';
import type { Trace } from './instrument.js';
import { changed, neighbours } from './mutations.js';

/** What is fuzzed, on instrumented code. */
export interface Target {
  readonly trace: Trace;
  readonly seeds: readonly Buffer[];
  readonly words: readonly Buffer[];
  /** Bytes of the longest input. */
  readonly longest: number;
  /** An input from others by what the format knows; used beside the mutations of bytes. */
  readonly mutate?: (random: Random, corpus: readonly Buffer[]) => Buffer;
  /** Runs one input; throws, or returns what is wrong with what came out. */
  readonly check: (input: Buffer) => string | undefined;
}

export interface GuidedOptions {
  readonly seed: number;
  /** Ends after this time in milliseconds, or this number of executions. */
  readonly time: number;
  readonly executions: number;
  /** More inputs to begin with. */
  readonly corpus?: readonly Buffer[];
  /** False: coverage is measured but chooses nothing. For the test that compares the two. */
  readonly isGuided?: boolean;
  readonly progress?: (state: GuidedProgress) => void;
}

export interface GuidedProgress {
  readonly executions: number;
  /** Edges (a branch after another) that some input took. */
  readonly edges: number;
  /** The shortest inputs that do what any did, seeds included. */
  readonly inputs: readonly Buffer[];
}

export interface GuidedResult extends GuidedProgress {
  readonly finding?: Finding;
}

/** Changes of one byte that are tried on an input that took a new edge. */
const NEIGHBOURS = 1000;
/** Executions between two looks at the clock. */
const AT_A_TIME = 100;

/** Runs one input; returns the fault's text, with a stack trace if it is an exception. */
export function faultOf({ trace, check }: Target, input: Buffer): string | undefined {
  trace.clear();
  try {
    return check(input);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** Runs until time or number is used up, or something is found. The seed and the number of executions decide everything else. */
export async function fuzzGuided(target: Target, options: GuidedOptions): Promise<GuidedResult> {
  const { seed, time, executions: most, isGuided = true, progress } = options;
  const random = new Random(seed);
  const until = performance.now() + time;
  const collection = new Collection(target.trace.counts.length);
  const seeds = [...target.seeds, ...(options.corpus ?? [])].map((input) => input.subarray(0, target.longest));
  let executions = 0;

  /** What is near the inputs that took a new edge; at the end those that took the most edges, which reached furthest. */
  const near: { readonly edges: number; readonly inputs: Generator<Buffer> }[] = [];
  const tried = (input: Buffer): string | undefined => {
    executions++;
    const what = faultOf(target, input);
    const { size } = target.trace;
    if (collection.add(input, target.trace) && isGuided) {
      near.push({ edges: size, inputs: neighbours(input, random, NEIGHBOURS) });
      near.sort((one, other) => one.edges - other.edges);
    }
    return what;
  };
  const neighbour = (): Buffer | undefined => {
    while (near.length > 0) {
      const { done, value } = near.at(-1)!.inputs.next();
      if (done !== true) return value;
      near.pop();
    }
    return undefined;
  };
  const state = () => ({ executions, edges: collection.edges, inputs: collection.inputs() });
  // Most inputs end in an exception that is caught; where it came from is wanted of the finding only.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const found = async (message: string, input: Buffer): Promise<GuidedResult> => {
    Error.stackTraceLimit = stackTraceLimit;
    const what = faultOf(target, input) ?? `${message}\n(not when it is run again)`;
    const fails = ([octets]: readonly Buffer[]) =>
      octets !== undefined && firstLine(faultOf(target, octets)) === firstLine(what);
    return { ...state(), finding: { what, input: await shrunk([input], fails) } };
  };

  for (const input of seeds) {
    const what = tried(input);
    if (what !== undefined) return found(what, input);
  }
  const pick = () => (isGuided ? collection.pick(random) : random.pick(seeds));
  while (executions < most && performance.now() < until) {
    for (let left = Math.min(AT_A_TIME, most - executions); left > 0; left--) {
      const input = (random.once(2) ? neighbour() : undefined) ?? next(target, pick, random);
      const what = tried(input);
      if (what !== undefined) return found(what, input);
    }
    progress?.(state());
    // So that signals and the terminal have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  Error.stackTraceLimit = stackTraceLimit;
  return state();
}

function next(target: Target, pick: () => Buffer, random: Random): Buffer {
  const { words, longest, mutate } = target;
  const [base, other] = [pick(), pick()];
  const material = { words, longest, corpus: [base, other] };
  if (mutate === undefined || random.once(2)) return changed(base, random, material);
  const input = mutate(random, [base, base, base, other]).subarray(0, longest);
  return random.once(8) ? changed(input, random, material) : input;
}

/** Of an exception its message, without the place: minimising may reach it by another way. */
function firstLine(text: string | undefined): string | undefined {
  return text?.split('\n', 1)[0];
}
