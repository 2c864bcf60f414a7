// Metrics, loaded with the first scrape: who never scrapes need not wait for them at the start, nor hold them in memory.
import type { Answer } from '../http/route.js';
import type { MetricSources, Metrics } from './metrics.js';

/** Loads Metrics with the first scrape. */
export class MetricsOnDemand {
  private loading: Promise<Metrics> | undefined;
  private isClosed = false;

  constructor(
    private readonly sources: MetricSources,
    private readonly module = () => import('./metrics.js'),
  ) {}

  /** Rejects where they cannot be loaded: their package is gone, as after an uninstallation under a running instance. */
  async scrape(): Promise<Answer> {
    this.loading ??= this.load();
    return (await this.loading).scrape();
  }

  close(): void {
    this.isClosed = true;
    // The scraper already knows of a failure.
    void this.loading?.then(
      (metrics) => metrics.close(),
      () => {},
    );
  }

  private async load(): Promise<Metrics> {
    const { Metrics } = await this.module();
    const metrics = new Metrics(this.sources);
    if (this.isClosed) metrics.close();
    return metrics;
  }
}
