// Everything that is wrong with a configuration, each fault with its path, where it was written, its value and what to do.

/** One problem of a configuration: where it is, what is wrong, and what to do. */
export interface ConfigFault {
  /** e.g. `upstream.orgId`, `local.serviceAccounts[0].dn`. */
  readonly path: string;
  /** As written; never a secret's. */
  readonly value?: string;
  /** The environment variable or flag that it comes from; a file is named once for all. */
  readonly from?: string;
  readonly message: string;
  readonly remedy: string;
  /** Further faults that are not listed. */
  readonly more?: number;
}

/** Faults that are listed: anyone who has more has given another file, or generated one wrongly. */
export const MOST_FAULTS = 100;

/** The first `MOST_FAULTS`; the last of them says how many more there are, of `count` in all. */
export function listed(faults: readonly ConfigFault[], count = countOf(faults)): ConfigFault[] {
  const first = faults.slice(0, MOST_FAULTS);
  const more = count - first.length;
  return first.map((fault, i) => (i === first.length - 1 && more > 0 ? { ...fault, more } : fault));
}

function countOf(faults: readonly ConfigFault[]): number {
  return faults.reduce((count, { more = 0 }) => count + 1 + more, 0);
}

/** A configuration that cannot be used, with its faults. The message has one line for each. */
export class ConfigError extends Error {
  constructor(
    readonly faults: readonly ConfigFault[],
    /** The file that was read, or where one was looked for. */
    readonly source?: string,
  ) {
    const all = countOf(faults);
    const count = all === 1 ? 'an error' : `${all.toLocaleString('en')} errors`;
    const where = source === undefined ? '' : ` (${source})`;
    super(`the configuration has ${count}${where}:\n${faults.map((fault) => `  ${faultText(fault)}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** In one line: path, value, where it comes from, what is wrong, and what to do. */
export function faultText(fault: ConfigFault): string {
  return `${faultPlace(fault)}: ${fault.message}. ${faultRemedy(fault)}`;
}

/** What to do, and how many faults are not listed. */
export function faultRemedy({ remedy, more }: ConfigFault): string {
  return more === undefined ? remedy : `${remedy} ${more.toLocaleString('en')} more errors are not listed.`;
}

/** Path, value, and where it comes from. */
export function faultPlace({ path, value, from }: ConfigFault): string {
  const written = value === undefined ? '' : ` = ${value}`;
  return `${path}${written}${from === undefined || from === path ? '' : ` (${from})`}`;
}
