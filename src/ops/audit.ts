// The audit stream: one line for each decision about a bind, in a file of its own, written before the answer leaves.
import { type Logger, pino } from 'pino';
import type { Trace } from '../gate/trace.js';
import { type LogSource, operationFields } from './log.js';

export interface Audit {
  operation(trace: Trace, source: LogSource): void;
  /** Opens the file anew by its name: it was moved away (log rotation). */
  reopen(): void;
  close(): void;
}

/**
 * Appends JSON lines to the file, which only its owner may read if it is made here. `failed` hears of a disk that is full and the like;
 * the product goes on. Throws the system's error if it cannot be opened.
 */
export function openAudit(file: string, failed: (error: Error) => void): Audit {
  const destination = pino.destination({ dest: file, append: true, sync: true, mode: 0o600 });
  destination.on('error', failed);
  const lines: Logger = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    destination,
  );
  return {
    operation: (trace, source) => {
      if (trace.operation === 'bind') lines.info(operationFields(trace, source));
    },
    reopen: () => destination.reopen(),
    close: () => destination.end(),
  };
}
