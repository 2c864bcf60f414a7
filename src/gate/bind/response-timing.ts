// Response timing: every refusal ends after a common time, whatever it took to decide, so its duration reveals nothing (R3, R117).
import type { Clock } from '../ports.js';

/** What refusals wait for: the upstream's word on a password, or on a name. */
export type Asked = 'bind' | 'lookUp';

/** Of each kind: the number kept, and the most milliseconds by which one is older than the newest. */
const SAMPLES = 64;
const RECENT = 600_000;
/** Milliseconds until the samples are read again without a new one. */
const SETTLED = 60_000;
const QUANTILE = 0.95;

interface Sample {
  readonly ms: number;
  readonly at: number;
}

/**
 * Keeps how long recent refusals by the upstream took, and holds all refusals until the higher of both 95th percentiles, counted from the client's
 * request. So a look-up and a bind end at the same time, whichever is slower. If the upstream is first asked whose mail address a name is, one of the
 * two follows: the refusal ends later by the 95th percentile of a look-up.
 */
export class ResponseTiming {
  private readonly samples: Readonly<Record<Asked, Sample[]>> = { bind: [], lookUp: [] };
  private common = 0;
  private commonAfterLookUp = 0;
  private settledAt = 0;

  constructor(
    private readonly clock: Clock,
    /** Milliseconds; no refusal is held back longer. */
    private readonly longest: number,
  ) {}

  /**
   * A refusal that the upstream was asked for on its own was known after `ms`, counted from the client's request, or from the answer to
   * whose mail address the name is.
   */
  observed(what: Asked, ms: number): void {
    const samples = this.samples[what];
    samples.push({ ms, at: this.clock() });
    if (samples.length > SAMPLES) samples.shift();
    this.settle();
  }

  /** Milliseconds that a refusal which has taken `elapsed` ms so far is still to be held back; 0: answer now. `afterLookUp`: see above. */
  rest(elapsed: number, afterLookUp = false): number {
    if (this.clock() - this.settledAt > SETTLED) this.settle();
    const rest = (afterLookUp ? this.commonAfterLookUp : this.common) - elapsed;
    return rest <= 0 ? 0 : Math.ceil(rest);
  }

  private settle(): void {
    const now = this.clock();
    this.settledAt = now;
    const { bind, lookUp } = this.samples;
    const ofLookUp = slowest(lookUp, now);
    const common = Math.max(slowest(bind, now), ofLookUp);
    this.common = Math.min(this.longest, common);
    this.commonAfterLookUp = Math.min(this.longest, common + ofLookUp);
  }
}

function slowest(samples: readonly Sample[], now: number): number {
  const recent = samples.filter(({ at }) => now - at <= RECENT);
  const ranked = (recent.length > 0 ? recent : samples.slice(-1)).map(({ ms }) => ms).sort((a, b) => a - b);
  return ranked[Math.ceil(ranked.length * QUANTILE) - 1] ?? 0;
}
