// Every route of the operator's HTTP port, a line or two each.
import type { Roll } from '../../fleet/roll-call.js';
import type { Explain } from '../../gate/explain/explain.js';
import { answerExplain } from '../explain/explain-route.js';
import type { MetricsOnDemand } from '../metrics/on-demand.js';
import { livePage, type PageSources, pageEvents } from '../page/page.js';
import { reasonsPage } from '../page/reasons-page.js';
import type { State } from '../state.js';
import { matches, readFilter } from '../telemetry/operation-filter.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import { type EventStreams, eventsRoute } from './events.js';
import { answerFleet } from './fleet-route.js';
import { type Answer, type Asked, json, type Route } from './route.js';

export interface RouteSources extends PageSources {
  readonly streams: EventStreams;
  readonly metrics: MetricsOnDemand;
  /** Forgets what is cached of one account; true if there was something. */
  readonly purge: (uid: string) => Promise<boolean>;
  readonly explain: Explain;
  /** Who is in the fleet; undefined without one. Rejects with an Error while its store cannot be asked. */
  readonly roll?: () => Promise<Roll | undefined>;
}

/** All routes, in the order in which they are tried. */
export function makeRoutes(sources: RouteSources): Route[] {
  const { telemetry, streams, metrics, state, purge, explain, roll = async () => undefined } = sources;
  return [
    { method: 'GET', path: '/', answer: ({ query }) => livePage(sources, query) },
    eventsRoute(telemetry, streams, (query, seen, stream) => pageEvents(sources, query, seen, stream)),
    { method: 'GET', path: '/reasons', answer: reasonsPage },
    { method: 'GET', path: '/operations', answer: ({ query }) => operations(telemetry, query) },
    { method: 'GET', path: '/metrics', answer: () => metrics.scrape() },
    { method: 'GET', path: '/healthz', isOpen: true, answer: () => json(200, { status: 'alive' }) },
    { method: 'GET', path: '/readyz', isOpen: true, answer: (asked) => readiness(state(), asked) },
    { method: 'GET', path: '/fleet', answer: () => answerFleet(state(), roll) },
    { method: 'POST', path: '/purge', answer: ({ query }) => forget(purge, query) },
    {
      method: 'POST',
      path: '/explain',
      answer: async ({ request }) => json(...(await answerExplain(request, explain))),
    },
  ];
}

/** Strangers learn whether it is ready, and not what of. */
function readiness(state: State, { isTrusted }: Asked): Answer {
  return json(state.ready ? 200 : 503, isTrusted ? state : { ready: state.ready });
}

/** The newest first. */
function operations(telemetry: Telemetry, query: URLSearchParams): Answer {
  const filter = readFilter(query, telemetry.apps);
  if (typeof filter === 'string') return json(400, { error: filter });
  return json(200, {
    operations: telemetry.recent
      .after(0)
      .filter((record) => matches(record, filter))
      .reverse(),
  });
}

async function forget(purge: RouteSources['purge'], query: URLSearchParams): Promise<Answer> {
  const user = query.get('user');
  if (user === null || user === '') return json(400, { error: 'name the account: POST /purge?user=…' });
  return json(200, { user, remembered: await purge(user) });
}
