// The suites that others wrote: where each comes from, what it asks, and which of its expectations Jumpgate does not meet on purpose.
// docs/conformance.md is made from this list (`npm run docs`).

/** One thing that a suite reports about Jumpgate, and why that stays. */
export interface Difference {
  /** The start of a line of the suite's report, as `judge` gets it. */
  readonly shows: string;
  readonly reason: string;
}

export interface Suite {
  /** The registry, the package, and the version that is locked. */
  readonly source: string;
  /** What is run, and against what. */
  readonly asks: string;
  readonly differences: readonly Difference[];
}

export const SUITES = {} satisfies Record<string, Suite>;

export type SuiteName = keyof typeof SUITES;

/**
 * Compares what a suite reported with its list, in both directions: `unlisted` are lines that no difference covers, `outdated` are
 * differences that no line shows any more. Both are empty when the list is true.
 */
export function judge(
  differences: readonly Difference[],
  reported: readonly string[],
): { readonly unlisted: readonly string[]; readonly outdated: readonly string[] } {
  return {
    unlisted: reported.filter((line) => !differences.some(({ shows }) => line.startsWith(shows))),
    outdated: differences.map(({ shows }) => shows).filter((shows) => !reported.some((line) => line.startsWith(shows))),
  };
}
