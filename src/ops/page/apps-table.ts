// The apps on the page, where there are several: a row each, with what somebody wants to know who asks why one of them lets nobody in.
import type { AppState, State } from '../state.js';
import type { Tally } from '../telemetry/tally.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { type Html, html } from './html.js';
import { duration, percent } from './words.js';

/** What is seen of the table where it is folded. Empty where there is one app. */
export function appsBrief({ apps, snapshot: { present } }: State, { apps: named }: Telemetry): Html {
  if (named.length < 2) return html``;
  const troubled = apps.filter(({ members, missing = [] }) => present && (members === 0 || missing.length > 0)).length;
  if (troubled > 0) return html`<span class="pill warn">${troubled} of ${apps.length} with problems</span>`;
  return html`${apps.length} apps`;
}

/** Empty where there is one app. */
export function appsTable({ apps }: State, telemetry: Telemetry): Html {
  if (telemetry.apps.length < 2) return html``;
  const now = telemetry.now();
  const tallies = new Map(telemetry.tallies.all());
  return html`<table><thead><tr><th scope="col">App</th><th scope="col">State</th><th scope="col">Members</th><th scope="col">Logins</th><th scope="col">Last use</th><th scope="col">Listeners</th></tr></thead>
<tbody>${apps.map((app) => row(app, tallies.get(app.name), now))}</tbody></table>`;
}

function row(app: AppState, tally: Tally | undefined, now: number): Html {
  const { name, members, listeners } = app;
  return html`<tr><th scope="row"><a href="?show=all&amp;app=${encodeURIComponent(name)}" data-nav title="Operations of ${name}">${name}</a></th>
<td data-title="State">${stateOf(app)}</td>
<td data-title="Members"><b>${members ?? '–'}</b></td>
<td data-title="Logins">${logIns(tally)}</td>
<td data-title="Last use">${lastUse(app, now)}</td>
<td data-title="Listeners">${listeners.map((url) => html`<code>${url}</code> `)}</td></tr>
`;
}

function stateOf({ members, missing = [] }: AppState): Html {
  if (members === undefined) return html`<span class="pill warn">not read yet</span>`;
  if (members === 0) return html`<span class="pill bad">lets nobody in</span>${groupsText(missing)}`;
  if (missing.length > 0) return html`<span class="pill warn">a group is missing</span>${groupsText(missing)}`;
  return html`<span class="pill good">up</span>`;
}

function groupsText(missing: readonly string[]): Html {
  if (missing.length === 0) return html` <span class="quiet">its groups have no members</span>`;
  return html` <span class="quiet">not there, or empty: ${missing.join(', ')}</span>`;
}

function logIns(tally: Tally | undefined): Html {
  const binds = (tally?.operations.all() ?? []).filter(({ operation }) => operation === 'bind');
  const sum = (counts: typeof binds) => counts.reduce((total, { count }) => total + count, 0);
  const all = sum(binds);
  const accepted = sum(binds.filter(({ reason }) => reason === 'ok'));
  if (all === 0) return html`<b>0</b>`;
  return html`<b>${all}</b> <span class="quiet">${percent(accepted, all)} accepted</span>`;
}

function lastUse({ lastUse: { accepted, refused, other } }: AppState, now: number): Html {
  const times = [accepted, refused, other].flatMap((time) => (time === undefined ? [] : [Date.parse(time)]));
  if (times.length === 0) return html`<span class="quiet">not since the start</span>`;
  return html`${duration(Math.max(0, now - Math.max(...times)) / 1000)} ago`;
}
