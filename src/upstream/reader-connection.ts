// One connection of the reader: bound as the reader, one piece of work at a time, limited in time and bytes.
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { TLSSocket } from 'node:tls';
import { type Client, ResultCodeError } from 'ldapts';
import { ReadError, type UpstreamEntry } from '../directory/reader.js';
import { defectIn } from '../runtime/defect-in.js';
import { withinTime } from '../runtime/within-time.js';
import type { Dialer } from './dialer.js';
import { endpointName, isTlsFault, type UpstreamEndpoint } from './endpoint.js';
import { EntryCollector } from './entry-collector.js';
import type { EndpointHealth } from './health.js';
import { hedgedAttempts, type Try } from './hedged-attempts.js';
import { ldaptsClient } from './ldapts-client.js';
import { ReadMeter, type ReadMeterOptions } from './read-meter.js';
import type { ReaderBackoff } from './reader-backoff.js';

export interface ReaderConnectionOptions {
  readonly dialer: Dialer;
  readonly health: EndpointHealth;
  readonly backoff: ReaderBackoff;
  readonly connectTime: number;
  readonly operationTime: number;
  readonly dn: string;
  readonly password: string;
  /** What one piece of work may bring. */
  readonly meter: Omit<ReadMeterOptions, 'collector'>;
  /** Attributes that are dropped as they arrive. */
  readonly isUnwanted: (attribute: string) => boolean;
  /** True if it may spend time on looking whether a better address is back: nobody waits for it. */
  readonly looksBack: boolean;
  /** True if work whose connection is lost is done once more on another one: somebody waits for it, and it only asks. */
  readonly asksTwice: boolean;
}

/** A password or a name that one address refuses is not tried at the next. */
const INVALID_CREDENTIALS = [48, 49, 53];
const NO_SUCH_OBJECT = 32;
/** Answers that speak of the address and not of the question. */
const ADDRESS_AILS = [51, 52];
/** Milliseconds after which another try is begun beside one that hangs. */
const NEXT_TRY = 1200;
/** Milliseconds for an address while another one is up. */
const PATIENCE = 1500;

interface Bound {
  readonly client: Client;
  readonly socket: Socket | TLSSocket | undefined;
  readonly endpoint: UpstreamEndpoint;
}

/** A client that is bound as the reader. */
export interface BoundClient {
  readonly client: Client;
  /** The entries that came since it was called last; the client's own results are empty. */
  collected(): UpstreamEntry[];
  /** How many entries have come since the work began. */
  received(): number;
}

type Work<Result> = (bound: BoundClient) => Promise<Result>;

/** One bound connection of the reader; tasks run one after another, each limited in time and bytes. */
export class ReaderConnection {
  private current: Bound | undefined;
  private readonly meter: ReadMeter;
  private readonly collector: EntryCollector;
  /** Work is done one after another: ldapts may open several sockets when used before it is connected. */
  private turn: Promise<unknown> = Promise.resolve();
  private isClosed = false;
  /** The last work had its connection, and lost it or was sent away. */
  private wasLost = false;
  /** Pieces of work that run or wait. */
  pending = 0;

  constructor(private readonly options: ReaderConnectionOptions) {
    this.collector = new EntryCollector(options);
    this.meter = new ReadMeter({ ...options.meter, collector: this.collector });
  }

  /** Runs the work on the bound client within `time` ms from its turn. Rejects with ReadError; the connection is then given up. */
  run<Result>(work: Work<Result>, time: number): Promise<Result> {
    this.pending++;
    const mine = this.turn.then(() => this.attempt(work, time));
    this.turn = mine
      .catch(() => {})
      .then(() => {
        this.pending--;
      });
    return mine;
  }

  /** For good: a connection that is still being made is left as soon as it is there, and later work is rejected. */
  close(): void {
    this.isClosed = true;
    this.drop();
  }

  private async attempt<Result>(work: Work<Result>, time: number): Promise<Result> {
    const late = performance.now() + time;
    try {
      return await this.once(work, time);
    } catch (error) {
      const left = late - performance.now();
      if (!this.wasLost || !this.options.asksTwice || this.isClosed || left <= 0) throw error;
      return this.once(work, left);
    }
  }

  private async once<Result>(work: Work<Result>, time: number): Promise<Result> {
    this.wasLost = false;
    this.meter.begin();
    try {
      const done = await withinTime(
        this.onceConnected(work).then((result) => ({ result })),
        time,
      );
      if (done === undefined) throw new ReadError('partial', `not finished within ${time} ms`);
      if (this.current !== undefined) this.options.health.succeeded(this.current.endpoint);
      return done.result;
    } catch (error) {
      const explained = this.meter.overrun ?? this.explained(error);
      if (this.current !== undefined && isOfTheAddress(error, explained)) {
        this.wasLost = true;
        this.options.health.failed(this.current.endpoint);
      }
      this.drop();
      throw explained;
    }
  }

  private async onceConnected<Result>(work: Work<Result>): Promise<Result> {
    const { client } = await this.bound();
    // What addresses sent that were tried before is not this one's.
    this.meter.begin();
    const { collector } = this;
    const result = await work({
      client,
      collected: () => collector.collected(),
      received: () => collector.received,
    });
    // ldapts reconnects on its own and is then anonymous; the results of such a connection may be incomplete.
    if (!client.isBound) throw new ReadError('partial', 'the connection was lost during the read');
    return result;
  }

  /** Bound, at the first address that is up. */
  private async bound(): Promise<Bound> {
    const { health, looksBack, connectTime, backoff } = this.options;
    const order = [...health.order()];
    const back = looksBack ? health.toTry() : undefined;
    if (back !== undefined) order.unshift(back);
    if (this.current?.client.isBound === true && (back === undefined || this.current.endpoint === back))
      return this.current;
    this.drop();
    if (backoff.pause > 0) {
      const seconds = Math.ceil(backoff.pause / 1000);
      throw new ReadError('refused', `the upstream refused the reader's bind; it is tried again in ${seconds} s`);
    }
    let last: unknown;
    for (const endpoint of new Set(order)) {
      if (this.isClosed) break;
      const hasOther = order.some((other) => other !== endpoint && health.isHealthy(other));
      try {
        const time = hasOther ? Math.min(PATIENCE, connectTime) : connectTime;
        const bound = await hedgedAttempts(() => this.connect(endpoint), NEXT_TRY, time);
        backoff.accepted();
        if (this.isClosed) {
          leave(bound);
          break;
        }
        this.current = bound;
        return bound;
      } catch (error) {
        last = error;
        if (error instanceof ResultCodeError && INVALID_CREDENTIALS.includes(error.code)) {
          backoff.refused();
          break;
        }
        health.failed(endpoint);
      }
    }
    throw last ?? new Error('the reader is closed');
  }

  private connect(endpoint: UpstreamEndpoint): Try<Bound> {
    const { connectTime, operationTime, dn, password } = this.options;
    let socket: Socket | TLSSocket | undefined;
    const dial = () => {
      socket = this.options.dialer.dial(endpoint);
      this.meter.guard(socket);
      return socket;
    };
    const client = ldaptsClient(endpoint, dial, { connectTime, operationTime });
    return {
      result: client.bind(dn, password).then(() => ({ client, socket, endpoint })),
      cancel: () => leave({ client, socket, endpoint }),
    };
  }

  private drop(): void {
    if (this.current !== undefined) leave(this.current);
    this.current = undefined;
  }

  /** Any failure as a ReadError that names host and cause, and no secret. */
  private explained(error: unknown): ReadError {
    const where = this.options.health.order().map(endpointName).join(', ');
    if (error instanceof ReadError) return error;
    if (error instanceof ResultCodeError) {
      const { code } = error;
      const text = error.message.replace(/ ?Code: 0x[0-9a-f]+$/, '');
      if (INVALID_CREDENTIALS.includes(code))
        return new ReadError('refused', `${where} refused the reader's bind (code ${code})`);
      if (code === NO_SUCH_OBJECT) return new ReadError('no-base', `${where}: the base DN is not readable`);
      return new ReadError('failed', `${where} answered code ${code}${text === '' ? '' : `: ${text}`}`);
    }
    const cause = error instanceof Error ? error : new Error(String(error));
    if (defectIn(error) !== undefined)
      return new ReadError('failed', `a defect of this program: ${cause.message}`, { cause });
    return new ReadError(isTlsFault(cause) ? 'tls' : 'unreachable', `${where}: ${cause.message}`, { cause });
  }
}

/** Says good-bye if it can, and ends the connection in any case. */
function leave({ client, socket }: Bound): void {
  if (client.isConnected) void client.unbind().catch(() => {});
  if (socket !== undefined) setTimeout(() => socket.destroy(), 100).unref();
}

/** True if another address may fare better: network, time and overload, but not what the directory says. */
function isOfTheAddress(error: unknown, { kind }: ReadError): boolean {
  if (error instanceof ResultCodeError) return ADDRESS_AILS.includes(error.code);
  return kind === 'unreachable' || kind === 'tls' || kind === 'partial';
}
