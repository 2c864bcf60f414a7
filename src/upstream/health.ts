// How the upstream's addresses fare: which one is tried first, and when one that failed is tried again.
import type { UpstreamEndpoint } from './endpoint.js';

/** Milliseconds: after one failure, and at most. Service is back within two seconds of the upstream (R81). */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 1500;

interface State {
  /** In a row. */
  failures: number;
  /** By the clock; 0 while it is well. */
  resting: number;
}

/** Ranks addresses; never gives one up for good. */
export class EndpointHealth {
  private readonly states: State[];

  constructor(
    readonly endpoints: readonly UpstreamEndpoint[],
    /** Milliseconds, monotonic. */
    private readonly now: () => number,
    /** From 0 to below 1: spreads the next tries of many. */
    private readonly random: () => number,
  ) {
    this.states = endpoints.map(() => ({ failures: 0, resting: 0 }));
  }

  /** The addresses in the order to try them: those that are well as configured, then those whose rest is over soonest. */
  order(): UpstreamEndpoint[] {
    const rank = (endpoint: UpstreamEndpoint) => this.stateOf(endpoint).resting;
    return [...this.endpoints].sort((a, b) => rank(a) - rank(b));
  }

  isWell(endpoint: UpstreamEndpoint): boolean {
    return this.stateOf(endpoint).failures === 0;
  }

  /** The first address in the configured order that is not well and whose rest is over: worth a try of its own. */
  toProbe(): UpstreamEndpoint | undefined {
    return this.endpoints.find((endpoint) => {
      const { failures, resting } = this.stateOf(endpoint);
      return failures > 0 && resting <= this.now();
    });
  }

  succeeded(endpoint: UpstreamEndpoint): void {
    Object.assign(this.stateOf(endpoint), { failures: 0, resting: 0 });
  }

  failed(endpoint: UpstreamEndpoint): void {
    const state = this.stateOf(endpoint);
    state.failures++;
    const pause = Math.min(FIRST_PAUSE * 2 ** Math.min(state.failures - 1, 8), LONGEST_PAUSE);
    state.resting = this.now() + pause * (0.75 + 0.25 * this.random());
  }

  private stateOf(endpoint: UpstreamEndpoint): State {
    return this.states[this.endpoints.indexOf(endpoint)] ?? { failures: 0, resting: 0 };
  }
}
