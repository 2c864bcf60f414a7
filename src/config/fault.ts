// What is wrong with a configuration: every fault at once, each with its path, its value and what to do.

export interface ConfigFault {
  /** e.g. `upstream.orgId`. */
  readonly path: string;
  /** As written; never a secret's. */
  readonly value?: string;
  readonly message: string;
  readonly remedy: string;
}

export class ConfigError extends Error {
  constructor(readonly faults: readonly ConfigFault[]) {
    super(
      `the configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  ${faultText(fault)}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

/** In one line: path, value, what is wrong, and what to do. */
export function faultText({ path, value, message, remedy }: ConfigFault): string {
  return `${path}${value === undefined ? '' : ` = ${value}`}: ${message}. ${remedy}`;
}
