// Counts of ended operations by what they were and how they went: an addition each, and a look-up where they do not resemble each other.
import type { Reason } from '../../gate/reason.js';
import type { Operation, Trace } from '../../gate/trace.js';

/** How often one operation ended with one code and reason. */
export class Count {
  count = 0;

  constructor(
    readonly operation: Operation,
    readonly code: number,
    readonly reason: Reason,
    /** Counts the reasons in the order in which they were first met, from 0. */
    readonly reasonNumber: number,
  ) {}
}

/** Bounded by closed lists: operations, result codes and reasons. */
export class Counters {
  /** By reason: with one, there are few operations and codes. */
  private readonly counts = new Map<Reason, Count[]>();
  private last = new Count('abandon', 0, 'ok', 0);

  /** `reasons`: in the order of their numbers; those that are met here and not in it are added. */
  constructor(private readonly reasons: Reason[] = []) {}

  /** Returns where it is counted. */
  add({ operation, code, reason }: Trace): Count {
    const { last } = this;
    const count =
      last.count > 0 && last.operation === operation && last.code === code && last.reason === reason
        ? last
        : this.find(operation, code, reason);
    count.count++;
    this.last = count;
    return count;
  }

  all(): Count[] {
    return [...this.counts.values()].flat();
  }

  private find(operation: Operation, code: number, reason: Reason): Count {
    const counts = this.counts.get(reason) ?? [];
    for (const count of counts) if (count.operation === operation && count.code === code) return count;
    this.counts.set(reason, counts);
    const count = new Count(operation, code, reason, this.numberOf(reason));
    counts.push(count);
    return count;
  }

  private numberOf(reason: Reason): number {
    const known = this.reasons.indexOf(reason);
    return known >= 0 ? known : this.reasons.push(reason) - 1;
  }
}
