// The operator's HTTP port: /healthz says that the process is alive, /readyz that it can do its work.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Explain } from '../gate/explain.js';
import { answerExplain } from './explain-route.js';

/** What /readyz answers; `ready` decides between 200 and 503. */
export interface Readiness {
  readonly ready: boolean;
  readonly snapshot: {
    readonly present: boolean;
    readonly ageSeconds?: number;
    readonly members?: number;
    readonly maxStaleSeconds: number;
  };
  readonly upstream: { readonly reachable: boolean; readonly lastError?: string };
  /** Connections for password checks. */
  readonly binds: {
    readonly idle: number;
    readonly open: number;
    readonly connecting: number;
    readonly waiting: number;
    readonly lastError?: string;
  };
  readonly connections: number;
}

export interface HealthSources {
  readonly readiness: () => Readiness;
  /** Forgets what is remembered of one account; true if there was something. */
  readonly purge: (uid: string) => Promise<boolean>;
  readonly explain: Explain;
}

type Answer = readonly [status: number, body: unknown];

export class HealthServer {
  private readonly server: Server;

  constructor(private readonly sources: HealthSources) {
    this.server = createServer(
      { requestTimeout: 5000, headersTimeout: 5000, maxHeaderSize: 8192 },
      (request, response) => void this.respond(request, response),
    );
    this.server.maxConnections = 64;
    this.server.on('clientError', (_error, socket) => socket.destroy());
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
    if (!this.server.listening) return;
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body] = await this.answer(request);
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'close',
    });
    response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`);
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const [path = '', query] = (request.url ?? '').split('?', 2);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (path === '/purge')
      return request.method === 'POST' ? this.purge(request, query) : [405, { error: 'POST only' }];
    if (path === '/explain') {
      if (request.method !== 'POST') return [405, { error: 'POST only' }];
      return isFromHere(request) ? answerExplain(request, this.sources.explain) : NOT_FROM_HERE;
    }
    if (!isRead) return [405, { error: 'GET only' }];
    switch (path) {
      case '/healthz':
        return [200, { status: 'alive' }];
      case '/readyz': {
        const state = this.sources.readiness();
        return [state.ready ? 200 : 503, state];
      }
      default:
        return [404, { error: 'not here: /healthz, /readyz, POST /purge?user=… and POST /explain are' }];
    }
  }

  private async purge(request: IncomingMessage, query: string | undefined): Promise<Answer> {
    if (!isFromHere(request)) return NOT_FROM_HERE;
    const user = new URLSearchParams(query).get('user');
    if (user === null || user === '') return [400, { error: 'name the account: POST /purge?user=…' }];
    return [200, { user, remembered: await this.sources.purge(user) }];
  }
}

const NOT_FROM_HERE: Answer = [403, { error: 'from this machine and not from a browser' }];

/** False for a page in this machine's browser: browsers say where a request comes from, and what name they asked for. */
function isFromHere({ headers: { origin, host = '' } }: IncomingMessage): boolean {
  return origin === undefined && /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
}
