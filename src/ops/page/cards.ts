// The numbers of the page: how this endpoint, the upstream, the directory and the log-ins are at the moment.

import type { CertificateState, FleetReadingState, LagState, State, UpstreamAddressState } from '../state.js';
import type { Refreshes } from '../telemetry/refreshes.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { cloudLines } from './cloud-lines.js';
import { type Html, html } from './html.js';
import { duration, milliseconds, percent } from './words.js';

/** Days below which a certificate is worth a word, and below which it is urgent. */
const SOON = 21;
const URGENT = 7;

type Mood = 'good' | 'warn' | 'bad';

/** The one sentence at the top. */
export function statusLine(state: State): Html {
  const { ready, snapshot, upstream, version, uptimeSeconds } = state;
  const [mood, text]: [Mood, string] = !ready
    ? ['bad', snapshot.present ? 'Not ready: the directory is too old' : 'Not ready: the directory was not read yet']
    : upstream.reachable
      ? ['good', 'Ready']
      : ['warn', 'Ready, but JumpCloud cannot be read'];
  return html`<span class="pill ${mood}">${text}</span> <span class="quiet">version ${version}, up for ${duration(uptimeSeconds)}</span>`;
}

/** The card of this endpoint's addresses. */
export function endpointCard({ listener, connections, connectionsAccepted }: State): Html {
  const { ldap, ldaps, ldapi, startTLS, certificate } = listener;
  const urls = [ldap, ldaps, ldapi].filter((url) => url !== undefined);
  return html`<dl>
<dt class="whole">${urls.map((url) => html`<code>${url}</code><br>`)}</dt>
<dt>Connections</dt><dd><b>${connections}</b> <span class="quiet">of ${connectionsAccepted}</span></dd>
<dt>StartTLS</dt><dd>${startTLS ? 'offered' : 'not offered'}</dd>
<dt>Certificate</dt><dd>${certificate === undefined ? html`<span class="quiet">none</span>` : days(certificate)}</dd>
</dl>`;
}

/** `now`: milliseconds since 1970. */
export function upstreamCard({ upstream, binds, cloud }: State, now: number): Html {
  const { addresses, lastError, searchLimit, lag } = upstream;
  const trouble = lastError ?? binds.lastError;
  return html`<dl>${addresses.map(address)}</dl>
${trouble === undefined ? undefined : html`<p class="trouble">${trouble}</p>`}
${searchLimit === undefined ? undefined : html`<p class="quiet">${searchLimit}: read in parts</p>`}
${lag === undefined ? undefined : behind(lag)}
${cloudLines(cloud, now)}`;
}

/** Names that are shown. */
const MOST_NAMES = 10;

/** Nothing where there is nobody, or nothing is known. */
function behind({ missing, left }: LagState): Html | undefined {
  const [joining, leaving] = [missing?.count ?? 0, left?.count ?? 0];
  if (joining + leaving === 0) return undefined;
  const all = [...(missing?.members ?? []), ...(left?.members ?? []).map((one) => ({ ...one, isLeft: true }))];
  const shown = all.slice(0, MOST_NAMES).map((one) => ('isLeft' in one ? `${one.name} (to leave)` : one.name));
  const more = joining + leaving - shown.length;
  const since = all.map((one) => one.since).sort()[0] ?? '';
  const names = `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const members = joining + leaving === 1 ? '1 member' : `${joining + leaving} members`;
  return html`<p class="trouble">JumpCloud is still processing ${members}: ${names}, since <time datetime="${since}">${since.slice(0, 16).replace('T', ' ')} UTC</time></p>`;
}

function address({ address: name, healthy, failures, connections, certificate }: UpstreamAddressState): Html {
  const times = failures === 1 ? 'once' : `${failures} times in a row`;
  return html`<dt class="whole"><code>${name}</code></dt>
<dt>State</dt><dd><span class="pill ${healthy ? 'good' : 'bad'}">${healthy ? 'well' : `failed ${times}`}</span></dd>
<dt>Connections</dt><dd>${connections}</dd>
<dt>Certificate</dt><dd>${certificate === undefined ? html`<span class="quiet">not seen yet</span>` : days(certificate)}</dd>`;
}

function days({ daysLeft, notAfter }: CertificateState): Html {
  const mood: Mood = daysLeft < URGENT ? 'bad' : daysLeft < SOON ? 'warn' : 'good';
  const text = daysLeft < 0 ? 'has expired' : daysLeft === 1 ? '1 day left' : `${daysLeft} days left`;
  return html`<span class="pill ${mood}" title="until ${notAfter.slice(0, 10)}">${text}</span>`;
}

/** The card of the directory. */
export function directoryCard({ snapshot, fleet }: State, refreshes: Refreshes): Html {
  const { present, ageSeconds = 0, members = 0, entries = 0, maxStaleSeconds } = snapshot;
  const failed = [...refreshes.failures.values()].reduce((sum, count) => sum + count, 0);
  const typical = refreshes.durations.quantile(0.5);
  const mood: Mood = ageSeconds > maxStaleSeconds ? 'bad' : ageSeconds > maxStaleSeconds / 4 ? 'warn' : 'good';
  return html`<dl>
<dt>Read</dt><dd>${present ? html`<span class="pill ${mood}">${duration(ageSeconds)} ago</span>` : html`<span class="pill bad">not yet</span>`}</dd>
<dt>Members</dt><dd><b>${members}</b></dd>
<dt>Entries</dt><dd>${entries}</dd>
<dt>A read takes</dt><dd>${typical === undefined ? '–' : `about ${milliseconds(typical)}`}</dd>
<dt>Failed reads</dt><dd>${failed}</dd>
${fleet?.reading === undefined ? undefined : html`<dt>Read by</dt><dd>${readBy(fleet.reading)}</dd>`}
</dl>`;
}

function readBy({ role, why, by }: FleetReadingState): Html {
  if (role === 'alone') return html`<span class="pill warn" title="${why ?? ''}">each for itself</span>`;
  if (role === 'reader')
    return why === undefined
      ? html`this instance, for all`
      : html`<span class="pill warn" title="${why}">this instance; the others have it not</span>`;
  return by === undefined ? html`<span class="quiet">not yet</span>` : html`${by}, for all`;
}

/** The card of logins. */
export function loginsCard({ binds, cache, attempts, fleet }: State, { tallies }: Telemetry): Html {
  const { binds: taken, hits, misses } = tallies.logIns();
  const { idle, open, connecting, waiting, size } = binds;
  const refused = attempts.refusedByAccount + attempts.refusedByAddress;
  return html`<dl>
<dt>Binds</dt><dd><b>${taken}</b></dd>
<dt>Remembered</dt><dd><b>${percent(hits, hits + misses)}</b></dd>
<dt>Accounts kept</dt><dd>${cache.accounts}</dd>
<dt>Connections</dt><dd>${open - idle} busy, ${idle} idle${connecting > 0 ? `, ${connecting} opening` : ''} <span class="quiet">of ${size}</span></dd>
<dt>Waiting</dt><dd>${waiting}</dd>
<dt>Over limit</dt><dd>${refused}</dd>
${fleet === undefined ? undefined : html`<dt>Counted</dt><dd>${fleet.together ? 'by all instances' : 'by this instance alone'}</dd>`}
</dl>
${fleet?.trouble === undefined ? undefined : html`<p class="trouble">Fleet: the store is away since ${fleet.since.slice(0, 16).replace('T', ' ')} UTC: ${fleet.trouble}. Log-ins go on; attempts are counted by this instance alone.</p>`}`;
}
