// The receivers of operations and faults, isolated from each other: one that throws is counted and reported, and the others go on.
import type { Trace } from '../../gate/trace.js';
import { type DefectFields, defectFields } from '../log/defect.js';
import type { LogSource } from '../log/source.js';

/** `telemetry` counts and keeps operations; `page` are the event streams behind it; `cloud` asks JumpCloud why. */
export type ListenerName = 'audit' | 'cloud' | 'log' | 'telemetry' | 'page';

export interface NamedListener {
  readonly name: ListenerName;
  /** `now`: milliseconds of the wall clock. Neither trace nor source changes any more, except the trace's `cloud`. */
  operation?(trace: Trace, source: LogSource, now: number): void;
  fault?(fault: string, detail: string, source: LogSource): void;
  /** `trace`: of the operation at fault, if it was one. */
  defect?(error: unknown, source: LogSource, trace?: Trace): void;
}

/** Milliseconds from one report about a listener to the next. */
const REPORTS = 60_000;

export interface DefectReport extends DefectFields {
  readonly listener: ListenerName;
  /** Since the last report, this one included. */
  readonly defects: number;
}

export interface DefectSinks {
  /** Into the log. */
  readonly log: (report: DefectReport) => void;
  /** Where the log is what fails: standard error. */
  readonly elsewhere: (text: string) => void;
  /** Milliseconds; any start. */
  readonly now: () => number;
}

/** Defects of listeners by name: each is counted, and reported once a minute at most. */
export class ListenerDefects {
  readonly counts = new Map<ListenerName, number>();
  private readonly reported = new Map<ListenerName, { at: number; count: number }>();

  constructor(private readonly sinks: DefectSinks) {}

  /** Never throws. */
  add(listener: ListenerName, error: unknown): void {
    const count = (this.counts.get(listener) ?? 0) + 1;
    this.counts.set(listener, count);
    const last = this.reported.get(listener);
    const now = this.sinks.now();
    if (last !== undefined && now - last.at < REPORTS) return;
    this.reported.set(listener, { at: now, count });
    this.report({ listener, defects: count - (last?.count ?? 0), ...defectFields(error) });
  }

  private report(report: DefectReport): void {
    if (report.listener !== 'log') {
      try {
        this.sinks.log(report);
        return;
      } catch (error) {
        this.add('log', error);
      }
    }
    try {
      this.sinks.elsewhere(`jumpgate: a listener has a defect: ${JSON.stringify(report)}\n`);
    } catch {}
  }
}

/** Hands every operation and fault to each listener, in their order. Never throws. The clock is read once for all of them. */
export class Listeners {
  constructor(
    private readonly listeners: readonly NamedListener[],
    private readonly defects: ListenerDefects,
  ) {}

  operation(trace: Trace, source: LogSource): void {
    const now = Date.now();
    for (const listener of this.listeners) {
      try {
        listener.operation?.(trace, source, now);
      } catch (error) {
        this.defects.add(listener.name, error);
      }
    }
  }

  fault(fault: string, detail: string, source: LogSource): void {
    this.each((listener) => listener.fault?.(fault, detail, source));
  }

  defect(error: unknown, source: LogSource, trace?: Trace): void {
    this.each((listener) => listener.defect?.(error, source, trace));
  }

  private each(tell: (listener: NamedListener) => void): void {
    for (const listener of this.listeners) {
      try {
        tell(listener);
      } catch (error) {
        this.defects.add(listener.name, error);
      }
    }
  }
}
