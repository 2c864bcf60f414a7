// The connects under way, and the address to connect to next.
import type { UpstreamEndpoint } from './endpoint.js';
import type { EndpointHealth } from './health.js';

export interface Attempt {
  readonly endpoint: UpstreamEndpoint;
  giveUp: () => void;
}

/** Connects at a time to one address that is up, and to one that is unhealthy: there, older tries may hang for ever. */
const MOST_ATTEMPTS = 8;
export const MOST_TRIALS = 4;
/** Milliseconds between trials of an unhealthy address that waiting binds ask for. */
export const TRIAL_GAP = 100;

/** Connects in progress, and the choice of the next address by health and pauses. */
export class ConnectAttempts {
  private readonly underWay = new Set<Attempt>();
  /** When a connect to an address last began, and when one last failed. */
  private readonly lastStart = new Map<UpstreamEndpoint, number>();
  private readonly lastFailure = new Map<UpstreamEndpoint, number>();

  constructor(
    private readonly health: EndpointHealth,
    /** Milliseconds, monotonic. */
    private readonly now: () => number,
  ) {}

  get size(): number {
    return this.underWay.size;
  }

  /** Those to one address, the oldest first. */
  to(endpoint: UpstreamEndpoint): Attempt[] {
    return [...this.underWay].filter((attempt) => attempt.endpoint === endpoint);
  }

  /** One begins. */
  starts(endpoint: UpstreamEndpoint): void {
    this.lastStart.set(endpoint, this.now());
  }

  add(attempt: Attempt): void {
    this.underWay.add(attempt);
  }

  /** It has led to a connection. */
  succeeded(attempt: Attempt): void {
    this.underWay.delete(attempt);
  }

  /** False if it had ended before. */
  failed(attempt: Attempt): boolean {
    if (!this.underWay.delete(attempt)) return false;
    this.lastFailure.set(attempt.endpoint, this.now());
    return true;
  }

  giveUp(): void {
    for (const attempt of this.underWay) attempt.giveUp();
  }

  /** The address to connect to next, if any may be connected to now. */
  next(): UpstreamEndpoint | undefined {
    const { health } = this;
    if (health.healthy > 0)
      return health.order().find((endpoint) => health.isHealthy(endpoint) && this.to(endpoint).length < MOST_ATTEMPTS);
    // The one that was not asked for longest: it may be back.
    return [...health.order()]
      .sort((a, b) => this.startedLast(a) - this.startedLast(b))
      .find((endpoint) => !this.isRecent(endpoint) && this.to(endpoint).length < MOST_TRIALS);
  }

  /** The last connect to it began a moment ago. */
  isRecent(endpoint: UpstreamEndpoint): boolean {
    return this.now() - this.startedLast(endpoint) < TRIAL_GAP;
  }

  /** Each address has failed at this time or later. */
  failedSince(): number {
    const failures = this.health.order().map((endpoint) => this.lastFailure.get(endpoint));
    return Math.min(...failures.map((at) => at ?? Number.NEGATIVE_INFINITY));
  }

  private startedLast(endpoint: UpstreamEndpoint): number {
    return this.lastStart.get(endpoint) ?? Number.NEGATIVE_INFINITY;
  }
}
