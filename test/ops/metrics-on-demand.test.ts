// Metrics are loaded with the first scrape, by then from a package that may be gone.
import t from 'tap';
import { MetricsOnDemand } from '../../src/ops/metrics/on-demand.js';

t.test('what cannot be loaded fails the scrape, and not the end of the process', async (t) => {
  const unheard: unknown[] = [];
  const hear = (error: unknown) => unheard.push(error);
  process.on('unhandledRejection', hear);
  t.teardown(() => process.removeListener('unhandledRejection', hear));
  const gone = () => Promise.reject(new Error("Cannot find module 'prom-client'"));
  const metrics = new MetricsOnDemand({} as never, gone);
  await t.rejects(metrics.scrape(), /prom-client/);
  metrics.close();
  // Node.js reports a rejection that nobody handles once all microtasks are done.
  await new Promise((resolve) => setImmediate(resolve));
  t.same(unheard, []);
});
