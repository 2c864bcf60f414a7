// The verifier: binds in a queue whose waits end in bounded time (R77), sent upstream one per connection and at most twice (R83).
import { performance } from 'node:perf_hooks';
import type { Verdict, Verifier } from '../gate/ports.js';
import { CoalescedTimer } from '../runtime/coalesced-timer.js';
import { LinkedQueue, Queued } from '../runtime/linked-queue.js';
import type { BindAnswer, BindConnection, Cause, ConnectFault } from './bind-connection.js';
import { BindConnections, faultOf } from './bind-connections.js';
import type { Dialer } from './dialer.js';
import { endpointName, type UpstreamEndpoint } from './endpoint.js';
import { EndpointHealth } from './health.js';

export interface BindPoolOptions {
  readonly endpoints: readonly UpstreamEndpoint[];
  readonly dialer: Dialer;
  /** Milliseconds for TCP and TLS, and for one bind from its arrival here to its answer. */
  readonly connectTime: number;
  readonly operationTime: number;
  /** Connections at most, and those kept open for the next log-in (0 unless given). */
  readonly size: number;
  readonly warm?: number;
  /** Milliseconds after which an unused connection, and any connection, is replaced. */
  readonly idleTime?: number;
  readonly age?: number;
  /** Is told an exception that should not have been. */
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
  readonly connections: number;
  /** When its certificate ends, in milliseconds of the wall clock; undefined if none was seen. */
  readonly certificateEnds: number | undefined;
}

class Job extends Queued {
  /** When it has waited for long enough: its deadline, or sooner. */
  patience = 0;
  /** True once it was sent and lost: it may be sent once more, and not again. */
  wasLost = false;
  /** How often the upstream may have counted it. */
  asked = 1;
  /** Octets of it may have left. */
  wasSent = false;
  isDone = false;

  constructor(
    readonly dn: string,
    readonly password: Buffer,
    readonly arrivedAt: number,
    readonly deadline: number,
    readonly done: (verdict: Verdict) => void,
    readonly asksPolicy: boolean,
  ) {
    super();
  }
}

/** Binds that may wait for a connection at most; more are told that the upstream is busy. */
const LONGEST_QUEUE = 10_000;
/** Milliseconds that a bind waits for an upstream of which no address is well: each is tried again in this time. */
const OUTAGE_PATIENCE = 2000;
/** Shorter than what firewalls and load balancers forget connections after. */
const IDLE_TIME = 50_000;
/** So that a changed address of the upstream is noticed. */
const AGE = 600_000;
/** A connection that was unused for so long, in milliseconds, may have died without anybody knowing. */
const MAY_BE_STALE = 500;

type TroubleReason = (Verdict & { kind: 'trouble' })['reason'];

const trouble = (code: 52 | 51 | 3 | 11 | 80, reason: TroubleReason, detail: string): Verdict => {
  return { kind: 'trouble', code, reason, detail };
};

export class BindPool implements Verifier {
  private readonly queue = new LinkedQueue<Job>();
  private readonly health: EndpointHealth;
  private readonly connections: BindConnections;
  private readonly timer = new CoalescedTimer((now) => this.expire(now));
  /** The queue is to be looked at when this turn of the event loop is over. */
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

  verify(dn: string, password: Buffer, done: (verdict: Verdict) => void, asksPolicy = false): () => void {
    const { operationTime } = this.options;
    const now = performance.now();
    const job = new Job(dn, password, now, now + operationTime, done, asksPolicy);
    if (this.isClosed || this.queue.size >= LONGEST_QUEUE) {
      setImmediate(done, trouble(51, 'upstream-busy', 'too many binds are waiting for the upstream'));
      return () => {};
    }
    const connection = this.queue.size === 0 ? this.connections.take() : undefined;
    if (connection !== undefined) this.send(job, connection);
    else {
      this.queue.add(job);
      this.wait(job);
    }
    return () => this.withdraw(job);
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
      return { address, healthy: failures === 0, failures, connections, certificateEnds: dialer.expiryOf(endpoint) };
    });
  }

  close(): void {
    this.isClosed = true;
    const waiting = this.queue.takeAll();
    this.connections.close();
    this.timer.stop();
    for (const job of waiting) finish(job, trouble(52, 'shutting-down', 'the server is stopping'));
  }

  /** Gives waiting binds to idle connections, and asks for more where there are not enough. */
  private serve(): void {
    if (this.isClosed) return;
    while (this.queue.size > 0) {
      const connection = this.connections.take();
      if (connection === undefined) break;
      this.send(this.queue.take()!, connection);
    }
    this.shortenWaits();
    if (this.queue.size > 0) this.connections.demand(this.queue.size);
  }

  /** What stands in the queue is served soon, and not for longer than its time. */
  private wait(job: Job): void {
    const isOutage = this.connections.trouble !== undefined;
    job.patience = isOutage ? Math.min(job.deadline, performance.now() + OUTAGE_PATIENCE) : job.deadline;
    this.timer.notLaterThan(job.patience);
    if (this.willServe) return;
    this.willServe = true;
    // Not now: `done` is never called before `verify` has returned.
    setImmediate(() => {
      this.willServe = false;
      this.serve();
    });
  }

  /** No address could be reached since then: whoever has waited for as long is told now, and not at the end of its time. */
  private failWaiting(fault: ConnectFault, since: number): void {
    for (const job of this.queue.all())
      if (job.arrivedAt <= since && this.queue.remove(job)) finish(job, outage(fault));
  }

  /** An outage has begun: who has waited through all of it is told when each address was tried again. */
  private shortenWaits(): void {
    const isOutage = this.connections.trouble !== undefined && this.connections.counts.open === 0;
    if (isOutage && !this.wasOutage) {
      const late = performance.now() + OUTAGE_PATIENCE;
      for (const job of this.queue.all()) job.patience = Math.min(job.patience, late);
      this.timer.notLaterThan(late);
    }
    this.wasOutage = isOutage;
  }

  private send(job: Job, connection: BindConnection): void {
    job.wasSent = true;
    const wasUnused = performance.now() - connection.idleSince > MAY_BE_STALE;
    connection.bind(job, (answer) => {
      try {
        this.answered(job, connection, answer, wasUnused);
      } catch (error) {
        // Whatever is wrong here, nobody waits for ever, and this connection is not used again.
        this.options.defect?.(error);
        connection.destroy();
        finish(job, trouble(80, 'upstream-error', 'an internal error behind the answer of the upstream'));
      }
    });
  }

  private answered(job: Job, connection: BindConnection, answer: BindAnswer, wasUnused: boolean): void {
    const { endpoint } = connection;
    switch (answer.kind) {
      case 'result':
        this.judge(connection, answer);
        return finish(job, verdictOf(answer, job.asked));
      case 'timeout': {
        const detail = `no answer within ${this.options.operationTime} ms`;
        this.connections.doubt(endpoint, 'timeout', detail);
        return finish(job, trouble(3, 'upstream-timeout', detail));
      }
      case 'broken':
        // An unused connection that the upstream had closed says nothing of the upstream; its like are to be dropped all the same.
        if (wasUnused && !answer.hadAnswer) this.connections.dropIdle(endpoint);
        else this.connections.doubt(endpoint, answer.cause, answer.detail);
        if (!wasUnused) job.asked++;
        if (this.mayRepeat(job, endpoint, answer.hadAnswer)) return this.repeat(job);
        return finish(job, outage(answer));
    }
  }

  /** Any octet may have been the answer; a second factor must not ring twice; and twice is enough (R83). */
  private mayRepeat(job: Job, endpoint: UpstreamEndpoint, hadAnswer: boolean): boolean {
    return !hadAnswer && !job.wasLost && !endpoint.asksForSecondFactor && !this.isClosed;
  }

  private repeat(job: Job): void {
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

  /** Tells those whose time is over; returns when the next one's is. */
  private expire(now: number): number | undefined {
    let next: number | undefined;
    for (const job of this.queue.all()) {
      if (job.patience <= now) this.expired(job);
      else if (next === undefined || job.patience < next) next = job.patience;
    }
    return next;
  }

  private expired(job: Job): void {
    if (!this.queue.remove(job)) return;
    const fault = this.connections.trouble;
    if (fault !== undefined) return finish(job, outage(fault));
    const detail = `waited ${this.options.operationTime} ms for a connection: all are in use`;
    finish(job, trouble(51, 'upstream-busy', detail));
  }

  /** The client left. A bind that was sent keeps its connection until it is answered; one that waits is taken out. */
  private withdraw(job: Job): void {
    if (this.queue.remove(job)) finish(job, trouble(52, 'upstream-unreachable', 'nobody waits for it any more'));
  }
}

function finish(job: Job, verdict: Verdict): void {
  if (job.isDone) return;
  job.isDone = true;
  job.done(verdict.kind === 'trouble' && !job.wasSent ? { ...verdict, isUnsent: true } : verdict);
}

/** What is answered while an address, or the way to it, is at fault. */
function outage({ cause, detail }: { readonly cause: Cause; readonly detail: string }): Verdict {
  switch (cause) {
    case 'busy':
      return trouble(51, 'upstream-busy', detail);
    case 'unavailable':
      return trouble(52, 'upstream-error', detail);
    case 'tls':
      return trouble(52, 'upstream-tls', detail);
    case 'timeout':
      return trouble(52, 'upstream-timeout', detail);
    case 'network':
    case 'garbage':
      return trouble(52, 'upstream-unreachable', detail);
  }
}

/** Only 0 is success and only 49 speaks of the password (R78). */
function verdictOf({ code, policy }: BindAnswer & { kind: 'result' }, asked: number): Verdict {
  const news = policy === undefined ? {} : { policy };
  switch (code) {
    case 0:
      return { kind: 'accepted', ...news };
    case 49:
      return asked === 1 ? { kind: 'refused', ...news } : { kind: 'refused', asked, ...news };
    case 51:
      return trouble(51, 'upstream-busy', 'the upstream is busy (51)');
    case 52:
      return trouble(52, 'upstream-error', 'the upstream is unavailable (52)');
    case 3:
    case 11:
      return trouble(code, 'upstream-error', `the upstream hit a limit (${code})`);
    default:
      return trouble(80, 'upstream-error', `the upstream answered the bind with code ${code}`);
  }
}
