// How the upstream's addresses fare: which one is tried first, and when one that failed is tried again.
import type { UpstreamEndpoint } from './endpoint.js';

/** Milliseconds: after one failure, and at most. Service is back within two seconds of the upstream (R81). */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 1200;

interface State {
  readonly endpoint: UpstreamEndpoint;
  /** In a row; 0 while it is up. */
  failures: number;
  /** When the first of them was, by the clock. */
  failingSince: number;
  /** Not to be tried again before this time, by the clock. */
  restsUntil: number;
}

/** Ranks addresses and never gives one up for good. Unknown ones count as well until they fail. */
export class EndpointHealth {
  private readonly states: readonly State[];
  /** Asked for at each bind, changed by a failure or by the end of one. */
  private ranked: readonly UpstreamEndpoint[] | undefined;
  /** The number of addresses that are up. */
  private well: number;

  constructor(
    endpoints: readonly UpstreamEndpoint[],
    /** Milliseconds, monotonic. */
    private readonly now: () => number,
    /** From 0 to below 1: spreads the next tries of many. */
    private readonly random: () => number,
  ) {
    this.states = endpoints.map((endpoint) => ({ endpoint, failures: 0, failingSince: 0, restsUntil: 0 }));
    this.well = endpoints.length;
  }

  /** The addresses in the order to try them: those that are up as configured, then those whose rest is over soonest. */
  order(): readonly UpstreamEndpoint[] {
    const rank = ({ failures, restsUntil }: State) => (failures === 0 ? 0 : restsUntil);
    this.ranked ??= [...this.states].sort((a, b) => rank(a) - rank(b)).map(({ endpoint }) => endpoint);
    return this.ranked;
  }

  isHealthy(endpoint: UpstreamEndpoint): boolean {
    return this.failuresOf(endpoint) === 0;
  }

  /** Failures in a row; 0 while the address is up. */
  failuresOf(endpoint: UpstreamEndpoint): number {
    return this.stateOf(endpoint)?.failures ?? 0;
  }

  /** When the first of its failures in a row was, in milliseconds by the clock; undefined while it is up. */
  failingSinceOf(endpoint: UpstreamEndpoint): number | undefined {
    const state = this.stateOf(endpoint);
    return state === undefined || state.failures === 0 ? undefined : state.failingSince;
  }

  /** The number of addresses that are up. */
  get healthy(): number {
    return this.well;
  }

  /** The first address, as configured, that is unhealthy and has rested: worth a trial. Its next trial is put off. */
  toTry(): UpstreamEndpoint | undefined {
    const state = this.states.find(({ failures, restsUntil }) => failures > 0 && restsUntil <= this.now());
    if (state !== undefined) this.rest(state);
    return state?.endpoint;
  }

  succeeded(endpoint: UpstreamEndpoint): void {
    // Called for each bind.
    if (this.well === this.states.length) return;
    const state = this.stateOf(endpoint);
    if (state === undefined || state.failures === 0) return;
    state.failures = 0;
    this.well++;
    this.ranked = undefined;
  }

  failed(endpoint: UpstreamEndpoint): void {
    const state = this.stateOf(endpoint);
    if (state === undefined) return;
    if (state.failures === 0) {
      this.well--;
      state.failingSince = this.now();
    }
    state.failures++;
    this.rest(state);
  }

  private rest(state: State): void {
    this.ranked = undefined;
    const pause = Math.min(FIRST_PAUSE * 2 ** Math.min(state.failures - 1, 8), LONGEST_PAUSE);
    state.restsUntil = this.now() + pause * (0.75 + 0.25 * this.random());
  }

  private stateOf(endpoint: UpstreamEndpoint): State | undefined {
    return this.states.find((state) => state.endpoint === endpoint);
  }
}
