// The connections that binds travel on: kept warm, opened when they are wanted, replaced before they grow old, dropped on any doubt.
import { performance } from 'node:perf_hooks';
import { encodeBindRequest } from '../wire/bind-request.js';
import { type BindAnswer, type Cause, type ConnectFault, faultOf } from './bind-answer.js';
import { BindConnection } from './bind-connection.js';
import { type Attempt, ConnectAttempts, MOST_TRIALS, TRIAL_GAP } from './connect-attempts.js';
import type { Dialer } from './dialer.js';
import type { UpstreamEndpoint } from './endpoint.js';
import { endpointName } from './endpoint.js';
import type { EndpointHealth } from './health.js';
import { IdleLimit } from './idle-limit.js';

export interface ConnectionsOptions {
  readonly dialer: Dialer;
  readonly health: EndpointHealth;
  /** Milliseconds for TCP and TLS. */
  readonly connectTime: number;
  /** Connections at most. */
  readonly size: number;
  /** Connections kept open even if nobody logs in. */
  readonly warm: number;
  /** Milliseconds after which an unused connection, and any connection, is closed. */
  readonly idleTime: number;
  readonly age: number;
  readonly now: () => number;
  readonly random: () => number;
  /** Receives exceptions that are defects of this product. */
  readonly defect?: (error: unknown) => void;
}

/** What the pool reports to the sender of binds. */
export interface ConnectionsEvents {
  /** A connection may be taken, or another address may be asked for: look at the queue. */
  available(): void;
  /**
   * No address can be reached and none is being tried. Each has failed since `since`, by the pool's clock: nobody can serve what has waited
   * from then on; for what came later, an address may be back.
   */
  hopeless(fault: ConnectFault, since: number): void;
}

/** Milliseconds from one look at ages, warmth and unhealthy addresses to the next. */
const TICK = 200;
/** Milliseconds that a connect may take while another address is up. */
const PATIENCE = 1500;
const NOTHING = Buffer.alloc(0);

/** The pool of upstream connections: keeps idle ones, opens more on demand, replaces old ones, drops doubtful ones. */
export class BindConnections {
  /** The last one given back is the first one taken: the others may grow idle and go. */
  private readonly idle: BindConnection[] = [];
  private readonly open = new Set<BindConnection>();
  private readonly attempts: ConnectAttempts;
  private readonly idleLimit: IdleLimit;
  private readonly ticker: NodeJS.Timeout;
  private again: NodeJS.Timeout | undefined;
  private lastFault: ConnectFault | undefined;
  /** Since the last check a bind went to an address other than the first one that is up. */
  private wasServedByAnother = false;
  private isClosed = false;

  constructor(
    private readonly options: ConnectionsOptions,
    private readonly events: ConnectionsEvents,
  ) {
    this.attempts = new ConnectAttempts(options.health, options.now);
    this.idleLimit = new IdleLimit(options.idleTime);
    this.ticker = setInterval(() => this.tick(), TICK).unref();
  }

  get counts(): { readonly idle: number; readonly open: number; readonly connecting: number } {
    return { idle: this.idle.length, open: this.open.size, connecting: this.attempts.size };
  }

  /** How many connections are open to an address. */
  openTo(endpoint: UpstreamEndpoint): number {
    let count = 0;
    for (const connection of this.open) if (connection.endpoint === endpoint) count++;
    return count;
  }

  /** The last failure, while no address is up. */
  get trouble(): ConnectFault | undefined {
    return this.options.health.healthy > 0 ? undefined : this.lastFault;
  }

  /** An idle connection, to the first address that is up; of several the one used last. */
  take(): BindConnection | undefined {
    const { idle } = this;
    const last = idle[idle.length - 1];
    if (last === undefined) return undefined;
    const first = this.options.health.order()[0];
    const connection = last.endpoint === first ? idle.pop() : this.takeBest(first);
    connection?.ref();
    return connection;
  }

  /** The same where the one used last leads elsewhere. */
  private takeBest(first: UpstreamEndpoint | undefined): BindConnection | undefined {
    const { health } = this.options;
    for (const endpoint of health.order()) {
      if (health.healthy > 0 && !health.isHealthy(endpoint)) break;
      const index = this.idle.findLastIndex((each) => each.endpoint === endpoint);
      if (index < 0) continue;
      this.wasServedByAnother ||= endpoint !== first;
      return this.idle.splice(index, 1)[0];
    }
    return undefined;
  }

  /** Gives a connection back that has answered. */
  release(connection: BindConnection): void {
    if (connection.isClosed) return;
    const now = this.options.now();
    if (this.isClosed || now - connection.openedAt > this.options.age) return connection.destroy();
    connection.idleSince = now;
    this.idle.push(connection);
    this.events.available();
  }

  /** Opens the connections that are missing for this number of waiting binds, as far as allowed. */
  demand(waiting: number): void {
    while (this.attempts.size < waiting && this.hasRoom()) {
      const endpoint = this.attempts.next();
      if (endpoint === undefined) break;
      this.start(endpoint);
    }
    const isOutage = this.options.health.healthy === 0;
    if (isOutage) this.tryOthers();
    // The last trial was a moment ago: what came since waits for the next one.
    if ((isOutage || this.attempts.size === 0) && this.hasRoom())
      this.again ??= setTimeout(() => this.lookAgain(), TRIAL_GAP);
  }

  /** While no address is up, all are tried, so one that hangs does not block the others. */
  private tryOthers(): void {
    for (const endpoint of this.options.health.order())
      if (this.attempts.to(endpoint).length === 0 && !this.attempts.isRecent(endpoint) && this.hasRoom())
        this.start(endpoint);
  }

  private lookAgain(): void {
    this.again = undefined;
    this.events.available();
  }

  /** Something is wrong with an address: its unused connections go, and others are asked first until a trial succeeds. */
  doubt(endpoint: UpstreamEndpoint, cause: Cause, detail: string): void {
    this.options.health.failed(endpoint);
    this.lastFault = { cause, detail };
    this.dropIdle(endpoint);
  }

  /** Closes the unused connections to an address, for one of them turned out to be dead. */
  dropIdle(endpoint: UpstreamEndpoint): void {
    for (const connection of this.idle.filter((each) => each.endpoint === endpoint)) connection.destroy();
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.ticker);
    clearTimeout(this.again);
    this.attempts.giveUp();
    for (const connection of this.open) connection.destroy();
  }

  private hasRoom(): boolean {
    return !this.isClosed && this.open.size + this.attempts.size < this.options.size;
  }

  private start(endpoint: UpstreamEndpoint): void {
    const { dialer, health, connectTime, now } = this.options;
    const isTrial = !health.isHealthy(endpoint);
    this.attempts.starts(endpoint);
    const hasOther = health.healthy > (isTrial ? 0 : 1);
    const time = hasOther && !isTrial ? Math.min(connectTime, PATIENCE) : connectTime;
    const attempt: Attempt = {
      endpoint,
      giveUp: BindConnection.open(
        dialer,
        endpoint,
        time,
        (result) => {
          if (!(result instanceof BindConnection)) return this.failed(attempt, result);
          if (this.isClosed) return result.destroy();
          this.open.add(result);
          result.openedAt = now();
          // It was well when the connect began, and may have been found to ail since: that it can be connected to says nothing then.
          if (isTrial || !health.isHealthy(endpoint)) this.probe(attempt, result);
          else this.opened(attempt, result);
        },
        (connection) => this.dropped(connection),
        this.options.defect,
      ),
    };
    this.attempts.add(attempt);
  }

  /** An address that was unhealthy has to answer one anonymous bind first: it may accept connections and still hang. */
  private probe(attempt: Attempt, connection: BindConnection): void {
    attempt.giveUp = () => connection.destroy();
    const now = performance.now();
    const deadline = now + this.options.connectTime;
    const answered = (_: BindConnection, answer: BindAnswer) => {
      const fault = faultOf(answer);
      if (fault === undefined) return this.opened(attempt, connection);
      connection.destroy();
      this.failed(attempt, { ...fault, detail: `${endpointName(attempt.endpoint)} ${fault.detail}` });
    };
    connection.bind(
      { request: encodeBindRequest('', NOTHING, false), deadline, writes: 0, wasWritten: () => {}, answered },
      now,
    );
  }

  private opened(attempt: Attempt, connection: BindConnection): void {
    this.attempts.succeeded(attempt);
    this.options.health.succeeded(attempt.endpoint);
    this.release(connection);
  }

  private failed(attempt: Attempt, fault: ConnectFault): void {
    if (!this.attempts.failed(attempt) || this.isClosed) return;
    const { health } = this.options;
    health.failed(attempt.endpoint);
    this.lastFault = fault;
    // What is open may still serve: a name service that fails, or a limit of connections, does not touch it.
    const isHopeless = health.healthy === 0 && this.attempts.size === 0 && this.open.size === 0;
    if (isHopeless) this.events.hopeless(fault, this.attempts.failedSince());
    this.events.available();
  }

  private dropped(connection: BindConnection): void {
    this.open.delete(connection);
    const index = this.idle.indexOf(connection);
    if (index >= 0) {
      this.idle.splice(index, 1);
      const { now } = this.options;
      if (connection.wasClosedByUpstream) this.idleLimit.closedByUpstream(now() - connection.idleSince, now());
    }
    if (!this.isClosed) this.events.available();
  }

  private tick(): void {
    const { health, now, age, warm, random } = this.options;
    const time = now();
    const limit = this.idleLimit.at(time);
    for (const each of [...this.idle]) if (time - each.idleSince > limit || time - each.openedAt > age) each.destroy();
    for (const each of this.idle) each.unref();
    const unhealthy = health.toTry();
    if (unhealthy !== undefined) this.tryAgain(unhealthy);
    // One at a time, and not all instances at the same time.
    const isCold = this.open.size + this.attempts.size < Math.min(warm, this.options.size);
    const [first] = health.order();
    if (this.wasServedByAnother && first !== undefined) this.returnTo(first);
    this.wasServedByAnother = false;
    if (isCold && this.attempts.size === 0 && random() < 0.5 && first !== undefined && health.isHealthy(first))
      this.start(first);
  }

  /** Its connections were lost without a fault of its own, and those of another address served since: it gets one again. */
  private returnTo(first: UpstreamEndpoint): void {
    if (!this.options.health.isHealthy(first) || this.attempts.to(first).length > 0) return;
    for (const { endpoint } of this.open) if (endpoint === first) return;
    if (!this.hasRoom()) this.idle[0]?.destroy();
    if (this.hasRoom()) this.start(first);
  }

  /** A trial in the background. What hangs gives way: the address may be back, and an old connection would never know. */
  private tryAgain(endpoint: UpstreamEndpoint): void {
    const trials = this.attempts.to(endpoint);
    if (trials.length >= MOST_TRIALS || !this.hasRoom()) (trials[0]?.giveUp ?? (() => this.longestBusy()?.destroy()))();
    if (this.hasRoom()) this.start(endpoint);
  }

  private longestBusy(): BindConnection | undefined {
    const busy = [...this.open].filter((connection) => connection.busySince !== undefined);
    return busy.sort((a, b) => (a.busySince ?? 0) - (b.busySince ?? 0))[0];
  }
}
