// The plots of the page: what is highest in them stays below the upper edge, whatever it is.
import fc from 'fast-check';
import t from 'tap';
import { bindsPlot, latencyPlot } from '../../src/ops/page/plots.js';
import { Histogram } from '../../src/ops/telemetry/histogram.js';
import type { Minute } from '../../src/ops/telemetry/minutes.js';

/** Of 120 in the plot's own units. */
const LEAST = 3;

const minuteOf = (binds: number, durations: readonly number[]): Minute => {
  const upstream = new Histogram();
  for (const ms of durations) upstream.add(ms);
  return { reasons: new Map([['ok', binds]]), upstream, cached: 0 } as unknown as Minute;
};

t.test('a bar leaves headroom above it', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 10 }), (counts) => {
      const { text } = bindsPlot(counts.map((count) => minuteOf(count, [])));
      const tops = [...text.matchAll(/<rect class="ok" x="[^"]+" y="([^"]+)"/g)].map(([, y]) => Number(y));
      return tops.length === counts.length && tops.every((y) => y >= LEAST);
    }),
  );
  t.end();
});

t.test('so does a line', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.05, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 10 }),
      (all) => {
        const { text } = latencyPlot(all.map((ms) => minuteOf(1, [ms])));
        const paths = [...text.matchAll(/<path class="p\d\d" d="(M[^"H]+H[^"]+)"/g)].map(([, d = '']) => d);
        const tops = paths
          .filter((d) => d !== 'M0 6H24')
          .flatMap((d) => [...d.matchAll(/(?:M\S+ |V)([0-9.]+)/g)].map(([, y]) => Number(y)));
        return tops.length > 0 && tops.every((y) => y >= LEAST && y <= 120);
      },
    ),
  );
  t.end();
});
