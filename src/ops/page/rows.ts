// The operations on the page: a line each, which unfolds to the steps.
import { ASKED_ABOUT } from '../../gate/explain/cloud-reasons.js';
import { REASONS } from '../../gate/explain/reasons.js';
import { extensionName } from '../extensions.js';
import type { OperationRecord } from '../telemetry/recent-operations.js';
import { Html, html } from './html.js';
import { milliseconds } from './words.js';

/** What all rows have in common. */
export interface RowStyle {
  /** With a column for the app. */
  readonly hasApps: boolean;
  /** JumpCloud is asked why: its line is there from the beginning, so that nothing moves when the reason comes. */
  readonly asksWhy: boolean;
  /** Names an operation by its serial number. */
  readonly nameOf: (serial: number) => string;
}

/** Entries of the list, in the order given. */
export function operationRows(records: readonly OperationRecord[], style: RowStyle): Html[] {
  return records.map((record) => operationRow(record, style));
}

/** What JumpCloud says, as it stands in a row. */
export function cloudText({ cloud }: OperationRecord): Html {
  return cloud === undefined ? html`<span class="quiet">nothing so far</span>` : html`<b>${cloud.sentence}</b>`;
}

function operationRow(record: OperationRecord, style: RowStyle): Html {
  const { hasApps, nameOf } = style;
  const { time, operation, target, account, code, result, reason, ms, address, app, search, entries } = record;
  const what = operation === 'search' && search !== undefined ? search.filter : extensionName(target);
  const outcome = reason === 'ok' ? result : reason;
  return html`<li data-name="${nameOf(record.serial)}"><details><summary${hasApps ? new Html(' class="apps"') : undefined}>
<time datetime="${time}">${time.slice(11, 19)}</time>
<span class="what">${operation}</span>${hasApps ? html` <span class="app">${app ?? ''}</span>` : undefined}
<span class="target">${what === '' ? '(no name)' : what}${what.includes(account) ? undefined : html` <span class="quiet">${account}</span>`}</span>
<span class="outcome"><span class="pill ${code === 0 ? 'plain' : ''} ${REASONS[reason].kind}">${outcome}</span>${operation === 'search' ? html` <span class="quiet">${entries} ${entries === 1 ? 'entry' : 'entries'}</span>` : undefined}</span>
<span class="ms">${milliseconds(ms)}</span>
<span class="from">${address}</span>
</summary>${details(record, style)}</details></li>
`;
}

function details(record: OperationRecord, { asksWhy }: RowStyle): Html {
  const {
    code,
    result,
    connection,
    address,
    port,
    channel,
    upstreamMs,
    heldMs,
    steps,
    search,
    stale,
    target,
    account,
    reference,
    app,
    operation,
    reason,
    cloud,
  } = record;
  const isAskedAbout = cloud !== undefined || (asksWhy && operation === 'bind' && ASKED_ABOUT.has(reason));
  return html`<div class="more"><ol>${steps.map(
    ({ name, decision, ms }) =>
      html`<li><b>${name}</b> ${decision} <span class="quiet">${milliseconds(ms)}</span></li>`,
  )}</ol><dl>
<dt>Answered</dt><dd>${code} ${result}${stale ? ' (by a remembered password, for JumpCloud was away)' : ''}</dd>
${isAskedAbout ? html`<dt>JumpCloud</dt><dd class="cloud">${cloudText(record)}</dd>` : undefined}
<dt>Name</dt><dd><code>${target === '' ? '(none)' : target}</code></dd>
${account === '' ? undefined : html`<dt>Account</dt><dd><code>${account}</code></dd>`}
${app === undefined ? undefined : html`<dt>App</dt><dd><code>${app}</code></dd>`}
${reference === undefined ? undefined : html`<dt>Reference</dt><dd><code>${reference}</code></dd>`}
${search === undefined ? undefined : searchDetails(search)}
<dt>From</dt><dd>${address === '' ? 'a socket file' : `${address}:${port}`}, connection ${connection}, ${CHANNELS[channel]}</dd>
<dt>Time</dt><dd>${milliseconds(upstreamMs)} upstream, ${milliseconds(heldMs)} held back for equal timing</dd>
</dl></div>`;
}

const CHANNELS = { clear: 'in clear', tls: 'by TLS', ldapi: 'by ldapi' } as const;

function searchDetails({ scope, filter, attributes, missing, paged }: NonNullable<OperationRecord['search']>): Html {
  return html`<dt>Filter</dt><dd><code>${filter}</code></dd>
<dt>Scope</dt><dd>${scope}${paged ? ', in pages' : ''}</dd>
<dt>Attributes</dt><dd>${attributes.length === 0 ? 'all' : html`<code>${attributes.join(' ')}</code>`}</dd>
${missing.length === 0 ? undefined : html`<dt>No entry has</dt><dd><code>${missing.join(' ')}</code></dd>`}`;
}
