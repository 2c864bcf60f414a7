// The two plots of the page, as SVG that stretches to its place: labels are text beside it, so that they stay readable. Each has its values as
// a table too, for who cannot see it, and a minute's values where the mouse rests on it.
import { KINDS, type Kind, REASONS } from '../../gate/explain/reasons.js';
import { Histogram } from '../telemetry/histogram.js';
import type { Minute } from '../telemetry/minutes.js';
import { Html, html } from './html.js';
import { milliseconds, percent } from './words.js';

const WIDTH = 600;
const HEIGHT = 120;
/** What is highest is drawn below the upper edge: the scale goes at least so much further. */
const HEADROOM = 1.1;
const LOG_HEADROOM = 1.5;

/** What the kinds are called in legends. */
const KIND_NAMES: Readonly<Record<Kind, string>> = {
  ok: 'accepted',
  password: 'password',
  member: 'not let in',
  limit: 'refused by limits',
  upstream: 'JumpCloud failed',
  here: 'failed here',
  client: 'bad request',
};

/** The minutes that are drawn: a new instance does not use a sixtieth of the width. `uptime`: seconds. */
export function windowOf(minutes: readonly Minute[], uptime: number): readonly Minute[] {
  const wanted = [10, 30].find((size) => uptime < size * 60) ?? minutes.length;
  return minutes.slice(-wanted);
}

/** Binds per minute, stacked by kind of reason, with the reasons in words. */
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
  const top = niceTop(Math.max(...sums) * HEADROOM);
  const step = WIDTH / minutes.length;
  const columns = stacks.map((counts, i) => {
    if (counts.size === 0) return html``;
    let below = 0;
    const bars = KINDS.filter((kind) => counts.has(kind)).map((kind) => {
      const count = counts.get(kind)!;
      below += count;
      const height = round(HEIGHT * (count / top));
      return html`<rect class="${kind}" x="${round(i * step + 1)}" y="${round(HEIGHT * (1 - below / top))}" width="${round(step - 2)}" height="${height}"/>`;
    });
    const text = `${minutesAgo(minutes.length - 1 - i)}: ${reasonsText(minutes[i]!)}`;
    return html`<g><title>${text}</title><rect class="hover" x="${round(i * step)}" width="${round(step)}" y="0" height="${HEIGHT}"/>${bars}</g>`;
  });
  const all = sums.reduce((sum, count) => sum + count, 0);
  const label = `Binds per minute in the last ${minutes.length} minutes: ${all} in all, ${sums.at(-1) ?? 0} in this minute`;
  const labels = [String(top), String(top / 2), '0'];
  const values = minutes.map((minute) => reasonsText(minute));
  return html`${frame(label, labels, minutes.length, html`${columns}`, all === 0 ? 'No login' : undefined)}
${legend(minutes)}${table('Binds, minute by minute', 'Binds', minutes.length, values)}`;
}

function reasonsText({ reasons }: Minute): string {
  return [...reasons].map(([reason, count]) => `${reason} ${count}`).join(', ');
}

/** Always the same lines, so that nothing below moves when a reason is new. */
function legend(minutes: readonly Minute[]): Html {
  const counts = new Map<Kind, Map<string, number>>();
  for (const { reasons } of minutes) {
    for (const [reason, count] of reasons) {
      const { kind } = REASONS[reason];
      const known = counts.get(kind) ?? new Map<string, number>();
      known.set(reason, (known.get(reason) ?? 0) + count);
      counts.set(kind, known);
    }
  }
  return html`<ul class="legend">${KINDS.map((kind) => {
    const reasons = [...(counts.get(kind) ?? [])].sort(([, a], [, b]) => b - a);
    const sum = reasons.reduce((total, [, count]) => total + count, 0);
    const named = kind === 'ok' ? '' : reasons.map(([reason, count]) => `${reason} ${count}`).join(', ');
    return html`<li title="${named}"><svg class="key" aria-hidden="true" viewBox="0 0 12 12"><rect class="${kind}" width="12" height="12"/></svg><span class="${sum === 0 ? 'quiet' : ''}">${KIND_NAMES[kind]}</span> <b>${sum}</b> <span class="quiet">${named}</span></li>`;
  })}</ul>`;
}

const QUANTILES = [
  ['p50', 0.5, 'half within'],
  ['p95', 0.95, '95 % within'],
  ['p99', 0.99, '99 % within'],
] as const;

/** How long JumpCloud took for password checks, minute by minute, on a logarithmic scale. What the cache answered is not in it. */
export function latencyPlot(minutes: readonly Minute[]): Html {
  const rows = minutes.map(({ upstream }) => QUANTILES.map(([, part]) => upstream.quantile(part)));
  const all = rows.flat().filter((value) => value !== undefined);
  const low = Math.floor(Math.log10(Math.max(0.1, Math.min(1, ...all))));
  const high = Math.max(low + 2, Math.ceil(Math.log10(Math.max(1, ...all.map((value) => value * LOG_HEADROOM)))));
  const y = (value: number) => HEIGHT * (1 - (Math.log10(Math.max(10 ** low, value)) - low) / (high - low));
  const lines = QUANTILES.map(
    ([name], k) =>
      html`<path class="${name}" d="${steps(
        rows.map((row) => row[k]),
        y,
      )}"/>`,
  );
  const texts = rows.map((row) => (row[0] === undefined ? '' : quantilesText(row)));
  const step = WIDTH / minutes.length;
  const hovers = texts.map((text, i) =>
    text === ''
      ? html``
      : html`<g><title>${minutesAgo(minutes.length - 1 - i)}: ${text}</title><rect class="hover" x="${round(i * step)}" width="${round(step)}" y="0" height="${HEIGHT}"/></g>`,
  );
  const powers = Array.from({ length: high - low + 1 }, (_, i) => milliseconds(10 ** (high - i)));
  const label = `How long JumpCloud took to check a password in the last ${minutes.length} minutes, on a logarithmic scale`;
  return html`${frame(label, powers, minutes.length, html`${lines}${hovers}`, all.length === 0 ? 'No password was sent to JumpCloud' : undefined)}
${latencyLegend(minutes)}${table('Durations, minute by minute', 'JumpCloud took', minutes.length, texts)}`;
}

function latencyLegend(minutes: readonly Minute[]): Html {
  const sum = new Histogram();
  for (const { upstream } of minutes) {
    sum.count += upstream.count;
    upstream.counts.forEach((count, i) => {
      sum.counts[i]! += count;
    });
  }
  const cached = minutes.reduce((total, minute) => total + minute.cached, 0);
  const items = QUANTILES.map(([name, part, words]) => {
    const value = sum.quantile(part);
    return html`<li><svg class="key" aria-hidden="true" viewBox="0 0 24 12"><path class="${name}" d="M0 6H24"/></svg>${words} <b>${value === undefined ? '–' : milliseconds(value)}</b></li>`;
  });
  return html`<ul class="legend">${items}<li>checked by JumpCloud <b>${sum.count}</b></li><li>answered from cache <b>${cached}</b> <span class="quiet">${percent(cached, cached + sum.count)} of both</span></li></ul>`;
}

function quantilesText(row: readonly (number | undefined)[]): string {
  return QUANTILES.map(([, , words], k) => `${words} ${milliseconds(row[k] ?? 0)}`).join(', ');
}

/** A line that is level within a minute; minutes without a value leave a gap. */
function steps(values: readonly (number | undefined)[], y: (value: number) => number): string {
  const step = WIDTH / values.length;
  let isDown = false;
  return values
    .map((value, i) => {
      if (value === undefined) {
        isDown = false;
        return '';
      }
      const from = isDown ? `V${round(y(value))}` : `M${round(i * step)} ${round(y(value))}`;
      isDown = true;
      return `${from}H${round((i + 1) * step)}`;
    })
    .join('');
}

function frame(label: string, labels: readonly string[], size: number, inner: Html, empty?: string): Html {
  const grid = labels.map((_, i) => {
    const y = round((HEIGHT * i) / (labels.length - 1));
    return html`<line x1="0" x2="${WIDTH}" y1="${y}" y2="${y}"/>`;
  });
  return html`<div class="plot">
<div class="scale" aria-hidden="true">${labels.map((text) => html`<span>${text}</span>`)}</div>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">${grid}${inner}</svg>${empty === undefined ? undefined : html`<p class="blank">${empty} in the last ${size} min</p>`}
<div class="ticks" aria-hidden="true"><span>${size} min ago</span><span>${size / 2} min ago</span><span>now</span></div>
</div>`;
}

/** The minutes that have a value, the newest first. `rows`: one for each minute, oldest first. */
function table(caption: string, heading: string, size: number, rows: readonly string[]): Html {
  const filled = rows.flatMap((text, i) => (text === '' ? [] : [[minutesAgo(size - 1 - i), text] as const])).reverse();
  const body = filled.map(([when, text]) => html`<tr><th scope="row">${when}</th><td>${text}</td></tr>`);
  return html`<details class="values"><summary>${caption}</summary>${
    filled.length === 0
      ? html`<p class="quiet">No value yet: nobody has logged in.</p>`
      : html`<table><thead><tr><th scope="col">When</th><th scope="col">${heading}</th></tr></thead><tbody>${body}</tbody></table>`
  }</details>`;
}

function minutesAgo(count: number): string {
  return count === 0 ? 'this minute' : `${count} min ago`;
}

/** The next of 2, 4, 6, 8, 10, 20, 40 …: its half is a whole number. `most`: 0 or more, not always whole. */
function niceTop(most: number): number {
  for (let power = 1; ; power *= 10) {
    for (const step of [2, 4, 6, 8, 10]) if (most <= step * power) return step * power;
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** What the bars are filled with: each kind has a pattern of its own beside its colour. Once in the page. */
export const PATTERNS = new Html(
  `<svg width="0" height="0" class="defs" aria-hidden="true" focusable="false"><defs>${[
    ['password', 'M-1 5L5 -1M-1 9L9 -1M3 9L9 3'],
    ['member', 'M-1 3L5 9M-1 -1L9 9M3 -1L9 5'],
    ['limit', 'M0 2H8M0 6H8'],
    ['upstream', 'M-1 -1L9 9M-1 9L9 -1'],
    ['here', 'M2 0V8M6 0V8'],
    ['client', 'M1 2H3M5 6H7'],
  ]
    .map(
      ([kind, d]) =>
        `<pattern id="p-${kind}" width="8" height="8" patternUnits="userSpaceOnUse"><rect class="base ${kind}" width="8" height="8"/><path d="${d}"/></pattern>`,
    )
    .join('')}</defs></svg>`,
);
