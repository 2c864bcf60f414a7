// The operator's HTTP port: /healthz says that the process is alive, /readyz that it can do its work.
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

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
  readonly connections: number;
}

export class HealthServer {
  private readonly server: Server;

  constructor(private readonly readiness: () => Readiness) {
    this.server = createServer(
      { requestTimeout: 5000, headersTimeout: 5000, maxHeaderSize: 8192 },
      (request, response) => {
        const path = (request.url ?? '').split('?', 1)[0];
        const isRead = request.method === 'GET' || request.method === 'HEAD';
        const [status, body] = isRead ? this.answer(path) : ([405, { error: 'GET only' }] as const);
        response.writeHead(status, {
          'content-type': 'application/json; charset=utf-8',
          'cache-control': 'no-store',
          connection: 'close',
        });
        response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`);
      },
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

  private answer(path: string | undefined): readonly [number, unknown] {
    switch (path) {
      case '/healthz':
        return [200, { status: 'alive' }];
      case '/readyz': {
        const state = this.readiness();
        return [state.ready ? 200 : 503, state];
      }
      default:
        return [404, { error: 'not here: /healthz and /readyz are' }];
    }
  }
}
