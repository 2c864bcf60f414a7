// Loaded into the product before it starts: how long its turns and its collections of garbage are, finer than its own metric tells.
// Each SIGUSR2 writes one line to standard error and begins anew.
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
let collection = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) collection = Math.max(collection, duration);
}).observe({ entryTypes: ['gc'] });
process.on('SIGUSR2', () => {
  process.stderr.write(`probe ${JSON.stringify({ turn: delay.max / 1e6 - 1, collection })}\n`);
  delay.reset();
  collection = 0;
});
