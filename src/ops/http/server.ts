// The operator's HTTP server: small, bounded, and a table of routes.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback } from '../../runtime/loopback.js';
import { AccessControl, type AccessControlOptions } from './access-control.js';
import type { EventStreams } from './events.js';
import { Places } from './places.js';
import { type Answer, type Asked, json, type Route } from './route.js';

export interface OpsServerOptions extends AccessControlOptions {
  readonly routes: readonly Route[];
  readonly streams: EventStreams;
  /** Receives unexpected exceptions. */
  readonly defect?: (error: unknown) => void;
}

/** Milliseconds for a request's header, for all of a request, and for reading an answer. */
const HEADER_TIME = 2000;
const REQUEST_TIME = 4000;
const READING_TIME = 10_000;
/** Milliseconds from one look for connections that are too slow to the next; Node's own is 30 s. */
const LOOKS = 1000;

/** No other page may embed, read, or learn the address of anything here. */
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** The HTTP server of the ops port: 64 connections, short timeouts. `listen` rejects if the address cannot be used. */
export class OpsServer {
  private readonly server: Server;
  private readonly access: AccessControl;
  private readonly places = new Places();

  constructor(private readonly options: OpsServerOptions) {
    this.server = createServer(
      {
        ...{ headersTimeout: HEADER_TIME, requestTimeout: REQUEST_TIME, connectionsCheckingInterval: LOOKS },
        maxHeaderSize: 8192,
      },
      (request, response) => void this.respond(request, response),
    );
    this.server.on('connection', (socket) => this.places.enter(socket));
    // Each answer ends its connection; what comes behind the first request is not worked for.
    this.server.maxRequestsPerSocket = 1;
    this.server.on('clientError', (_error, socket) => socket.destroy());
    this.access = new AccessControl(options, () => isLoopback((this.server.address() as AddressInfo).address));
  }

  /** Open at the moment. */
  get connections(): number {
    return this.places.size;
  }

  /** Rejects with the system's error, e.g. EADDRINUSE. Port 0 takes a free one. */
  start(host: string, port: number): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.removeListener('error', reject);
        this.server.on('error', () => {});
        resolve(this.server.address() as AddressInfo);
      });
    });
  }

  async stop(): Promise<void> {
    this.options.streams.close();
    if (!this.server.listening) return;
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  /** Never rejects: a request that cannot be answered ends its connection. */
  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    try {
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
      const answer = await this.answerOrFail(request, response);
      if (answer === 'stream') return;
      this.places.worked(socket);
      response.writeHead(answer.status, { 'content-type': answer.type, connection: 'close', ...answer.headers });
      response.end(request.method === 'HEAD' ? undefined : answer.body);
      endUnlessRead(response);
    } catch {
      response.destroy();
    }
  }

  private async answerOrFail(request: IncomingMessage, response: ServerResponse): Promise<Answer | 'stream'> {
    try {
      return await this.answer(request, response);
    } catch (error) {
      this.options.defect?.(error);
      if (response.headersSent) throw error;
      // A defect of ours, and the client is an operator, who may see it.
      return json(500, { error: error instanceof Error ? error.message : String(error) });
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<Answer | 'stream'> {
    const [path = '', search] = (request.url ?? '').split('?', 2);
    const { routes } = this.options;
    const here = routes.filter((route) => route.path === path);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = here.find((each) => each.method === method);
    const query = new URLSearchParams(search);
    const shown = path === '/' && method === 'GET' ? query.get('token') : null;
    const cookie = shown === null ? undefined : this.access.cookieFor(shown);
    // The token leaves the address bar immediately.
    if (cookie !== undefined)
      return { status: 303, type: 'text/plain', body: '', headers: { location: '/', 'set-cookie': cookie } };
    const refusal = this.access.refusal(request);
    if (refusal !== undefined && route?.isOpen !== true) return refusal;
    if (route === undefined) return unrouted(here, routes);
    const asked: Asked = { query, request, isTrusted: refusal === undefined };
    // Health checks are answered in this turn, and also when everything else is refused.
    if (route.isOpen !== true && !this.places.work(request.socket)) return BUSY;
    return route.answer(asked, response);
  }
}

const BUSY = json(503, { error: 'busy: too many requests at the same time' });

/** A client that does not read keeps neither its place nor the answer. */
function endUnlessRead(response: ServerResponse): void {
  const late = setTimeout(() => response.destroy(), READING_TIME).unref();
  response.once('close', () => clearTimeout(late));
}

function unrouted(here: readonly Route[], routes: readonly Route[]): Answer {
  const [other] = here;
  if (other !== undefined) return json(405, { error: `${other.method} only` }, { allow: other.method });
  return json(404, {
    error: `unknown path: there is ${routes.map(({ method, path }) => `${method} ${path}`).join(', ')}`,
  });
}
