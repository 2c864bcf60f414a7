// The operations on the page: a line each, which unfolds to why it ended so, what to do, and the steps.
import { causeOf } from '../cause.js';
import { extensionName } from '../extensions.js';
import type { OperationRecord } from '../telemetry/recent-operations.js';
import { type Html, html } from './html.js';
import { cloudText, details, whyText } from './row-details.js';
import { type RowStyle, unknownAttributes } from './row-style.js';
import { milliseconds } from './words.js';

/** The visible headings of the columns: in each row the parts that are not obvious have their own labels. */
export function columnHeads({ hasApps }: Pick<RowStyle, 'hasApps'>): Html {
  return html`<div class="heads${hasApps ? ' apps' : ''}" aria-hidden="true"><span>Time</span><span>Operation</span>${
    hasApps ? html`<span>App</span>` : undefined
  }<span>Name or filter</span><span>Result</span><span class="ms">Took</span><span class="from">From</span></div>`;
}

/** Entries of the list, in the order given. */
export function operationRows(records: readonly OperationRecord[], style: RowStyle): Html[] {
  return records.map((record) => operationRow(record, style));
}

function operationRow(record: OperationRecord, style: RowStyle): Html {
  const { hasApps, nameOf, isOpen } = style;
  const { serial, time, operation, target, account, ms, address, app, search } = record;
  const what = operation === 'search' && search !== undefined ? search.filter : extensionName(target);
  return html`<li data-name="${nameOf(serial)}"><details${isOpen ? OPEN : undefined}><summary${hasApps ? APPS : undefined}>
<time datetime="${time}">${time.slice(11, 19)}</time>
<span class="what">${operation}</span>${hasApps ? html` <span class="app" title="${app ?? ''}">${app ?? ''}</span>` : undefined}
<span class="target${search === undefined ? '' : ' filter'}">${what === '' ? '(no name)' : named(what, record)}${what.includes(account) ? undefined : html` <span class="quiet">${account}</span>`}</span>
<span class="outcome">${outcome(record)}</span>
<span class="ms"><span class="ear">took </span>${milliseconds(ms)}</span>
<span class="from"><span class="ear">from </span>${address === '' ? 'socket file' : address}</span>
</summary>${details(record, style)}</details></li>
`;
}

/** A DN's own part in front of the part that all have in common. */
function named(what: string, { operation }: OperationRecord): Html {
  const [, own, rest] = operation === 'bind' ? (/^((?:[^,\\]|\\.)+)(,.+)$/s.exec(what) ?? []) : [];
  return own === undefined ? html`${what}` : html`${own}<span class="quiet">${rest}</span>`;
}

const OPEN = html` open`;
const APPS = html` class="apps"`;

/** The parts of a row that change when JumpCloud says why, by their class. */
export function foundParts(record: OperationRecord, style: RowStyle): Record<string, string> {
  const parts = { outcome: outcome(record), cloud: cloudText(record), why: whyText(record, style) ?? html`` };
  return Object.fromEntries(Object.entries(parts).map(([part, { text }]) => [part, text]));
}

/** How it ended: what JumpCloud says of a refusal comes before the reason that Jumpgate found. */
function outcome(record: OperationRecord): Html {
  const { operation, code, result, reason, entries } = record;
  const { name: cause, kind = 'client', sentence } = causeOf(record);
  const found = `${entries} ${entries === 1 ? 'entry' : 'entries'}`;
  if (unknownAttributes(record).length > 0) return html`<span class="pill warn">${found}</span>`;
  const name = html`<span class="pill ${code === 0 ? 'plain' : ''} ${kind}"${sentence === undefined ? undefined : html` title="${sentence}"`}>${reason === 'ok' ? result : cause}</span>`;
  return operation === 'search' ? html`${name} <span class="quiet">${found}</span>` : name;
}
