// The numbers of the page: how this endpoint, the upstream, the directory and the logins are at the moment. Each card has one fact in its
// heading, which is all that is seen of it where it is folded.

import type { CertificateState, LagState, State, UpstreamAddressState } from '../state.js';
import type { Refreshes } from '../telemetry/refreshes.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { cloudRefusals } from './cloud-lines.js';
import { type Html, html } from './html.js';
import type { Mood } from './palette.js';
import { SOON, URGENT } from './problems.js';
import { day, duration, milliseconds, minuteOf, percent } from './words.js';

export interface Card {
  readonly brief: Html;
  readonly body: Html;
}

const pill = (mood: Mood, text: string, title?: string) =>
  title === undefined
    ? html`<span class="pill ${mood}">${text}</span>`
    : html`<span class="pill ${mood}" title="${title}">${text}</span>`;

/** The card of this endpoint's addresses. */
export function endpointCard({ listener, connections, connectionsAccepted }: State): Card {
  const { ldap, ldaps, ldapi, startTLS, certificate } = listener;
  const urls = [ldap, ldaps, ldapi].filter((url) => url !== undefined);
  return {
    brief: html`${connections} ${connections === 1 ? 'connection' : 'connections'}`,
    body: html`<dl>
<dt class="ear">Address</dt><dd class="whole">${urls.map((url) => html`<code>${url}</code><br>`)}</dd>
<dt>Open now</dt><dd><b>${connections}</b></dd>
<dt>Since the start</dt><dd>${connectionsAccepted}</dd>
<dt title="Whether a client may upgrade a connection in cleartext">StartTLS</dt><dd>${startTLS ? 'offered' : 'not offered'}</dd>
<dt>Certificate</dt><dd>${certificate === undefined ? html`<span class="quiet">none (no TLS)</span>` : days(certificate)}</dd>
</dl>`,
  };
}

/** `now`: milliseconds since 1970. */
export function upstreamCard(state: State, now: number): Card {
  const { upstream, cloud } = state;
  const { addresses, searchLimit, lag } = upstream;
  return {
    brief: upstreamBrief(state),
    body: html`<dl>${addresses.map(address)}
<dt title="Reading the directory">Reads</dt><dd>${reads(state)}</dd></dl>
${searchLimit === undefined ? undefined : html`<p class="quiet note">${searchLimit}: read in parts</p>`}
${lag === undefined ? undefined : behind(lag)}
${cloudRefusals(cloud, now)}`,
  };
}

/** What fails, where not everything does: the directory is read and passwords are checked on connections of their own. */
function upstreamBrief({ upstream: { addresses, reachable }, binds }: State): Html {
  const up = addresses.filter(({ healthy }) => healthy).length;
  const canBind = up > 0 && binds.lastError === undefined;
  if (!canBind) return pill('bad', reachable ? 'binds fail' : 'down');
  if (!reachable) return pill('bad', 'reads fail');
  return up === addresses.length ? pill('good', 'up') : pill('warn', `${up} of ${addresses.length} up`);
}

function reads({ upstream: { reachable, failures = 0, failingSeconds }, snapshot, fleet }: State): Html {
  if (!reachable) return failing(failures, failingSeconds);
  if (!snapshot.present) return html`<span class="quiet">not yet</span>`;
  const isTaken = fleet?.up === true && fleet.reading?.role === 'taker';
  return isTaken ? html`<span class="quiet">by the fleet</span>` : pill('good', 'work');
}

function failing(failures: number, seconds: number | undefined): Html {
  const tries = `${failures} ${failures === 1 ? 'try' : 'tries'}`;
  return html`${pill('bad', 'fail', tries)} <span class="quiet">${seconds === undefined ? tries : `for ${duration(seconds)}`}</span>`;
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
  return html`<p class="trouble warn">JumpCloud is still processing ${members}: ${names}, since ${minuteOf(since)}</p>`;
}

function address(one: UpstreamAddressState): Html {
  const { address: name, healthy, failures, downSeconds, connections, certificate } = one;
  // A spare address has no connection until the others fail.
  const isUntried = connections === 0 && certificate === undefined;
  const works = isUntried ? html`<span class="quiet">not tried yet</span>` : pill('good', 'work');
  const binds = healthy ? works : failing(failures, downSeconds);
  return html`<dt class="ear">Address</dt><dd class="whole"><code>${name}</code></dd>
<dt title="Checking passwords">Binds</dt><dd>${binds}</dd>
<dt title="Open connections for password checks">Connections</dt><dd>${connections}</dd>
<dt>Certificate</dt><dd>${certificate === undefined ? html`<span class="quiet">not seen yet</span>` : days(certificate)}</dd>`;
}

function days({ daysLeft, notAfter }: CertificateState): Html {
  const mood: Mood = daysLeft < URGENT ? 'bad' : daysLeft < SOON ? 'warn' : 'good';
  return pill(mood, daysLeft < 0 ? 'has expired' : `${day(daysLeft)} left`, `valid until ${notAfter.slice(0, 10)}`);
}

/** The card of the directory. */
export function directoryCard({ snapshot, upstream: { reachable, failures = 0 } }: State, refreshes: Refreshes): Card {
  const { present, ageSeconds = 0, members = 0, entries = 0, maxStaleSeconds } = snapshot;
  const failed = [...refreshes.failures.values()].reduce((sum, count) => sum + count, 0);
  const typical = refreshes.durations.quantile(0.5);
  const isOld = !reachable || failures > 0 || ageSeconds > maxStaleSeconds / 4;
  const mood: Mood = ageSeconds > maxStaleSeconds ? 'bad' : isOld ? 'warn' : 'good';
  return {
    brief: present ? html`${members} ${members === 1 ? 'member' : 'members'}` : pill('bad', 'not read yet'),
    body: html`<dl>
<dt title="Who may log in">Members</dt><dd><b>${members}</b></dd>
<dt title="Users and groups that a search can find">Entries</dt><dd>${entries}</dd>
<dt title="How old the copy of the directory is">Last read</dt><dd>${present ? pill(mood, `${duration(ageSeconds)} ago`) : pill('bad', 'not yet')}</dd>
<dt title="How long a read of JumpCloud takes: the median since the start">Typical read</dt><dd>${typical === undefined ? '–' : milliseconds(typical)}</dd>
<dt title="Since the start">Failed reads</dt><dd>${failed}</dd>
</dl>`,
  };
}

/** The card of logins. */
export function loginsCard({ binds, cache, attempts }: State, { tallies }: Telemetry): Card {
  const { binds: taken, hits, misses } = tallies.logIns();
  const { idle, open, connecting, waiting, size } = binds;
  const refused = attempts.refusedByAccount + attempts.refusedByAddress;
  return {
    brief: hits + misses > 0 ? html`${percent(hits, hits + misses)} from cache` : html`${taken} since the start`,
    body: html`<dl>
<dt>Since the start</dt><dd><b>${taken}</b></dd>
<dt title="Of the passwords that had to be judged">From cache</dt><dd><b>${percent(hits, hits + misses)}</b></dd>
<dt>Cached accounts</dt><dd>${cache.accounts}</dd>
<dt title="Connections to JumpCloud for password checks, at most ${size}">To JumpCloud</dt><dd>${open - idle} busy, ${idle} idle${connecting > 0 ? `, ${connecting} opening` : ''}</dd>
<dt title="Logins that wait for a connection to JumpCloud">Waiting</dt><dd>${waiting}</dd>
<dt title="binds.failuresPerAccount and binds.failuresPerAddress">Refused by limits</dt><dd>${refused}</dd>
</dl>`,
  };
}
