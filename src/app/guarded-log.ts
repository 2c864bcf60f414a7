// The log for what a running app reports outside of its operations: a log that throws ends nothing.
import { performance } from 'node:perf_hooks';
import { type Logger, logDefect } from '../ops/log/log.js';
import { ListenerDefects } from '../ops/telemetry/listeners.js';

/** Writes lines to a log, and counts what the log throws among the defects of the listeners. */
export class GuardedLog {
  /** Of everybody who receives operations and faults, the log among them. */
  readonly defects: ListenerDefects;

  /** `elsewhere`: where a defect of the log itself is reported. */
  constructor(
    readonly unguarded: Logger,
    elsewhere: (text: string) => void,
  ) {
    this.defects = new ListenerDefects({
      log: (report) => unguarded.error(report, 'a listener has a defect'),
      elsewhere,
      now: () => performance.now(),
    });
  }

  /** Never throws. */
  write(line: (log: Logger) => void): void {
    try {
      line(this.unguarded);
    } catch (error) {
      this.defects.add('log', error);
    }
  }

  /** An exception that should not have been. A function of its own: most parts of an app are given it. */
  readonly defect = (error: unknown): void => this.write((log) => logDefect(log, error));
}
