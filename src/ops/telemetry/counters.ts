// Counts of ended operations by what they were and how they went: three look-ups and an addition each, no text.
import type { Reason } from '../../gate/reason.js';
import type { Operation, Trace } from '../../gate/trace.js';

export interface Count {
  readonly operation: Operation;
  readonly code: number;
  readonly reason: Reason;
  count: number;
}

/** Bounded by closed lists: operations, result codes and reasons. */
export class Counters {
  private readonly counts = new Map<Operation, Map<number, Map<Reason, Count>>>();

  add({ operation, code, reason }: Trace): void {
    const known = this.counts.get(operation)?.get(code)?.get(reason);
    if (known === undefined) this.begin({ operation, code, reason, count: 1 });
    else known.count++;
  }

  all(): Count[] {
    return [...this.counts.values()].flatMap((codes) =>
      [...codes.values()].flatMap((reasons) => [...reasons.values()]),
    );
  }

  private begin(count: Count): void {
    const { operation, code, reason } = count;
    const codes = this.counts.get(operation) ?? new Map<number, Map<Reason, Count>>();
    const reasons = codes.get(code) ?? new Map<Reason, Count>();
    this.counts.set(operation, codes.set(code, reasons.set(reason, count)));
  }
}
