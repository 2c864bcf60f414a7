// The two plots of the page, as SVG that stretches to its place: labels are text beside it, so that they stay readable.
import { KINDS, type Kind, REASONS } from '../../gate/explain/reasons.js';
import { Histogram } from '../telemetry/histogram.js';
import type { Minute } from '../telemetry/minutes.js';
import { MINUTES } from '../telemetry/minutes.js';
import { Html, html } from './html.js';
import { milliseconds } from './words.js';

const WIDTH = 600;
const HEIGHT = 120;
const STEP = WIDTH / MINUTES;

/** Binds per minute, stacked by kind of reason, with the reasons of the hour in words. */
export function bindsPlot(minutes: readonly Minute[]): Html {
  const stacks = minutes.map(({ reasons }) => {
    const counts = new Map<Kind, number>();
    for (const [reason, count] of reasons) {
      const { kind } = REASONS[reason];
      counts.set(kind, (counts.get(kind) ?? 0) + count);
    }
    return counts;
  });
  const sums = stacks.map((counts) => [...counts.values()].reduce((sum, count) => sum + count, 0));
  const top = niceTop(Math.max(...sums));
  const bars = stacks.flatMap((counts, i) => {
    let below = 0;
    return KINDS.filter((kind) => counts.has(kind)).map((kind) => {
      const count = counts.get(kind)!;
      below += count;
      const y = HEIGHT * (1 - below / top);
      const height = HEIGHT * (count / top);
      return html`<rect class="${kind}" x="${round(i * STEP + 1)}" y="${round(y)}" width="${round(STEP - 2)}" height="${round(height)}"/>`;
    });
  });
  const hour = sums.reduce((sum, count) => sum + count, 0);
  const label = `Binds per minute in the last hour: ${hour} in all, ${sums.at(-1) ?? 0} in this minute`;
  return html`${frame(label, [String(top), String(top / 2), '0'], new Html(bars.map(({ text }) => text).join('')))}
${legend(minutes)}`;
}

function legend(minutes: readonly Minute[]): Html {
  const counts = new Map<string, { kind: Kind; count: number }>();
  for (const { reasons } of minutes) {
    for (const [reason, count] of reasons) {
      const known = counts.get(reason)?.count ?? 0;
      counts.set(reason, { kind: REASONS[reason].kind, count: known + count });
    }
  }
  if (counts.size === 0) return html`<p class="legend">Nobody has logged in during the last hour.</p>`;
  const items = [...counts]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([reason, { kind, count }]) => html`<li><i class="dot ${kind}"></i>${reason} <b>${count}</b></li>`);
  return html`<ul class="legend">${items}</ul>`;
}

const QUANTILES = [
  ['p50', 0.5],
  ['p95', 0.95],
  ['p99', 0.99],
] as const;

/** How long binds took, minute by minute, on a logarithmic scale. */
export function latencyPlot(minutes: readonly Minute[]): Html {
  const rows = minutes.map(({ latency }) => QUANTILES.map(([, part]) => latency.quantile(part)));
  const all = rows.flat().filter((value) => value !== undefined);
  const low = Math.floor(Math.log10(Math.max(0.1, Math.min(1, ...all))));
  const high = Math.max(low + 2, Math.ceil(Math.log10(Math.max(1, ...all))));
  const y = (value: number) => HEIGHT * (1 - (Math.log10(Math.max(10 ** low, value)) - low) / (high - low));
  const lines = QUANTILES.map(
    ([name], k) =>
      html`<path class="${name}" d="${steps(
        rows.map((row) => row[k]),
        y,
      )}"/>`,
  );
  const powers = Array.from({ length: high - low + 1 }, (_, i) => milliseconds(10 ** (high - i)));
  const hour = new Histogram();
  for (const { latency } of minutes) {
    hour.count += latency.count;
    hour.sum += latency.sum;
    latency.counts.forEach((count, i) => {
      hour.counts[i]! += count;
    });
  }
  const items = QUANTILES.map(([name, part]) => {
    const value = hour.quantile(part);
    return html`<li><i class="dot ${name}"></i>${name} <b>${value === undefined ? '–' : milliseconds(value)}</b></li>`;
  });
  const label = 'How long binds took in the last hour: percentiles 50, 95 and 99 of each minute';
  return html`${frame(label, powers, html`${lines}`)}
<ul class="legend">${items}</ul>`;
}

/** A line that is level within a minute; minutes without a value leave a gap. */
function steps(values: readonly (number | undefined)[], y: (value: number) => number): string {
  let isDown = false;
  return values
    .map((value, i) => {
      if (value === undefined) {
        isDown = false;
        return '';
      }
      const from = isDown ? `V${round(y(value))}` : `M${round(i * STEP)} ${round(y(value))}`;
      isDown = true;
      return `${from}H${round((i + 1) * STEP)}`;
    })
    .join('');
}

function frame(label: string, labels: readonly string[], inner: Html): Html {
  const grid = labels.map((_, i) => {
    const y = round((HEIGHT * i) / (labels.length - 1));
    return html`<line x1="0" x2="${WIDTH}" y1="${y}" y2="${y}"/>`;
  });
  return html`<div class="plot">
<div class="scale" aria-hidden="true">${labels.map((text) => html`<span>${text}</span>`)}</div>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">${grid}${inner}</svg>
<div class="ticks" aria-hidden="true"><span>60 min ago</span><span>30</span><span>now</span></div>
</div>`;
}

/** The next of 2, 4, 6, 10, 20, 40 … : its half is a whole number. */
function niceTop(most: number): number {
  for (let power = 1; ; power *= 10) {
    for (const step of [2, 4, 6, 10]) if (most <= step * power) return step * power;
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
