// The list of operations with its tabs, its search field, and what it says where it is empty.
import type { State } from '../state.js';
import { KEPT } from '../telemetry/recent-operations.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { type Html, html } from './html.js';
import type { RowStyle } from './row-style.js';
import { columnHeads, operationRows } from './rows.js';
import { isFiltered, linkTo, recordsOf, SHOWS, type Show, type View } from './view.js';

const NAMES: Readonly<Record<Show, string>> = { all: 'All', failures: 'Failures', searches: 'Searches' };

/** The whole list: what is drawn again when somebody looks for something else. */
export function listPart(view: View, telemetry: Telemetry, style: RowStyle): Html {
  const { recent } = telemetry;
  const records = recordsOf(view, telemetry).reverse();
  const rows = operationRows(records, { ...style, isOpen: view.op !== undefined });
  return html`<div class="head"><h2>Operations</h2>${tabs(view, telemetry)}
${searchForm(view)}</div>
<div id="chips">${chips(view)}</div>
${columnHeads(style)}
<ol id="operations" tabindex="-1" aria-label="${listName(view)}" data-after="${recent.mark()}" data-view="${linkTo(view)}" data-most="${isFiltered(view) ? 2 * KEPT : KEPT}">${rows}</ol>
<div class="empty" id="none"${records.length === 0 ? undefined : HIDDEN}>${emptyText(view, telemetry, style.state)}</div>`;
}

const HIDDEN = html` hidden`;

function listName({ show, op }: View): string {
  return op !== undefined ? 'One operation' : `${NAMES[show]}, the newest first`;
}

/** How many of each are kept, by the id of their place in the tabs. */
export function counts({ recent }: Telemetry): Record<string, string> {
  return Object.fromEntries(Object.entries(recent.kept()).map(([show, count]) => [`n-${show}`, String(count)]));
}

function tabs(view: View, telemetry: Telemetry): Html {
  const numbers = counts(telemetry);
  const { filter, op } = view;
  return html`<nav class="tabs" id="tabs" aria-label="Operations shown">${SHOWS.map((show) => {
    const isCurrent = op === undefined && view.show === show;
    return html`<a href="${linkTo({ show, filter })}" data-nav${isCurrent ? CURRENT : undefined}>${NAMES[show]} <span class="count" id="n-${show}">${numbers[`n-${show}`]}</span></a>`;
  })}</nav>`;
}

const CURRENT = html` aria-current="page"`;

function searchForm({ show, filter }: View): Html {
  const others = Object.entries(filter).filter(([name]) => name !== 'q');
  return html`<form role="search"><span id="fields"><input type="hidden" name="show" value="${show}">${others.map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${String(value)}">`,
  )}</span><input id="q" name="q" type="search" value="${filter.q}" placeholder="Name, address, 49 …" aria-label="Find operations by name, address, reason or result code" autocomplete="off" spellcheck="false" maxlength="256">
<button type="submit">Search</button><button type="button" id="hold" aria-pressed="false" hidden>Pause</button></form>`;
}

/** The filter, each part of which can be taken away. */
function chips(view: View): Html | undefined {
  const { show, filter, op } = view;
  if (op !== undefined)
    return html`<p class="chips"><span>One operation.</span> <a href="${linkTo({ show: 'all', filter: {} })}" data-nav>Show all operations</a></p>`;
  const parts = Object.entries(filter).filter(([name]) => name !== 'q');
  if (parts.length === 0) return undefined;
  return html`<p class="chips"><span class="quiet">Only</span>${parts.map(([name, value]) => {
    const rest = Object.fromEntries(Object.entries(filter).filter(([other]) => other !== name));
    const shown = name === 'result' ? `result code ${String(value)}` : `${name} ${String(value)}`;
    return html` <a class="chip" href="${linkTo({ show, filter: rest })}" data-nav aria-label="Remove the filter: ${shown}">${shown} <span aria-hidden="true">×</span></a>`;
  })}</p>`;
}

function emptyText(view: View, { recent }: Telemetry, { listener }: State): Html {
  const { show, filter, op, fault } = view;
  const { all, failures } = recent.kept();
  const everything = html`<a href="?show=all" data-nav>Show all operations</a>`;
  if (fault !== undefined) return html`<p><b>This filter is not understood:</b> ${fault}.</p><p>${everything}</p>`;
  if (op !== undefined)
    return html`<p><b>This operation is no longer kept.</b> The last ${KEPT} operations and the last ${KEPT} failures are, until Jumpgate stops. The log has the others.</p><p>${everything}</p>`;
  if (all === 0)
    return html`<p><b>No operation yet.</b> Point an application at Jumpgate, or try it yourself:</p>
<p class="command"><code>ldapwhoami -x -H ${listener.ldap ?? listener.ldaps ?? listener.ldapi ?? 'ldap://127.0.0.1:1389'} -D NAME -W</code> <button type="button" class="copy" aria-label="Copy as ldapwhoami">Copy</button></p>`;
  if (isFiltered(view))
    return html`<p><b>No operation matches ${filter.q === undefined ? 'this filter' : html`“${filter.q}”`}.</b> It looks through the last ${KEPT} operations and the last ${KEPT} failures.</p><p><a href="${linkTo({ show, filter: {} })}" data-nav>Remove the filter</a></p>`;
  if (show === 'failures' && failures === 0) return html`<p><b>No failure since the start.</b> ${everything}</p>`;
  return html`<p><b>No search among the last ${all} operations.</b> ${everything}</p>`;
}
