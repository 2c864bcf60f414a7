// What is wrong with JumpCloud's API, and with the reader's own account by it. Nothing where all is fine, or nobody is asked.
import type { CloudState, CloudTroubleState } from '../state.js';
import { type Html, html } from './html.js';
import type { Problem } from './problem.js';
import { duration, minuteOf } from './words.js';

/** `now`: milliseconds since 1970. */
export function cloudProblems(cloud: CloudState | undefined, now: number): Problem[] {
  if (cloud === undefined) return [];
  const { trouble, reader } = cloud;
  return [
    ...(reader?.faults ?? []).map(({ text, remedy }): Problem => ({ mood: 'bad', title: text, fix: remedy })),
    ...(trouble === undefined
      ? []
      : [{ mood: 'warn', title: titleOf(trouble, now), detail: `${trouble.message}.`, fix: trouble.remedy } as const]),
  ];
}

/** Calls that are refused while others are not: a role may leave something out on purpose. */
export function cloudRefusals(cloud: CloudState | undefined, now: number): Html[] {
  return (cloud?.refusals ?? []).map(
    (one) => html`<p class="quiet note">${titleOf(one, now)}: ${one.message}. ${one.remedy}</p>`,
  );
}

const STATES: Readonly<Record<string, string>> = {
  away: 'not reachable',
  slow: 'too slow',
  busy: 'pausing, as JumpCloud asked',
  refused: 'refused',
  garbled: 'answering with something else',
};

function titleOf({ fault, since }: CloudTroubleState, now: number): string {
  const lasts = duration(Math.max(0, now - Date.parse(since)) / 1000);
  return `JumpCloud API: ${STATES[fault] ?? fault} for ${lasts} (since ${minuteOf(since)})`;
}
