// What is wrong with JumpCloud's API, and with the reader's own account by it. Nothing where all is well, or nobody is asked.
import type { CloudState, CloudTroubleState } from '../state.js';
import { type Html, html } from './html.js';
import { duration } from './words.js';

/** `now`: milliseconds since 1970. */
export function cloudLines(cloud: CloudState | undefined, now: number): readonly Html[] {
  if (cloud === undefined) return [];
  const { trouble, refusals = [], reader } = cloud;
  const wrong = trouble === undefined ? refusals : [trouble];
  return [
    ...(reader?.faults ?? []).map(({ text, remedy }) => html`<p class="trouble">${text}. ${remedy}</p>`),
    ...wrong.map((one) => troubleLine(one, now)),
  ];
}

const STATES: Readonly<Record<string, string>> = {
  away: 'not reachable',
  slow: 'too slow',
  busy: 'pausing, as JumpCloud asked',
  refused: 'refused',
  garbled: 'answering with something else',
};

function troubleLine({ fault, message, since, remedy }: CloudTroubleState, now: number): Html {
  const begun = Date.parse(since);
  const lasts = duration(Math.max(0, now - begun) / 1000);
  return html`<p class="trouble">JumpCloud API: ${STATES[fault] ?? fault} for ${lasts} (since ${since.slice(0, 16).replace('T', ' ')} UTC): ${message}. ${remedy}</p>`;
}
