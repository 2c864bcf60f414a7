// prom-client filled at each scrape from numbers that are kept elsewhere: nothing of it is on the path of an operation.
import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import { BOUNDS, type Histogram } from '../telemetry/histogram.js';

/** One value with its labels. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Declares metrics; `collect` is called at each scrape. Durations are handed over in milliseconds and told in seconds. */
export class ScrapedRegistry {
  readonly registry = new Registry();

  counter(name: string, help: string, collect: () => number | readonly Sample[], labelNames: string[] = []): void {
    const registers = [this.registry];
    new Counter({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset();
        for (const [labels, value] of samplesOf(collect())) this.inc(labels, value);
      },
    });
  }

  gauge(name: string, help: string, collect: () => number | readonly Sample[], labelNames: string[] = []): void {
    const registers = [this.registry];
    new Gauge({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset();
        // Without labels a reset leaves a 0 behind, which would be wrong for an unknown value.
        if (labelNames.length === 0) this.remove();
        for (const [labels, value] of samplesOf(collect())) this.set(labels, value);
      },
    });
  }

  /** prom-client's own Histogram can only observe; this one shows buckets that were filled before. */
  histogram(name: string, help: string, collect: () => readonly (readonly [Sample[0], Histogram])[]): void {
    const metric = {
      name,
      get: () => Promise.resolve({ name, help, type: 'histogram', values: collect().flatMap(valuesOf(name)) }),
    };
    this.registry.registerMetric(metric as unknown as Metric);
  }
}

function samplesOf(collected: number | readonly Sample[]): readonly Sample[] {
  return typeof collected === 'number' ? [[{}, collected]] : collected;
}

/** Cumulative, as the text format wants it. */
function valuesOf(name: string) {
  return ([labels, { counts, count, sum }]: readonly [Sample[0], Histogram]) => {
    let below = 0;
    const buckets = BOUNDS.map((bound, i) => {
      below += counts[i]!;
      return { metricName: `${name}_bucket`, labels: { ...labels, le: String(bound / 1000) }, value: below };
    });
    return [
      ...buckets,
      { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels, value: sum / 1000 },
      { metricName: `${name}_count`, labels, value: count },
    ];
  };
}
