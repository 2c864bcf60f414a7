// Server-sent events: every operation and fault as it comes, to a few listeners, none of whom may make anybody wait.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { matches, type OperationFilter, readFilter } from '../telemetry/operation-filter.js';
import { KEPT, type OperationRecord, type Place } from '../telemetry/recent-operations.js';
import type { FaultRecord, Telemetry } from '../telemetry/telemetry.js';
import { addressOf } from './places.js';
import { type Answer, json, type Route } from './route.js';

/** Listeners at the same time, in all and of one address. */
const MOST_STREAMS = 16;
const MOST_STREAMS_PER_ADDRESS = 8;
/** Bytes that may wait for one listener; one that is slower is dropped. */
const MOST_PENDING = 1024 * 1024;
/** Milliseconds between two signs of life: proxies end what is silent. */
const HEARTBEAT = 15_000;

/** One event in the form of the HTML standard; `data` is one line. */
export interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id?: string;
}

/** One listener's stream, as what feeds it sees it. */
export interface Stream {
  send(event: StreamEvent): void;
  /** Ends it: what feeds it has a defect. */
  fail(error: unknown): void;
}

/** Server-sent event streams: 16 in all, 8 per address. A listener that does not read is dropped. */
export class EventStreams {
  /** With the address of each listener. */
  private readonly open = new Map<ServerResponse, string>();
  private heart: NodeJS.Timeout | undefined;
  /** Listeners that were dropped because they did not read. */
  dropped = 0;

  /** `defect` receives the error that ended a stream unexpectedly. */
  constructor(private readonly defect: (error: unknown) => void = () => {}) {}

  get size(): number {
    return this.open.size;
  }

  /** Begins a stream; `begin` is handed it and returns what to do at its end. Refuses when there are too many. */
  begin(request: IncomingMessage, response: ServerResponse, begin: (stream: Stream) => () => void): Answer | 'stream' {
    const address = addressOf(request.socket);
    const sameAddress = [...this.open.values()].filter((each) => each === address).length;
    if (this.open.size >= MOST_STREAMS) return json(503, { error: `${MOST_STREAMS} listeners are already connected` });
    if (sameAddress >= MOST_STREAMS_PER_ADDRESS)
      return json(503, { error: `${MOST_STREAMS_PER_ADDRESS} listeners are already connected from this address` });
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    // A browser that has lost us asks again after two seconds.
    response.write('retry: 2000\n\n');
    if (request.method === 'HEAD') {
      response.end();
      return 'stream';
    }
    let end = () => {};
    response.once('close', () => {
      this.open.delete(response);
      end();
    });
    this.open.set(response, address);
    this.heart ??= setInterval(() => this.beat(), HEARTBEAT).unref();
    const fail = (error: unknown) => {
      this.defect(error);
      response.destroy();
    };
    try {
      end = begin({ send: (event) => this.send(response, event), fail });
    } catch (error) {
      fail(error);
    }
    return 'stream';
  }

  /** Ends those that are open: their listeners have to ask again, and to show what is required by then. */
  endAll(): void {
    for (const response of this.open.keys()) response.end();
  }

  close(): void {
    clearInterval(this.heart);
    this.endAll();
  }

  private send(response: ServerResponse, { event, data, id }: StreamEvent): void {
    if (response.writableEnded || response.destroyed) return;
    const name = id === undefined ? '' : `id: ${id}\n`;
    response.write(`${name}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (response.writableLength <= MOST_PENDING) return;
    this.dropped++;
    response.destroy();
  }

  private beat(): void {
    for (const response of this.open.keys()) response.write(': alive\n\n');
  }
}

/**
 * GET /events: operations that match the query (as /operations has it), again as `found` once JumpCloud has said why one was refused, and
 * faults; with `last=N` the last N past ones first. With `view=page` what `page` sends from a place on.
 */
export function eventsRoute(
  telemetry: Telemetry,
  streams: EventStreams,
  page: (query: URLSearchParams, seen: Place, stream: Stream) => () => void,
): Route {
  const { recent } = telemetry;
  const answer: Route['answer'] = ({ query, request }, response) => {
    const mark = request.headers['last-event-id'] ?? query.get('after') ?? undefined;
    const seen = typeof mark === 'string' ? recent.placeOf(mark) : undefined;
    if (query.get('view') === 'page') {
      const { findings } = recent;
      const place = seen ?? { serial: mark === undefined ? recent.serial : 0, findings };
      return streams.begin(request, response, (stream) => page(query, place, stream));
    }
    const filter = readFilter(query, telemetry.apps);
    if (typeof filter === 'string') return json(400, { error: filter });
    const past = Math.min(KEPT, Number(query.get('last')) || 0);
    return streams.begin(request, response, ({ send, fail }) => {
      const operation = (record: OperationRecord) => {
        if (matches(record, filter)) send({ event: 'operation', data: record, id: recent.mark(record.serial) });
      };
      const found = (record: OperationRecord) => {
        if (matches(record, filter)) send({ event: 'found', data: record, id: recent.mark() });
      };
      if (seen !== undefined) for (const record of recent.foundAfter(seen)) found(record);
      for (const record of replayed(telemetry, filter, past, seen)) operation(record);
      const fault = (record: FaultRecord) => {
        if (isFaultWanted(record, filter)) send({ event: 'fault', data: record });
      };
      return telemetry.listen({ operation, found, fault, fail });
    });
  };
  return { method: 'GET', path: '/events', answer };
}

/** What a returning listener has missed, or the last N. */
function replayed(
  { recent }: Telemetry,
  filter: OperationFilter,
  past: number,
  seen: Place | undefined,
): OperationRecord[] {
  if (seen !== undefined) return recent.after(seen.serial);
  if (past <= 0) return [];
  const found = recent.after(0).filter((record) => matches(record, filter));
  return found.slice(-past);
}

/** A fault has no user, result or reason. */
function isFaultWanted({ address, app }: FaultRecord, filter: OperationFilter): boolean {
  const { user, result, reason, q } = filter;
  const isAboutOperations = user !== undefined || result !== undefined || reason !== undefined || q !== undefined;
  const isOfApp = filter.app === undefined || filter.app === app;
  return !isAboutOperations && isOfApp && (filter.address === undefined || filter.address === address);
}
