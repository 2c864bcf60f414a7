// Telemetry: every ended operation and every fault of a connection comes here once, is counted, kept for a while, and handed on to who listens.
import type { Trace } from '../../gate/trace.js';
import { printable } from '../log/printable.js';
import type { LogSource } from '../log/source.js';
import { Counters } from './counters.js';
import { Histogram } from './histogram.js';
import { Minutes } from './minutes.js';
import { type Knows, type OperationRecord, RecentOperations } from './recent-operations.js';

/** A connection that broke or was ended. */
export interface FaultRecord {
  readonly time: string;
  readonly fault: string;
  readonly detail: string;
  readonly connection: number;
  readonly address: string;
  readonly port: number;
}

/** Whoever listens gets the same record as all others, and is not to change it. One that throws is dropped, and told why by `fail`. */
export interface TelemetryListener {
  operation(record: OperationRecord): void;
  fault(record: FaultRecord): void;
  fail?(error: unknown): void;
}

/** Faults are a closed list; anything else would be a defect, and is not to fill the memory. */
const MOST_FAULTS = 64;

/** On the path of every operation: it adds integers. What it holds is read, and turned into text, when somebody asks. */
export class Telemetry {
  readonly operations = new Counters();
  /** By operation: binds, and everything else, which the snapshot answers. */
  readonly binds = new Histogram();
  readonly others = new Histogram();
  /** What a bind costs here: without the upstream's time and without what it was held back. */
  readonly bindsHere = new Histogram();
  /** What binds that had to ask waited for the upstream. */
  readonly upstream = new Histogram();
  readonly recalls = { hits: 0, misses: 0 };
  readonly faults = new Map<string, number>();
  readonly minutes = new Minutes(() => this.operations.reasons());
  readonly recent: RecentOperations;
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
    const { reasonNumber } = this.operations.add(trace);
    if (trace.operation === 'bind') this.bind(trace, time, reasonNumber);
    else this.others.add(trace.duration);
    this.recent.add(trace, source, time);
    if (this.listeners.size === 0) return;
    const record = this.recent.newest();
    this.each((listener) => listener.operation(record));
  }

  fault(fault: string, detail: string, source: LogSource): void {
    if (this.faults.has(fault) || this.faults.size < MOST_FAULTS)
      this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
    if (this.listeners.size === 0) return;
    const { connection, address, port } = source;
    const time = new Date(this.now()).toISOString();
    const record = { time, fault, detail: printable(detail), connection, address, port };
    this.each((listener) => listener.fault(record));
  }

  /** Hears of everything from now on; returns how to end that. */
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

  private bind(trace: Trace, time: number, reasonNumber: number): void {
    const { duration, upstream, held, recall } = trace;
    this.binds.add(duration);
    this.bindsHere.add(Math.max(0, duration - upstream - held));
    if (upstream > 0) this.upstream.add(upstream);
    if (recall === 'hit') this.recalls.hits++;
    else if (recall === 'miss') this.recalls.misses++;
    this.minutes.add(time, reasonNumber, duration);
  }
}
