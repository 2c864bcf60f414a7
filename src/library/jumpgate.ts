// What a program has of a Jumpgate that runs in it.
import type { Reloaded } from '../app/reloaded.js';
import type { State } from '../ops/state.js';
import type { FaultRecord } from '../ops/telemetry/fault-record.js';
import type { OperationRecord } from '../ops/telemetry/operation-record.js';
import type { MissedEvents } from './event-queue.js';
import type { JumpgateConfig } from './jumpgate-config.js';

/** URLs that clients connect to, with the ports that were really opened; those of the first app where apps have listeners of their own. */
export interface Addresses {
  readonly ldap?: string;
  readonly ldaps?: string;
  readonly ldapi?: string;
  /** Of the live page, /healthz, /readyz and /metrics. */
  readonly ops?: string;
}

/** What {@link Jumpgate.events} yields; `kind` tells them apart. More kinds may come in minor versions. */
export type JumpgateEvent = OperationEvent | ReasonEvent | FaultEvent | MissedEvents;

/** An operation of a client has ended. */
export interface OperationEvent {
  readonly kind: 'operation';
  readonly operation: OperationRecord;
}

/** JumpCloud's own reason has come for a refusal that was reported before, with the same `serial`. Only where `upstream.api` is set. */
export interface ReasonEvent {
  readonly kind: 'reason';
  readonly operation: OperationRecord;
}

/** A connection broke, or was ended here. */
export interface FaultEvent {
  readonly kind: 'fault';
  readonly fault: FaultRecord;
}

/** What {@link Jumpgate.events} is given. */
export interface EventOptions {
  /**
   * Events that wait for a slow reader at most; beyond this the oldest are dropped, and counted in an event of the kind `missed`.
   * @defaultValue `1000`
   */
  readonly buffer?: number | undefined;
  /** Ends the iteration when it is aborted, without an error. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link Jumpgate.ready} is given. */
export interface ReadyOptions {
  /** Ends the wait; {@link Jumpgate.ready} then rejects with an Error that says why it is not ready. `AbortSignal.timeout(10_000)` is usual. */
  readonly signal?: AbortSignal | undefined;
}

/** A running Jumpgate. Several can run in one process. */
export interface Jumpgate extends AsyncDisposable {
  /** Where it listens. */
  readonly addresses: Addresses;
  /** How all of its parts are at the moment: plain data, made at each access, without secrets. The same as `/readyz` shows. */
  readonly state: State;
  /** Resolves when it can answer: the directory has been read. Rejects if it is stopped before. */
  ready(options?: ReadyOptions): Promise<void>;
  /**
   * What happens from now on, to be read with `for await`. The iteration ends with {@link Jumpgate.stop}. Each iteration has its own buffer
   * from the moment of the call; leave the loop, or abort the signal, to free it.
   *
   * @throws RangeError if `buffer` is not a whole number, 1 or more
   *
   * @example
   * ```ts
   * for await (const event of jumpgate.events())
   *   if (event.kind === 'operation' && event.operation.reason !== 'ok') console.log(event.operation.account, event.operation.reason);
   * ```
   */
  events(options?: EventOptions): AsyncIterableIterator<JumpgateEvent>;
  /**
   * Works by another configuration from now on, without dropping a connection. Reloads wait for each other.
   *
   * @returns what has changed, or why it goes on as before
   * @throws {@link ConfigError} if the configuration cannot be used; it goes on as before
   */
  reload(config: JumpgateConfig): Promise<Reloaded>;
  /** Forgets the cached password and the counted attempts of a user; true if a password was cached. Useful after a password was changed. */
  forget(user: string): Promise<boolean>;
  /** Finishes what is under way, for at most `listen.limits.drainTime`, then closes everything. The second call waits for the first. */
  stop(): Promise<void>;
}
