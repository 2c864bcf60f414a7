// What all rows of the list have in common, and what several parts of a row want to know of its operation.
import type { State } from '../state.js';
import type { OperationRecord } from '../telemetry/recent-operations.js';

/** What all rows have in common. */
export interface RowStyle {
  /** With a column for the app. */
  readonly hasApps: boolean;
  /** JumpCloud is asked why: its line is there from the beginning, so that nothing moves when the reason comes. */
  readonly asksWhy: boolean;
  /** Names an operation by its serial number. */
  readonly nameOf: (serial: number) => string;
  readonly state: State;
  /** Unfolded from the beginning. */
  readonly isOpen?: boolean;
}

/** The attributes because of which a filter finds nothing: no entry has them. Empty for a search that found something. */
export function unknownAttributes({ operation, reason, entries, search }: OperationRecord): string[] {
  if (operation !== 'search' || reason !== 'ok' || entries > 0 || search === undefined) return [];
  const filter = search.filter.toLowerCase();
  return search.missing.filter((name) =>
    ['=', '~', '>', '<', ':'].some((sign) => filter.includes(`(${name.toLowerCase()}${sign}`)),
  );
}
