// The layout of --help, where yargs leaves something to be desired.

const WIDEST = 100;

/** Columns for yargs: one less than `columns`, for the gap that `withGaps` may add; 100 at most, and where the output is not a terminal. */
export function helpWidth(columns: number | undefined): number {
  return columns === undefined ? WIDEST : Math.min(WIDEST, columns - 1);
}

/** yargs writes the type directly behind a description that fills its column: `unless given[string]`. */
export function withGaps(help: string): string {
  return help.replaceAll(/([^\s\]])(\[(?:array|boolean|number|string)\])/g, '$1 $2');
}
