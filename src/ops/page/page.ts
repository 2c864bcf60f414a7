// The live page: drawn here, whole for whoever has no script, and again each second in parts for whoever has.
import { createHash } from 'node:crypto';
import type { Stream } from '../http/events.js';
import type { Answer } from '../http/route.js';
import type { State } from '../state.js';
import { matches } from '../telemetry/operation-filter.js';
import type { Place } from '../telemetry/recent-operations.js';
import type { Refreshes } from '../telemetry/refreshes.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { appsTable } from './apps-table.js';
import { directoryCard, endpointCard, loginsCard, statusLine, upstreamCard } from './cards.js';
import { Html, html } from './html.js';
import { bindsPlot, latencyPlot } from './plots.js';
import { cloudText, operationRows, type RowStyle } from './rows.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

export interface PageSources {
  readonly telemetry: Telemetry;
  readonly refreshes: Refreshes;
  readonly state: () => State;
  readonly surroundings: { readonly cloud: () => object | undefined };
}

/** Milliseconds from one drawing to the next. */
const TICK = 1000;

const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
/** Nothing is loaded but the page itself, and nothing in it runs but this script. */
const POLICY = [
  "default-src 'none'",
  `style-src ${digest(STYLE)}`,
  `script-src ${digest(SCRIPT)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** The parts that change, by the id of their place. */
function parts({ telemetry, refreshes, state: current }: PageSources): Record<string, string> {
  const state = current();
  const minutes = telemetry.minutes.last(telemetry.now());
  const drawn = {
    status: statusLine(state),
    endpoint: endpointCard(state),
    upstream: upstreamCard(state, telemetry.now()),
    directory: directoryCard(state, refreshes),
    logins: loginsCard(state, telemetry),
    apps: appsTable(state, telemetry),
    binds: bindsPlot(minutes),
    latency: latencyPlot(minutes),
  };
  return Object.fromEntries(Object.entries(drawn).map(([id, { text }]) => [id, text]));
}

function styleOf({ telemetry, surroundings }: PageSources): RowStyle {
  const { recent, apps } = telemetry;
  return {
    hasApps: apps.length > 0,
    asksWhy: surroundings.cloud() !== undefined,
    nameOf: (serial) => recent.nameOf(serial),
  };
}

/** GET /, with `q` to look for something among the operations. */
export function livePage(sources: PageSources, query: URLSearchParams): Answer {
  const { recent } = sources.telemetry;
  const q = query.get('q') ?? '';
  const found = recent
    .after(0)
    .filter((record) => q === '' || matches(record, { q }))
    .reverse();
  const drawn = parts(sources);
  const part = (id: string) => new Html(`<div id="${id}">${drawn[id] ?? ''}</div>`);
  const card = (title: string, id: string) => html`<section><h2>${title}</h2>${part(id)}</section>`;
  const body = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Jumpgate</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M3 14V7a5 5 0 0 1 10 0v7' fill='none' stroke='%232f8f72' stroke-width='3'/%3E%3C/svg%3E">
<style>${new Html(STYLE)}</style></head><body>
<a class="skip" href="#list">To the operations</a>
<header><h1>Jumpgate</h1>${part('status')}<span id="live" role="status">as of now; reload for news</span></header>
<main>
<div class="grid">${card('This endpoint', 'endpoint')}${card('Upstream', 'upstream')}${card('Directory', 'directory')}${card('Log-ins', 'logins')}</div>
<section id="each"><h2>Apps</h2>${part('apps')}</section>
<div class="grid wide">${card('Binds per minute', 'binds')}${card('How long binds take', 'latency')}</div>
<section id="list"><div class="head"><h2>The last operations</h2>
<form role="search"><input id="q" name="q" type="search" value="${q}" placeholder="Name, address, reason …" aria-label="Look for operations by name, address or reason" autocomplete="off" spellcheck="false">
<button type="submit">Search</button><button type="button" id="hold" aria-pressed="false" hidden>Pause</button></form></div>
<ol id="operations" data-after="${recent.mark()}">${operationRows(found, styleOf(sources))}</ol>
<p class="empty" id="none"${found.length === 0 ? undefined : new Html(' hidden')}>Nothing to show.</p></section>
</main>
<footer>The same for programs: <a href="operations">operations</a>, <a href="metrics">metrics</a>, <a href="readyz">readyz</a>. In a terminal: <code>jumpgate watch</code>.</footer>
<script>${new Html(SCRIPT)}</script></body></html>
`;
  return {
    status: 200,
    type: 'text/html; charset=utf-8',
    body: body.text,
    headers: { 'content-security-policy': POLICY },
  };
}

/**
 * What a page that is open is sent each second: its parts again, the operations behind `seen`, oldest first, and what JumpCloud has said since
 * then of those before. Returns how to end that.
 */
export function pageEvents(sources: PageSources, seen: Place, stream: Stream): () => void {
  const { recent } = sources.telemetry;
  let last = seen;
  const draw = () => {
    const found = recent.foundAfter(last).map((record) => [recent.nameOf(record.serial), cloudText(record).text]);
    const rows = operationRows(recent.after(last.serial), styleOf(sources)).map(({ text }) => text);
    last = { serial: recent.serial, findings: recent.findings };
    stream.send({ event: 'page', data: { parts: parts(sources), rows, found }, id: recent.mark() });
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
