// Directory Insights: a page of events.
import type { EventPage, EventQuery, Purpose } from '../ports.js';
import { listOf } from './answer-lists.js';
import type { Caller } from './caller.js';
import { textsIn, timeIn } from './json.js';
import { eventIn, longEventOf } from './records.js';

const MOST_EVENTS = 1000;
/** Bytes of an answer. An event has about a thousand. */
const EVENT_OCTETS = 4 * 1024 * 1024;

/** Asks for one page of events. `base`: the address without a slash at the end. Rejects with CloudError only. */
export async function askEvents(caller: Caller, base: string, purpose: Purpose, query: EventQuery): Promise<EventPage> {
  const { since, until, newestFirst } = query;
  const limit = Math.min(query.limit, MOST_EVENTS);
  const name = 'POST /insights/directory/v1/events';
  const url = `${base}/insights/directory/v1/events`;
  const body = bodyOf(query, limit);
  const call = { method: 'POST', url, name, body, octets: EVENT_OCTETS, isOfPlan: true } as const;
  return caller.call(purpose, call, async (answer) => {
    let at = newestFirst ? (until ?? Number.MAX_SAFE_INTEGER) : since;
    const read = (item: unknown) => {
      const event = eventIn(item);
      at = event?.at ?? at;
      return event;
    };
    const all = await listOf(answer, MOST_EVENTS, read, (edges) => longEventOf(edges, at));
    const events = all.filter((event) => event !== undefined);
    const next = all.length < limit ? undefined : cursorIn(answer.header('x-search_after'));
    return { events, next, answeredAt: timeIn(answer.header('date')) };
  });
}

function bodyOf(query: EventQuery, limit: number): object {
  const { services, since, until, newestFirst, after } = query;
  return {
    service: services,
    start_time: new Date(since).toISOString(),
    ...(until === undefined ? {} : { end_time: new Date(until).toISOString() }),
    sort: newestFirst ? 'DESC' : 'ASC',
    limit,
    ...searchTerm(query),
    ...(after === undefined ? {} : { search_after: after }),
  };
}

/** One conjunction: the API takes no more. */
function searchTerm({ username, types = [] }: EventQuery): object {
  const [only] = types;
  const terms = {
    // Values are stored in lower case.
    ...(username === undefined ? {} : { username: username.toLowerCase() }),
    ...(types.length === 1 && only !== undefined ? { event_type: only } : {}),
  };
  return Object.keys(terms).length === 0 ? {} : { search_term: { and: terms } };
}

/** Where the next page begins; undefined for a header that does not say. */
function cursorIn(header: string | undefined): string[] | undefined {
  if (header === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(header);
    const items = Array.isArray(parsed) ? parsed.map((item) => String(item)) : [];
    return items.length === 0 ? undefined : textsIn(items);
  } catch {
    return undefined;
  }
}
