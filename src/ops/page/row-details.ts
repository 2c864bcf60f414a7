// What an operation unfolds to: why it ended so and what to do, its steps, its facts, and where to go from here.
import { ASKED_ABOUT, CLOUD_REASONS } from '../../gate/explain/cloud-reasons.js';
import { groupsText, REASONS } from '../../gate/explain/reasons.js';
import { causeOf } from '../cause.js';
import type { State } from '../state.js';
import { stepWord } from '../step-words.js';
import type { OperationRecord } from '../telemetry/recent-operations.js';
import { explainOf, ldapsearchOf } from './commands.js';
import { type Html, html } from './html.js';
import { type RowStyle, unknownAttributes } from './row-style.js';
import { linkTo } from './view.js';
import { milliseconds } from './words.js';

/** What an unfolded row shows: meaning, fix, steps, and the facts of the operation. Never a password or a value of a filter. */
export function details(record: OperationRecord, style: RowStyle): Html {
  const { code, result, connection, address, port, channel, steps, search, stale, target, account } = record;
  const { reference, app, operation, reason, cloud } = record;
  const isAskedAbout = cloud !== undefined || (style.asksWhy && operation === 'bind' && ASKED_ABOUT.has(reason));
  return html`<div class="more"><div class="why${isAskedAbout ? ' asked' : ''}">${whyText(record, style)}</div><div><ol>${steps.map(
    ({ name, decision, ms }) =>
      html`<li><b>${stepWord(name)}</b> ${decision} <span class="quiet">${milliseconds(ms)}</span></li>`,
  )}</ol></div><dl>
<dt>Answered</dt><dd>${code} ${result}${stale ? ' (by a cached password, because JumpCloud was away)' : ''}</dd>
${reason === 'ok' ? undefined : html`<dt>Reason</dt><dd>${reason}</dd>`}
${isAskedAbout ? html`<dt>JumpCloud</dt><dd class="cloud">${cloudText(record)}</dd>` : undefined}
<dt>${operation === 'search' ? 'Base' : 'Name'}</dt><dd><code>${target === '' ? '(none)' : target}</code></dd>
${account === '' ? undefined : html`<dt>Account</dt><dd><code>${account}</code></dd>`}
${app === undefined ? undefined : html`<dt>App</dt><dd><code>${app}</code></dd>`}
${reference === undefined ? undefined : html`<dt>Reference</dt><dd><code>${reference}</code></dd>`}
${search === undefined ? undefined : searchDetails(search)}
<dt>From</dt><dd>${address === '' ? 'a socket file' : `${address}:${port}`}, connection ${connection}, ${CHANNELS[channel]}</dd>
<dt>Time</dt><dd>${timeText(record)}</dd>
</dl>${actions(record, style)}</div>`;
}

/** JumpCloud's reason, in the facts of a row: one line, which is there before it is known. What it says is above them. */
export function cloudText({ cloud }: OperationRecord): Html {
  if (cloud === undefined) return html`<span class="quiet">nothing so far</span>`;
  return html`<b>${cloud.reason === 'not-known' ? cloud.sentence : cloud.reason}</b>`;
}

/** The sentence and the remedy that `jumpgate explain` prints. Nothing where there is nothing to fix. */
export function whyText(record: OperationRecord, { state }: RowStyle): Html | undefined {
  const { reason, account } = record;
  // That JumpCloud did not say why is no reason to hide what is known without it.
  const cloud = record.cloud?.reason === 'not-known' ? undefined : record.cloud;
  const unknown = unknownAttributes(record);
  if (unknown.length > 0)
    return html`<p><b>No entry has ${unknown.join(', ')}, so this filter cannot match.</b></p>
<p class="fix"><b>Fix:</b> In the application, search for an attribute that entries have, such as uid or mail. <code>jumpgate recipe</code> prints what to set.</p>`;
  if (reason === 'ok') return undefined;
  const { meaning, remedy } = REASONS[reason];
  const names = { group: groupOf(record, state), user: account === '' ? 'NAME' : account };
  return html`<p><b>${cloud?.sentence ?? meaning}</b></p>
<p class="fix"><b>Fix:</b> ${cloud === undefined ? remedy(names) : CLOUD_REASONS[cloud.reason].remedy(names)}</p>
<p><a href="reasons#${cloud?.reason ?? reason}">More about ${cloud?.reason ?? reason}</a></p>`;
}

function groupOf({ app }: OperationRecord, { apps }: State): string {
  const { groups = [] } = apps.find(({ name }) => name === app) ?? apps[0] ?? {};
  return groupsText(groups);
}

function timeText({ ms, upstreamMs, heldMs }: OperationRecord): string {
  const parts = [
    upstreamMs > 0 ? `JumpCloud took ${milliseconds(upstreamMs)}` : 'JumpCloud was not asked',
    ...(heldMs > 0 ? [`delayed ${milliseconds(heldMs)} so that all refusals take equally long`] : []),
  ];
  return `${milliseconds(ms)}: ${parts.join(', ')}`;
}

const CHANNELS = { clear: 'in cleartext', tls: 'by TLS', ldapi: 'by ldapi' } as const;

function searchDetails({ scope, filter, attributes, missing, paged }: NonNullable<OperationRecord['search']>): Html {
  return html`<dt>Filter</dt><dd><code>${filter}</code></dd>
<dt>Scope</dt><dd>${scope}${paged ? ', in pages' : ''}</dd>
<dt>Attributes</dt><dd>${attributes.length === 0 ? 'all' : html`<code>${attributes.join(' ')}</code>`}</dd>
${missing.length === 0 ? undefined : html`<dt>No entry has</dt><dd><code>${missing.join(' ')}</code></dd>`}`;
}

/** Commands to copy, the link to this one, and to those that are like it. */
function actions(record: OperationRecord, { state, nameOf }: RowStyle): Html {
  const { serial, account, address, reason } = record;
  const { name: cause } = causeOf(record);
  const search = ldapsearchOf(record, state);
  const explain = explainOf(record);
  const only = (filter: Parameters<typeof linkTo>[0]['filter'], text: string) =>
    html` <a href="${linkTo({ show: 'all', filter })}" data-nav>${text}</a>`;
  return html`<div class="actions">${search === undefined ? undefined : command('ldapsearch', search)}${
    search?.includes('VALUE') === true
      ? html`<p class="quiet">VALUE stands for what the client searched for: that is not kept.</p>`
      : undefined
  }${explain === undefined ? undefined : command('jumpgate explain', explain)}
<p class="links"><a href="${linkTo({ show: 'all', filter: {}, op: nameOf(serial) })}" data-nav>Link to this operation</a>${
    account === '' ? undefined : only({ user: account }, 'Only this user')
  }${address === '' ? undefined : only({ address }, 'Only this address')}${reason === 'ok' ? undefined : only({ reason }, `Only ${reason}`)}${cause === reason ? undefined : only({ reason: cause }, `Only ${cause}`)}</p></div>`;
}

function command(what: string, text: string): Html {
  return html`<p class="command"><code>${text}</code> <button type="button" class="copy" aria-label="Copy as ${what}">Copy</button></p>`;
}
