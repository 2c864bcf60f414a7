// The verifier: binds in a queue whose waits end in bounded time (R77), sent upstream one per connection and at most twice (R83).
import { performance } from 'node:perf_hooks';
import { CoalescedTimer } from '../runtime/coalesced-timer.js';
import { LinkedQueue } from '../runtime/linked-queue.js';
import { type BindAnswer, type ConnectFault, faultOf, outage, trouble, verdictOf } from './bind-answer.js';
import type { BindConnection } from './bind-connection.js';
import { BindConnections } from './bind-connections.js';
import type { AnswerReceiver, BindJob, BindSender } from './bind-job.js';
import type { Dialer } from './dialer.js';
import { endpointName, type UpstreamEndpoint } from './endpoint.js';
import { EndpointHealth } from './health.js';

export interface BindPoolOptions {
  readonly endpoints: readonly UpstreamEndpoint[];
  readonly dialer: Dialer;
  /** Milliseconds for TCP and TLS, and for one bind from its arrival here to its answer. */
  readonly connectTime: number;
  readonly operationTime: number;
  /** The limit of connections, and the number kept open for the next login (0 unless given). */
  readonly size: number;
  readonly warm?: number;
  /** Milliseconds after which an unused connection, and any connection, is replaced. */
  readonly idleTime?: number;
  readonly age?: number;
  /** Receives exceptions that are defects of this product. */
  readonly defect?: (error: unknown) => void;
}

export interface BindPoolState {
  readonly idle: number;
  readonly open: number;
  readonly connecting: number;
  readonly waiting: number;
  /** Why no address can be used at the moment. */
  readonly lastError?: string;
}

/** How one address fares. */
export interface AddressState {
  /** `host:port`. */
  readonly address: string;
  readonly healthy: boolean;
  /** In a row. */
  readonly failures: number;
  /** When the first of them was, in milliseconds by the pool's clock (monotonic); undefined while it is up. */
  readonly failingSince: number | undefined;
  readonly connections: number;
  /** When its certificate ends, in milliseconds of the wall clock; undefined if none was seen. */
  readonly certificateEnds: number | undefined;
}

/** The limit of binds that may wait for a connection; others get the answer that the upstream is busy. */
const LONGEST_QUEUE = 10_000;
/** Milliseconds that a bind waits while no address of the upstream is up: each is tried again in this time. */
const OUTAGE_PATIENCE = 2000;
/** Shorter than what firewalls and load balancers forget connections after. */
const IDLE_TIME = 50_000;
/** So that a changed address of the upstream is noticed. */
const AGE = 600_000;
/** A connection that was unused for this many milliseconds may have died unnoticed. */
const MAY_BE_STALE = 500;

/** Sends binds upstream. Every job gets a verdict within its deadline; the queue is bounded. */
export class BindPool implements BindSender, AnswerReceiver {
  private readonly queue = new LinkedQueue<BindJob>();
  private readonly health: EndpointHealth;
  private readonly connections: BindConnections;
  private readonly timer = new CoalescedTimer((now) => this.expire(now));
  /** The queue will be served when this turn of the event loop is over. */
  private willServe = false;
  private wasOutage = false;
  private isClosed = false;

  constructor(private readonly options: BindPoolOptions) {
    const { endpoints, dialer, connectTime, size, warm = 0, idleTime = IDLE_TIME, age = AGE, defect } = options;
    const now = () => performance.now();
    this.health = new EndpointHealth(endpoints, now, Math.random);
    this.connections = new BindConnections(
      {
        dialer,
        health: this.health,
        connectTime,
        size,
        warm,
        idleTime,
        age,
        now,
        random: Math.random,
        ...(defect === undefined ? {} : { defect }),
      },
      { available: () => this.serve(), hopeless: (fault, since) => this.failWaiting(fault, since) },
    );
  }

  verify(job: BindJob): void {
    if (this.isClosed || this.queue.size >= LONGEST_QUEUE) return turnAway(job);
    const now = performance.now();
    job.receiver = this;
    job.deadline = now + this.options.operationTime;
    const connection = this.queue.size === 0 ? this.connections.take() : undefined;
    if (connection !== undefined) return this.send(job, connection, now);
    this.queue.add(job);
    this.wait(job);
  }

  /** The client left. A bind that was sent keeps its connection until it is answered; one that waits is taken out. */
  withdraw(job: BindJob): void {
    if (this.queue.remove(job)) job.finish(trouble(52, 'upstream-unreachable', 'nobody waits for it any more'));
  }

  isAway(): boolean {
    return this.connections.trouble !== undefined;
  }

  state(): BindPoolState {
    const fault = this.connections.trouble;
    const counts = { ...this.connections.counts, waiting: this.queue.size };
    return fault === undefined ? counts : { ...counts, lastError: fault.detail };
  }

  /** Each address as configured. */
  addresses(): AddressState[] {
    const { endpoints, dialer } = this.options;
    return endpoints.map((endpoint) => {
      const failures = this.health.failuresOf(endpoint);
      const connections = this.connections.openTo(endpoint);
      const address = endpointName(endpoint);
      const failingSince = this.health.failingSinceOf(endpoint);
      const certificateEnds = dialer.expiryOf(endpoint);
      return { address, healthy: failures === 0, failures, failingSince, connections, certificateEnds };
    });
  }

  close(): void {
    this.isClosed = true;
    const waiting = this.queue.takeAll();
    this.connections.close();
    this.timer.stop();
    for (const job of waiting) job.finish(trouble(52, 'shutting-down', 'the server is stopping'));
  }

  /** Gives waiting binds to idle connections, and asks for more where there are not enough. */
  private serve(): void {
    if (this.isClosed) return;
    // Nearly always, and once for each bind: there is nobody whose wait an outage could shorten.
    if (this.queue.size === 0) {
      this.wasOutage = false;
      return;
    }
    const now = performance.now();
    while (this.queue.size > 0) {
      const connection = this.connections.take();
      if (connection === undefined) break;
      this.send(this.queue.take()!, connection, now);
    }
    this.shortenWaits();
    if (this.queue.size > 0) this.connections.demand(this.queue.size);
  }

  /** Serves the queue soon; each bind waits no longer than its time. */
  private wait(job: BindJob): void {
    const isOutage = this.connections.trouble !== undefined;
    job.patience = isOutage ? Math.min(job.deadline, performance.now() + OUTAGE_PATIENCE) : job.deadline;
    this.timer.notLaterThan(job.patience);
    if (this.willServe) return;
    this.willServe = true;
    // Not now: nobody receives a verdict before `verify` has returned.
    setImmediate(() => {
      this.willServe = false;
      this.serve();
    });
  }

  /** No address could be reached since then: binds that have waited for as long get their verdict now, not at the end of their time. */
  private failWaiting(fault: ConnectFault, since: number): void {
    for (const job of this.queue.all())
      if (job.deadline - this.options.operationTime <= since && this.queue.remove(job)) job.finish(outage(fault));
  }

  /** An outage has begun: binds that wait get their verdict as soon as each address was tried again. */
  private shortenWaits(): void {
    const isOutage = this.connections.trouble !== undefined && this.connections.counts.open === 0;
    if (isOutage && !this.wasOutage) {
      const late = performance.now() + OUTAGE_PATIENCE;
      for (const job of this.queue.all()) job.patience = Math.min(job.patience ?? late, late);
      this.timer.notLaterThan(late);
    }
    this.wasOutage = isOutage;
  }

  private send(job: BindJob, connection: BindConnection, now: number): void {
    job.wasSent = true;
    job.wasUnused = now - connection.idleSince > MAY_BE_STALE;
    connection.bind(job, now);
  }

  /** For the jobs. Whatever is wrong here, nobody waits for ever, and this connection is not used again. */
  answered(job: BindJob, connection: BindConnection, answer: BindAnswer): void {
    try {
      this.settle(job, connection, answer);
    } catch (error) {
      this.options.defect?.(error);
      connection.destroy();
      this.queue.remove(job);
      job.finish(trouble(80, 'upstream-error', 'an internal error after the answer of the upstream'));
    }
  }

  private settle(job: BindJob, connection: BindConnection, answer: BindAnswer): void {
    const { endpoint } = connection;
    switch (answer.kind) {
      case 'result':
        this.judge(connection, answer);
        return job.finish(verdictOf(answer, job.asked));
      case 'timeout': {
        const detail = `no answer within ${this.options.operationTime} ms`;
        this.connections.doubt(endpoint, 'timeout', detail);
        return job.finish(trouble(3, 'upstream-timeout', detail));
      }
      case 'broken':
        // An unused connection that the upstream had closed does not show that the upstream is down, but others like it must be dropped.
        if (job.wasUnused && !answer.hadAnswer) this.connections.dropIdle(endpoint);
        else this.connections.doubt(endpoint, answer.cause, answer.detail);
        if (!job.wasUnused) job.asked++;
        if (this.mayRepeat(job, endpoint, answer.hadAnswer)) return this.repeat(job);
        return job.finish(outage(answer));
    }
  }

  /** Any byte may have been the answer; a second factor must not ring twice; and twice is enough (R83). */
  private mayRepeat(job: BindJob, endpoint: UpstreamEndpoint, hadAnswer: boolean): boolean {
    return !hadAnswer && !job.wasLost && !endpoint.asksForSecondFactor && !this.isClosed;
  }

  private repeat(job: BindJob): void {
    job.wasLost = true;
    this.queue.addFirst(job);
    this.wait(job);
  }

  /** What an answer says of the address that gave it. */
  private judge(connection: BindConnection, answer: BindAnswer & { kind: 'result' }): void {
    const { endpoint } = connection;
    const { code } = answer;
    const fault = faultOf(answer);
    if (fault !== undefined) {
      connection.destroy();
      this.connections.doubt(endpoint, fault.cause, `${endpointName(endpoint)} ${fault.detail}`);
    } else if (code === 0 || code === 49) {
      this.health.succeeded(endpoint);
      this.connections.release(connection);
    } else connection.destroy();
  }

  /** Ends the binds whose time is over; returns the time of the next one. */
  private expire(now: number): number | undefined {
    let next: number | undefined;
    for (const job of this.queue.all()) {
      const patience = job.patience ?? job.deadline;
      if (patience <= now) this.expired(job);
      else if (next === undefined || patience < next) next = patience;
    }
    return next;
  }

  private expired(job: BindJob): void {
    if (!this.queue.remove(job)) return;
    const fault = this.connections.trouble;
    if (fault !== undefined) return job.finish(outage(fault));
    const detail = `waited ${this.options.operationTime} ms for a connection: all are in use`;
    job.finish(trouble(51, 'upstream-busy', detail));
  }
}

/** A closure in `verify` itself would cost each bind a context for it. */
function turnAway(job: BindJob): void {
  setImmediate(() => job.finish(trouble(51, 'upstream-busy', 'too many binds are waiting for the upstream')));
}
