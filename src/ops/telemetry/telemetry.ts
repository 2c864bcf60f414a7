// Telemetry: every ended operation and every fault of a connection comes here once, is counted, kept for a while, and passed on to listeners.
import type { Trace } from '../../gate/trace.js';
import { printable } from '../log/printable.js';
import type { LogSource } from '../log/source.js';
import type { FaultRecord } from './fault-record.js';
import { Minutes } from './minutes.js';
import { type Knows, type OperationRecord, RecentOperations } from './recent-operations.js';
import { Tallies } from './tally.js';

export type { FaultRecord } from './fault-record.js';

/** All listeners get the same record, and must not change it. One that throws is dropped, and gets the error by `fail`. */
export interface TelemetryListener {
  operation(record: OperationRecord): void;
  fault(record: FaultRecord): void;
  /** JumpCloud's reason has come to an operation that was passed on before. */
  found?(record: OperationRecord): void;
  fail?(error: unknown): void;
}

/** On the path of every operation: it adds integers. What it holds is read, and turned into text, when somebody asks. */
export class Telemetry {
  readonly tallies = new Tallies();
  readonly minutes = new Minutes(() => this.tallies.reasons);
  readonly recent: RecentOperations;
  private configured: readonly string[] = [];
  private readonly listeners = new Set<TelemetryListener>();

  constructor(
    knows: Knows,
    /** Milliseconds of the wall clock. */
    readonly now: () => number,
  ) {
    this.recent = new RecentOperations(knows, Math.floor(now()).toString(36));
  }

  /** `time`: milliseconds of the wall clock, where they are known already. */
  operation(trace: Trace, source: LogSource, time = this.now()): void {
    const reasonNumber = this.tallies.of(source.app).add(trace, time);
    if (trace.operation === 'bind') this.minutes.add(time, reasonNumber, trace.upstream, trace.recall === 'hit');
    this.recent.add(trace, source, time);
    if (this.listeners.size === 0) return;
    const record = this.recent.newest();
    this.each((listener) => listener.operation(record));
  }

  /** JumpCloud's reason has come to an operation that came here before. */
  found(trace: Trace): void {
    const record = this.recent.found(trace);
    if (record !== undefined) this.each((listener) => listener.found?.(record));
  }

  fault(fault: string, detail: string, source: LogSource): void {
    this.tallies.of(source.app).fault(fault);
    if (this.listeners.size === 0) return;
    const { connection, address, port, app } = source;
    const time = new Date(this.now()).toISOString();
    const record = {
      time,
      fault,
      detail: printable(detail),
      connection,
      address,
      port,
      ...(app === undefined ? {} : { app }),
    };
    this.each((listener) => listener.fault(record));
  }

  /** The names of the apps that are configured, where they have any. */
  get apps(): readonly string[] {
    return this.configured;
  }

  set apps(names: readonly string[]) {
    this.configured = names;
    this.tallies.expect(names);
  }

  /** Passes everything on from now on; the function returned ends that. */
  listen(listener: TelemetryListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get listening(): number {
    return this.listeners.size;
  }

  /** One that throws takes nothing from the others. */
  private each(work: (listener: TelemetryListener) => void): void {
    for (const listener of this.listeners) {
      try {
        work(listener);
      } catch (error) {
        this.listeners.delete(listener);
        try {
          listener.fail?.(error);
        } catch {}
      }
    }
  }
}
