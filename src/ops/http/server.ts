// The operator's HTTP server: small, bounded, and a table of routes.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback } from '../../loopback.js';
import { Door } from './door.js';
import type { EventStreams } from './events.js';
import { type Answer, type Asked, json, type Route } from './route.js';

export interface OpsServerOptions {
  readonly routes: readonly Route[];
  readonly streams: EventStreams;
  /** The token's octets as they stand; undefined: none is set. */
  readonly token: () => Buffer | undefined;
}

/** Nothing here is to be shown inside of, read by, or told to another page. */
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

export class OpsServer {
  private readonly server: Server;
  private readonly door: Door;

  constructor(private readonly options: OpsServerOptions) {
    this.server = createServer(
      { requestTimeout: 5000, headersTimeout: 5000, maxHeaderSize: 8192 },
      (request, response) => void this.respond(request, response),
    );
    this.server.maxConnections = 64;
    this.server.on('clientError', (_error, socket) => socket.destroy());
    this.door = new Door({ token: options.token }, () => isLoopback((this.server.address() as AddressInfo).address));
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

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const answer = await this.answer(request, response).catch((error: unknown) => {
      // A defect of ours, and whoever asks is an operator: it is told.
      return json(500, { error: error instanceof Error ? error.message : String(error) });
    });
    if (answer === 'stream') return;
    response.writeHead(answer.status, { 'content-type': answer.type, connection: 'close', ...answer.headers });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<Answer | 'stream'> {
    const [path = '', search] = (request.url ?? '').split('?', 2);
    const { routes } = this.options;
    const here = routes.filter((route) => route.path === path);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const route = here.find((each) => each.method === method);
    const query = new URLSearchParams(search);
    const shown = path === '/' && method === 'GET' ? query.get('token') : null;
    const cookie = shown === null ? undefined : this.door.cookieFor(shown);
    // The token leaves the address line at once.
    if (cookie !== undefined)
      return { status: 303, type: 'text/plain', body: '', headers: { location: '/', 'set-cookie': cookie } };
    const refusal = this.door.refusal(request);
    if (refusal !== undefined && route?.isOpen !== true) return refusal;
    if (route === undefined) return unrouted(here, routes);
    const asked: Asked = { query, request, isTrusted: refusal === undefined };
    return route.answer(asked, response);
  }
}

function unrouted(here: readonly Route[], routes: readonly Route[]): Answer {
  const [other] = here;
  if (other !== undefined) return json(405, { error: `${other.method} only` }, { allow: other.method });
  return json(404, { error: `not here: ${routes.map(({ method, path }) => `${method} ${path}`).join(', ')} are` });
}
