// Where a program wants the log: nowhere, in a function of its own, or in a stream.
import { pino } from 'pino';
import type { Config } from '../config/config.js';
import { createLog, type Logger } from '../ops/log/log.js';
import type { LogRecord, LogTarget } from './log-record.js';

/** A log and how it ends. */
export interface LibraryLog {
  readonly log: Logger;
  readonly lines: { readonly lost: number };
  /** Resolves when what is written has left, or after a second. */
  close(): Promise<void>;
}

/** Milliseconds that the end waits for a stream. */
const LAST_LINES = 1000;

/** Opens the log. A function that throws loses its line, and nothing else happens. */
export async function openLog(target: LogTarget | undefined, options: Config['log']): Promise<LibraryLog> {
  if (target !== undefined && typeof target !== 'function') {
    const { log, lines, drain } = await createLog(options, target);
    return { log, lines, close: async () => void (await drain(LAST_LINES)) };
  }
  const lines = { lost: 0 };
  const write = (json: string) => {
    try {
      target?.(JSON.parse(json) as LogRecord);
    } catch {
      lines.lost++;
    }
  };
  const { isoTime: timestamp } = pino.stdTimeFunctions;
  const formatters = { level: (level: string) => ({ level }) };
  const log = pino({ level: options.level, base: null, timestamp, formatters }, { write });
  return { log, lines, close: async () => {} };
}
