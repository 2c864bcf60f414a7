// Durations counted in buckets: plain integers on the hot path, quantiles and Prometheus' histograms made of them when somebody looks.

/** Upper bounds in milliseconds; what is longer has a bucket of its own. From a cached bind to a push on a telephone. */
export const BOUNDS: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000,
];

/** Durations in fixed buckets, in milliseconds. */
export class Histogram {
  /** Not cumulative; the last one is beyond the last bound. */
  readonly counts: number[] = new Array<number>(BOUNDS.length + 1).fill(0);
  count = 0;
  /** Milliseconds. */
  sum = 0;

  add(milliseconds: number): void {
    let i = 0;
    while (i < BOUNDS.length && milliseconds > BOUNDS[i]!) i++;
    this.counts[i]!++;
    this.count++;
    this.sum += milliseconds;
  }

  clear(): void {
    this.counts.fill(0);
    this.count = this.sum = 0;
  }

  /** Milliseconds that the given part (0 to 1) did not exceed, as far as buckets tell: linear within one. Undefined without a count. */
  quantile(part: number): number | undefined {
    if (this.count === 0) return undefined;
    const rank = part * this.count;
    let below = 0;
    for (let i = 0; i < BOUNDS.length; i++) {
      const here = this.counts[i]!;
      if (here > 0 && below + here >= rank) {
        const from = i === 0 ? 0 : BOUNDS[i - 1]!;
        return from + (BOUNDS[i]! - from) * ((rank - below) / here);
      }
      below += here;
    }
    return BOUNDS[BOUNDS.length - 1];
  }
}
