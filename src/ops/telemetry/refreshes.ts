// How the reads of the directory went, since the start of the process.
import type { ReadError } from '../../directory/reader.js';
import { Histogram } from './histogram.js';

/** Durations of successful reads, and counts of failed ones by kind. */
export class Refreshes {
  /** Those that succeeded. */
  readonly durations = new Histogram();
  readonly failures = new Map<ReadError['kind'], number>();

  add(outcome: 'read' | ReadError['kind'], milliseconds: number): void {
    if (outcome === 'read') this.durations.add(milliseconds);
    else this.failures.set(outcome, (this.failures.get(outcome) ?? 0) + 1);
  }
}
