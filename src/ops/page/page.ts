// The live page: drawn here, whole for browsers without script, and again each second in parts for the others.
import type { Stream } from '../http/events.js';
import type { Answer } from '../http/route.js';
import type { State } from '../state.js';
import type { Place } from '../telemetry/recent-operations.js';
import type { Refreshes } from '../telemetry/refreshes.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { appsBrief, appsTable } from './apps-table.js';
import { directoryCard, endpointCard, loginsCard, upstreamCard } from './cards.js';
import { documentOf, htmlAnswer } from './document.js';
import { fleetBrief, fleetLine } from './fleet-line.js';
import { Html, html } from './html.js';
import { counts, listPart } from './list.js';
import { bindsPlot, latencyPlot, PATTERNS, windowOf } from './plots.js';
import type { RowStyle } from './row-style.js';
import { foundParts, operationRows } from './rows.js';
import { identity, statusPart, titleOf } from './status.js';
import { isFiltered, isSeen, recordsAfter, viewOf } from './view.js';

export interface PageSources {
  readonly telemetry: Telemetry;
  readonly refreshes: Refreshes;
  readonly state: () => State;
  readonly surroundings: { readonly cloud: () => object | undefined };
}

/** Milliseconds from one drawing to the next. */
const TICK = 1000;

/** The parts that change, by the id of their place. */
function parts({ telemetry, refreshes }: PageSources, state: State): Record<string, string> {
  const now = telemetry.now();
  const hour = telemetry.minutes.last(now);
  const minutes = windowOf(hour, state.uptimeSeconds);
  const cards = {
    endpoint: endpointCard(state),
    upstream: upstreamCard(state, now),
    directory: directoryCard(state, refreshes),
    logins: loginsCard(state, telemetry),
  };
  const drawn = {
    identity: identity(state),
    status: statusPart(state, hour, now),
    ...Object.fromEntries(
      Object.entries(cards).flatMap(([id, { brief, body }]) => [
        [`${id}-brief`, brief],
        [id, body],
      ]),
    ),
    'fleet-brief': fleetBrief(state),
    fleet: fleetLine(state),
    'apps-brief': appsBrief(state, telemetry),
    apps: appsTable(state, telemetry),
    binds: bindsPlot(minutes),
    latency: latencyPlot(minutes),
  };
  return { ...Object.fromEntries(Object.entries(drawn).map(([id, { text }]) => [id, text])), ...counts(telemetry) };
}

function styleOf({ telemetry, surroundings }: PageSources, state: State): RowStyle {
  const { recent, apps } = telemetry;
  return {
    hasApps: apps.length > 0,
    asksWhy: surroundings.cloud() !== undefined,
    nameOf: (serial) => recent.nameOf(serial),
    state,
  };
}

/** GET /: a view of the operations by `show`, the fields of an operation filter, or `op`; with `part=list` the list alone. */
export function livePage(sources: PageSources, query: URLSearchParams): Answer {
  const { telemetry } = sources;
  const state = sources.state();
  const list = listPart(viewOf(query, telemetry), telemetry, styleOf(sources, state));
  if (query.get('part') === 'list') return htmlAnswer(list);
  const drawn = parts(sources, state);
  const part = (id: string) => new Html(`<div id="${id}">${drawn[id] ?? ''}</div>`);
  const card = (title: string, id: string) =>
    html`<details class="card" open><summary><h2>${title}</h2><span class="brief" id="${id}-brief">${new Html(drawn[`${id}-brief`] ?? '')}</span></summary>${part(id)}</details>`;
  const plot = (title: string, unit: string, id: string) =>
    html`<details class="card chart" open><summary><h2>${title} <span class="unit">${unit}</span></h2></summary>${part(id)}</details>`;
  const body = html`<a class="skip" href="#list">Skip to the operations</a>
<header><h1>Jumpgate</h1>${part('identity')}<span id="live" role="status">not live: reload to update</span></header>
<main>${PATTERNS}
<p id="said" class="ear" role="status"></p>
${part('status')}
<div class="grid cards">${card('Endpoint', 'endpoint')}${card('JumpCloud', 'upstream')}${card('Directory', 'directory')}${card('Logins', 'logins')}</div>
<div class="grid">${card('Fleet', 'fleet')}${card('Apps', 'apps')}</div>
<div class="grid wide">${plot('Binds', 'per minute', 'binds')}${plot('JumpCloud’s password checks', 'time, log scale', 'latency')}</div>
<section id="list">${list}</section>
</main>
<footer>For programs: <a href="operations">operations</a>, <a href="metrics">metrics</a>, <a href="readyz">readyz</a>. What each reason means: <a href="reasons">reasons</a>. In a terminal: <code>jumpgate watch</code>.</footer>
`;
  return htmlAnswer(documentOf(titleOf(state, telemetry.now()), body));
}

/**
 * What a page that is open is sent each second: those of its parts that have changed, the operations of its view behind `seen`, oldest first,
 * and what JumpCloud has said since then of those before. Returns how to end that.
 */
export function pageEvents(sources: PageSources, query: URLSearchParams, seen: Place, stream: Stream): () => void {
  const { telemetry } = sources;
  const { recent } = telemetry;
  const view = viewOf(query, telemetry);
  let last = seen;
  let sent: Record<string, string> = {};
  const draw = () => {
    const state = sources.state();
    const style = styleOf(sources, state);
    const late = recent.foundAfter(last);
    const found = late.map((record) => [recent.nameOf(record.serial), foundParts(record, style)]);
    // What JumpCloud says may be what somebody looks for.
    const matching = isFiltered(view) ? late.filter((record) => isSeen(record, view)) : [];
    const fresh = recordsAfter(last.serial, view, telemetry);
    const rows = operationRows([...matching, ...fresh], style).map(({ text }) => text);
    last = { serial: recent.serial, findings: recent.findings };
    const all = parts(sources, state);
    const changed = Object.fromEntries(Object.entries(all).filter(([id, text]) => sent[id] !== text));
    sent = all;
    stream.send({ event: 'page', data: { parts: changed, rows, found }, id: recent.mark() });
  };
  draw();
  const timer = setInterval(() => {
    try {
      draw();
    } catch (error) {
      stream.fail(error);
    }
  }, TICK);
  return () => clearInterval(timer);
}
