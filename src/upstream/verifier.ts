// The verifier: a bounded pool of connections that do nothing but binds (R85), with a queue whose waits end in bounded time (R77).
import { performance } from 'node:perf_hooks';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Verdict, Verifier } from '../gate/ports.js';
import { type BindAnswer, BindConnection } from './bind-connection.js';
import { parseEndpoint, type UpstreamEndpoint } from './endpoint.js';

export interface BindPoolOptions {
  readonly urls: readonly string[];
  /** PEM; undefined for the system's authorities. */
  readonly ca: Buffer | string | undefined;
  /** Milliseconds for TCP and TLS, and for one bind from its arrival here to its answer. */
  readonly connectTime: number;
  readonly operationTime: number;
  /** Connections at most. */
  readonly size: number;
  readonly allowCleartext: boolean;
  /** Milliseconds after which an unused connection is closed. */
  readonly idleTime?: number;
}

export interface BindPoolState {
  readonly idle: number;
  readonly open: number;
  readonly waiting: number;
  readonly lastError: string | undefined;
}

interface Job {
  readonly dn: string;
  readonly password: Buffer;
  readonly deadline: number;
  done: ((verdict: Verdict) => void) | undefined;
  timer: NodeJS.Timeout | undefined;
  /** True once it was sent: it may be sent at most once more (R83). */
  hasFailed: boolean;
}

/** Binds that may wait for a connection at most; more are told that the upstream is busy. */
const LONGEST_QUEUE = 10_000;

const trouble = (
  code: 52 | 51 | 3 | 11 | 80,
  reason: 'upstream-unreachable' | 'upstream-timeout' | 'upstream-busy' | 'upstream-error' | 'upstream-tls',
  detail: string,
): Verdict => ({ kind: 'trouble', code, reason, detail });

export class BindPool implements Verifier {
  private readonly endpoints: readonly UpstreamEndpoint[];
  private readonly context: SecureContext;
  private readonly sessions = new Map<string, Buffer>();
  /** The last one given back is the first one taken: the others may grow idle and go. */
  private readonly idle: BindConnection[] = [];
  private readonly queue: Job[] = [];
  private readonly connections = new Set<BindConnection>();
  private connecting = 0;
  /** Which endpoint is tried first; moves on when one fails. */
  private preferred = 0;
  private lastError: string | undefined;
  private isClosed = false;
  private readonly sweeper: NodeJS.Timeout;

  /** Throws an Error for a URL that is not to be used. */
  constructor(private readonly options: BindPoolOptions) {
    this.endpoints = options.urls.map((url) => parseEndpoint(url, options.allowCleartext));
    this.context = createSecureContext({
      minVersion: 'TLSv1.2',
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
    const idleTime = options.idleTime ?? 60_000;
    this.sweeper = setInterval(() => this.closeIdle(idleTime), Math.max(100, idleTime / 4)).unref();
  }

  verify(dn: string, password: Buffer, done: (verdict: Verdict) => void): () => void {
    const { operationTime } = this.options;
    const job: Job = {
      dn,
      password,
      deadline: performance.now() + operationTime,
      done,
      timer: undefined,
      hasFailed: false,
    };
    if (this.isClosed || this.queue.length >= LONGEST_QUEUE) {
      setImmediate(() => finish(job, trouble(51, 'upstream-busy', 'too many binds are waiting for the upstream')));
    } else {
      job.timer = setTimeout(() => this.expired(job), operationTime);
      this.queue.push(job);
      this.serve();
    }
    return () => this.forget(job);
  }

  state(): BindPoolState {
    return {
      idle: this.idle.length,
      open: this.connections.size,
      waiting: this.queue.length,
      lastError: this.lastError,
    };
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.sweeper);
    for (const job of this.queue.splice(0)) finish(job, trouble(52, 'upstream-unreachable', 'the server is stopping'));
    for (const connection of this.connections) connection.destroy();
  }

  /** Gives waiting binds to idle connections, and opens more where there are not enough. */
  private serve(): void {
    while (this.queue.length > 0) {
      const connection = this.idle.pop();
      if (connection === undefined) break;
      if (!connection.isClosed) this.send(this.queue.shift()!, connection);
    }
    const { size } = this.options;
    while (this.connecting < this.queue.length && this.connections.size + this.connecting < size) this.connect();
  }

  private connect(): void {
    this.connecting++;
    this.tryEndpoint(this.preferred, this.endpoints.length);
  }

  private tryEndpoint(index: number, left: number): void {
    const endpoint = this.endpoints[index % this.endpoints.length]!;
    const { ca, connectTime } = this.options;
    BindConnection.open(
      { endpoint, context: endpoint.tls ? this.context : undefined, ca, connectTime, sessions: this.sessions },
      (result) => {
        if (result instanceof BindConnection) {
          this.connecting--;
          this.preferred = index % this.endpoints.length;
          this.lastError = undefined;
          if (this.isClosed) return result.destroy();
          this.connections.add(result);
          return this.release(result);
        }
        this.lastError = `${endpoint.host}:${endpoint.port}: ${result.error.message}`;
        if (left > 1 && !this.isClosed) return this.tryEndpoint(index + 1, left - 1);
        this.connecting--;
        this.failWaiting(result.cause, this.lastError);
      },
      (connection) => this.dropped(connection),
    );
  }

  /** No address could be reached: whoever waits is told now and not at the end of its time. */
  private failWaiting(cause: 'network' | 'tls' | 'timeout', detail: string): void {
    const reason = cause === 'tls' ? 'upstream-tls' : cause === 'timeout' ? 'upstream-timeout' : 'upstream-unreachable';
    // Those on open connections are served by them; without any nobody can help the queue.
    if (this.connections.size > 0 || this.connecting > 0) return;
    for (const job of this.queue.splice(0)) finish(job, trouble(52, reason, detail));
  }

  private send(job: Job, connection: BindConnection): void {
    connection.ref();
    clearTimeout(job.timer);
    const rest = Math.max(1, job.deadline - performance.now());
    connection.bind(job.dn, job.password, rest, (answer) => this.answered(job, connection, answer));
  }

  private answered(job: Job, connection: BindConnection, answer: BindAnswer): void {
    switch (answer.kind) {
      case 'result':
        finish(job, verdictOf(answer.code));
        return this.release(connection);
      case 'timeout':
        return finish(job, trouble(3, 'upstream-timeout', `no answer within ${this.options.operationTime} ms`));
      case 'broken':
        // Most likely an idle connection that the upstream had closed: once more, on another one, if nothing was answered (R83).
        if (!answer.hadAnswer && !job.hasFailed && job.done !== undefined && !this.isClosed) {
          job.hasFailed = true;
          job.timer = setTimeout(() => this.expired(job), Math.max(1, job.deadline - performance.now()));
          this.queue.unshift(job);
          return;
        }
        this.lastError = answer.detail;
        return finish(
          job,
          trouble(52, answer.cause === 'tls' ? 'upstream-tls' : 'upstream-unreachable', answer.detail),
        );
    }
  }

  private release(connection: BindConnection): void {
    if (connection.isClosed) return;
    connection.idleSince = performance.now();
    connection.unref();
    this.idle.push(connection);
    this.serve();
  }

  private dropped(connection: BindConnection): void {
    this.connections.delete(connection);
    const index = this.idle.indexOf(connection);
    if (index >= 0) this.idle.splice(index, 1);
    if (!this.isClosed) this.serve();
  }

  private expired(job: Job): void {
    const index = this.queue.indexOf(job);
    if (index < 0) return;
    this.queue.splice(index, 1);
    const why = this.lastError ?? 'all connections to the upstream are in use';
    finish(job, trouble(51, 'upstream-busy', `waited ${this.options.operationTime} ms for a connection: ${why}`));
  }

  /** The client left. A bind that was sent keeps its connection until it is answered; one that waits is taken out. */
  private forget(job: Job): void {
    job.done = undefined;
    clearTimeout(job.timer);
    const index = this.queue.indexOf(job);
    if (index >= 0) this.queue.splice(index, 1);
  }

  private closeIdle(idleTime: number): void {
    const now = performance.now();
    for (const connection of [...this.idle]) if (now - connection.idleSince > idleTime) connection.destroy();
  }
}

function finish(job: Job, verdict: Verdict): void {
  clearTimeout(job.timer);
  const { done } = job;
  job.done = undefined;
  done?.(verdict);
}

/** Only 0 is success and only 49 speaks of the password (R78). */
function verdictOf(code: number): Verdict {
  switch (code) {
    case 0:
      return { kind: 'accepted' };
    case 49:
      return { kind: 'refused' };
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
