// The first glance: is it up, and if not, what to do; and which instance this is.
import type { State } from '../state.js';
import type { Minute } from '../telemetry/minutes.js';
import { type Html, html } from './html.js';
import { lastHour } from './last-hour.js';
import type { Problem } from './problem.js';
import { problemsOf } from './problems.js';
import { duration } from './words.js';

/** How it is in one word, for the pill, the title and the ear. */
interface Verdict {
  readonly mood: 'good' | 'warn' | 'bad';
  readonly sign: string;
  readonly word: string;
}

function verdictOf({ ready }: State, problems: readonly Problem[]): Verdict {
  if (!ready) return { mood: 'bad', sign: '✕', word: 'Not ready' };
  if (problems.some(({ mood }) => mood === 'bad')) return { mood: 'bad', sign: '▲', word: 'Ready, with problems' };
  if (problems.length > 0) return { mood: 'warn', sign: '▲', word: 'Ready, with warnings' };
  return { mood: 'good', sign: '●', word: 'Ready' };
}

/** `● Ready · wayk-users · host — Jumpgate`: tabs of five instances can be told apart. `now`: milliseconds since 1970. */
export function titleOf(state: State, now: number): string {
  const { sign, word } = verdictOf(state, problemsOf(state, now));
  const groups = groupsOf(state);
  return `${[`${sign} ${word}`, ...(groups === '' ? [] : [groups]), ...(state.instance === undefined ? [] : [state.instance])].join(' · ')} — Jumpgate`;
}

/** Groups that are named at the top. */
const MOST_GROUPS = 2;

function groupsOf({ apps }: State): string {
  const all = [...new Set(apps.flatMap(({ groups = [] }) => groups))];
  const more = all.length - MOST_GROUPS;
  return `${all.slice(0, MOST_GROUPS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Which instance, of whom, for whom. */
export function identity(state: State): Html {
  const { instance, orgId, apps, version, uptimeSeconds } = state;
  const bases = [...new Set(apps.flatMap(({ baseDN }) => (baseDN === undefined ? [] : [baseDN])))];
  const isForAll = apps.some(({ groups }) => groups?.length === 0);
  const groups = groupsOf(state);
  const facts: (readonly [name: string, value: string | undefined])[] = [
    [groups.includes(',') ? 'Groups' : 'Group', isForAll && groups === '' ? 'everybody in the directory' : groups],
    ['Base DN', bases.length > 1 ? `${bases[0]} and ${bases.length - 1} more` : bases[0]],
    ['Organisation', orgId],
    ['Instance', instance],
    ['Version', version],
    ['Up for', duration(uptimeSeconds)],
  ];
  return html`<dl class="facts">${facts
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => html`<div><dt>${name}</dt> <dd>${value}</dd></div>`)}</dl>`;
}

/** The verdict, its problems with their fixes, and how the last hour's logins went. `now`: milliseconds since 1970. */
export function statusPart(state: State, minutes: readonly Minute[], now: number): Html {
  const problems = problemsOf(state, now);
  const { mood, sign, word } = verdictOf(state, problems);
  return html`<section class="verdict ${mood}" data-title="${titleOf(state, now)}">
<p><span class="pill ${mood}"><span aria-hidden="true">${sign}</span> ${word}</span> <span>${sentence(state, problems)} ${lastHour(minutes)}</span></p>
${problems.length === 0 ? undefined : html`<ul>${problems.map(problemItem)}</ul>`}</section>`;
}

function sentence({ snapshot: { members } }: State, problems: readonly Problem[]): string {
  if (problems.length > 1) return `${problems.length} things need attention.`;
  if (problems.length === 1) return '';
  return members === undefined ? '' : `${members} ${members === 1 ? 'member' : 'members'} may log in.`;
}

function problemItem({ mood, title, detail, fix }: Problem): Html {
  return html`<li class="trouble ${mood}"><b>${title}</b>${detail === undefined ? undefined : html` <span>${detail}</span>`}
<span class="fix"><b>Fix:</b> ${fix}</span></li>`;
}
