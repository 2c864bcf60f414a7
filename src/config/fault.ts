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
}

/** A configuration that cannot be used, with all of its faults. The message has one line for each. */
export class ConfigError extends Error {
  constructor(
    readonly faults: readonly ConfigFault[],
    /** The file that was read, or where one was looked for. */
    readonly source?: string,
  ) {
    const count = faults.length === 1 ? 'an error' : `${faults.length} errors`;
    const where = source === undefined ? '' : ` (${source})`;
    super(`the configuration has ${count}${where}:\n${faults.map((fault) => `  ${faultText(fault)}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** In one line: path, value, where it comes from, what is wrong, and what to do. */
export function faultText(fault: ConfigFault): string {
  return `${faultPlace(fault)}: ${fault.message}. ${fault.remedy}`;
}

/** Path, value, and where it comes from. */
export function faultPlace({ path, value, from }: ConfigFault): string {
  const written = value === undefined ? '' : ` = ${value}`;
  return `${path}${written}${from === undefined || from === path ? '' : ` (${from})`}`;
}
