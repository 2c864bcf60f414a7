// The end after a defect that no wall has caught: with a line that says so, and an exit code of its own.
import { defectFields } from '../ops/log/defect.js';
import type { Log } from '../ops/log/log.js';
import { type CliIo, complain } from './io.js';

/** EX_SOFTWARE of sysexits.h: a supervisor restarts the process, and can distinguish it from a failed start (1). */
export const DEFECT = 70;

/**
 * From now on what is thrown outside every wall, or rejected and not handled, ends the process. It does not go on: what was under way when
 * it was thrown is in an unknown state, and an unknown state must not decide who gets in. It does not end in silence either.
 */
export function exitOnDefect({ log, lines }: Log, io: Pick<CliIo, 'stderr'>): void {
  let hasBegun = false;
  process.on('uncaughtException', (error: unknown, origin) => {
    const fields = defectFields(error);
    // Always on standard error, too: the log may be what has the defect.
    complain(io.stderr, `jumpgate: ended by a defect: ${JSON.stringify(fields)}\n`);
    if (!hasBegun) {
      hasBegun = true;
      try {
        log.fatal({ ...fields, origin }, 'ended by a defect of Jumpgate');
        log.flush();
        lines.flush();
      } catch {}
    }
    process.exit(DEFECT);
  });
}
