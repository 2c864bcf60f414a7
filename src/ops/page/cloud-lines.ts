// What is wrong with JumpCloud's API, and with the reader's own account by it. Nothing where all is well, or nobody is asked.
import type { CloudState, CloudTroubleState } from '../state.js';
import { type Html, html } from './html.js';
import { duration } from './words.js';

/** `now`: milliseconds since 1970. */
export function cloudLines(cloud: CloudState | undefined, now: number): readonly Html[] {
  if (cloud === undefined) return [];
  const { trouble, refusals = [], reader } = cloud;
  return [
    ...(reader?.faults ?? []).map(({ text, remedy }) => html`<p class="trouble">${text}. ${remedy}</p>`),
    ...(trouble === undefined ? [] : [html`<p class="trouble">${textOf(trouble, now)}</p>`]),
    // A role may leave something out on purpose.
    ...refusals.map((one) => html`<p class="quiet">${textOf(one, now)}</p>`),
  ];
}

const STATES: Readonly<Record<string, string>> = {
  away: 'not reachable',
  slow: 'too slow',
  busy: 'pausing, as JumpCloud asked',
  refused: 'refused',
  garbled: 'answering with something else',
};

function textOf({ fault, message, since, remedy }: CloudTroubleState, now: number): string {
  const lasts = duration(Math.max(0, now - Date.parse(since)) / 1000);
  const begun = `${since.slice(0, 16).replace('T', ' ')} UTC`;
  return `JumpCloud API: ${STATES[fault] ?? fault} for ${lasts} (since ${begun}): ${message}. ${remedy}`;
}
