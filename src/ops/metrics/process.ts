// What every Prometheus exporter says of its process, and how long the event loop keeps things waiting.
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Sample, ScrapedRegistry } from './registry.js';

/** Milliseconds from one look at the event loop to the next. */
const RESOLUTION = 20;

/** Returns how to end the looking, which the first scrape begins: where nobody looks it costs nothing. */
export function declareProcess(metrics: ScrapedRegistry, version: string): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  const startedAt = Date.now() / 1000 - process.uptime();
  metrics.gauge(
    'jumpgate_build_info',
    'Always 1; the labels are the versions',
    () => [[{ version, node: process.versions.node }, 1]],
    ['version', 'node'],
  );
  metrics.gauge(
    'jumpgate_event_loop_delay_seconds',
    'Delay of the event loop, since the last scrape',
    () => {
      if (delay.enable()) return [];
      // What is recorded is the whole time between two looks.
      const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION) / 1000;
      const samples: Sample[] = [
        [{ quantile: '0.5' }, seconds(delay.percentile(50))],
        [{ quantile: '0.99' }, seconds(delay.percentile(99))],
        [{ quantile: '1' }, seconds(delay.max)],
      ];
      delay.reset();
      return samples;
    },
    ['quantile'],
  );
  metrics.counter('process_cpu_seconds_total', 'User and system CPU time', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
  metrics.gauge('process_start_time_seconds', 'Start of the process, in seconds of the Unix epoch', () => startedAt);
  metrics.gauge('process_open_fds', 'Open file descriptors', openFiles);
  return () => delay.disable();
}

/** Linux tells; elsewhere there is no sample. */
function openFiles(): number | Sample[] {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return [];
  }
}
