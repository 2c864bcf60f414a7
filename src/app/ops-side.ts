// The operator's port of a running app: what it answers from, and a token of its own where none is configured.
import { EventStreams } from '../ops/http/events.js';
import { makeRoutes, type RouteSources } from '../ops/http/routes.js';
import { OpsServer } from '../ops/http/server.js';
import { type TokenFile, writeTokenFile } from '../ops/http/token-file.js';
import type { MetricSources } from '../ops/metrics/metrics.js';
import { MetricsOnDemand } from '../ops/metrics/on-demand.js';
import type { GuardedLog } from './guarded-log.js';
import { hostPort } from './opened-urls.js';

/** What the page, the metrics and the other routes are made from. */
export type OpsSources = Omit<RouteSources & MetricSources, 'streams' | 'metrics'>;

/** The HTTP server with its routes, metrics and event streams. Open only where `ops.http` is configured. */
export class OpsSide {
  private readonly metrics: MetricsOnDemand;
  private readonly server: OpsServer;
  private readonly streams: EventStreams;
  private ownToken: TokenFile | undefined;
  /** The configured one that open streams have shown; undefined: none was required. */
  private required: Buffer | undefined;
  /** Undefined until it is open. */
  url: string | undefined;

  /** `token`: the bytes of the configured one, if there is one. `folders`: where a token of its own may be, the best first. */
  constructor(
    sources: OpsSources,
    private readonly token: () => Buffer | undefined,
    private readonly log: GuardedLog,
    private readonly folders: readonly string[],
  ) {
    const streams = new EventStreams((error) => log.defects.add('page', error));
    this.streams = streams;
    this.required = token();
    this.metrics = new MetricsOnDemand({ ...sources, streams });
    this.server = new OpsServer({
      routes: makeRoutes({ ...sources, streams, metrics: this.metrics }),
      streams,
      token,
      ownToken: () => this.ownToken,
      defect: log.defect,
    });
  }

  /** Rejects with the system's error if the address cannot be used. */
  async open({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
    this.url = `http://${hostPort(await this.server.start(host, port))}`;
    this.keepToken();
  }

  /** The file with the token that POST wants, where none is configured. */
  get tokenFile(): string | undefined {
    return this.ownToken?.path;
  }

  /**
   * To be called when the configured token has changed: streams that another one has opened end, and there is one of our own while the port is
   * open and none is configured.
   */
  keepToken(): void {
    const token = this.token();
    const isSame = token === undefined ? this.required === undefined : this.required?.equals(token) === true;
    if (!isSame) this.streams.endAll();
    this.required = token;
    const isWanted = this.url !== undefined && token === undefined;
    if (isWanted === (this.ownToken !== undefined)) return;
    this.dropToken();
    if (!isWanted) return;
    try {
      this.ownToken = writeTokenFile(Number(new URL(this.url!).port), this.folders);
    } catch (error) {
      const fields = { 'error.message': (error as Error).message, folders: this.folders };
      this.log.unguarded.warn(
        fields,
        'ops: no folder is writable for a token, so purge and explain are refused; set ops.tokenFile',
      );
    }
  }

  async stop(): Promise<void> {
    await this.server.stop();
    this.dropToken();
    this.metrics.close();
  }

  private dropToken(): void {
    this.ownToken?.remove();
    this.ownToken = undefined;
  }
}
