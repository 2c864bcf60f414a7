// How the last hour's logins went, in one sentence.
import type { Minute } from '../telemetry/minutes.js';
import { type Html, html } from './html.js';

/** `2 of 4 logins failed in the last hour: 1 wrong-password, 1 not-a-member.`, with links to the failures and to what their reasons mean. */
export function lastHour(minutes: readonly Pick<Minute, 'reasons'>[]): Html {
  const counts = new Map<string, number>();
  for (const { reasons } of minutes)
    for (const [reason, count] of reasons) counts.set(reason, (counts.get(reason) ?? 0) + count);
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const failed = all - (counts.get('ok') ?? 0);
  if (all === 0) return html`No login in the last hour.`;
  const logins = all === 1 ? 'login' : 'logins';
  if (failed === 0) return html`${all} ${logins} in the last hour, none failed.`;
  return html`<a href="?show=failures" data-nav>${failed} of ${all} ${logins} failed in the last hour</a>: ${reasonsOf(counts, failed)}.`;
}

/** Reasons that are named; the others are counted together. */
const NAMED = 3;

function reasonsOf(counts: ReadonlyMap<string, number>, failed: number): Html {
  const failures = [...counts].filter(([reason]) => reason !== 'ok').sort(([, a], [, b]) => b - a);
  const first = failures.slice(0, NAMED);
  const others = first.reduce((rest, [, count]) => rest - count, failed);
  const parts = first.map(([reason, count]) => html`${count} <a href="reasons#${reason}">${reason}</a>`);
  if (others > 0) parts.push(html`${others} ${others === 1 ? 'other' : 'others'}`);
  return html`${parts.map((part, i) => (i === 0 ? part : html`, ${part}`))}`;
}
