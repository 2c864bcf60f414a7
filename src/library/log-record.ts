// The log as a program gets it.

/** One line of the log. The other fields are those of the JSON log; `msg` says what happened. */
export interface LogRecord {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  /** ISO 8601. */
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A function that gets each line of the log, or a stream that gets their text. */
export type LogTarget = ((line: LogRecord) => void) | NodeJS.WritableStream;
