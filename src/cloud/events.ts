// Directory Insights, polled: each event of the directory is passed on once, roughly in the order in which it happened. All times in it
// are JumpCloud's own; the clock of this machine only says when to ask.
import { Generations } from '../runtime/generations.js';
import { Horizon } from './horizon.js';
import {
  type CloudApi,
  CloudError,
  type CloudEvent,
  type CloudFault,
  type EventPage,
  type EventQuery,
} from './ports.js';

export interface EventPollParts {
  /** Receives new events; the next page is requested when it has ended. */
  readonly seen: (events: readonly CloudEvent[]) => Promise<void> | void;
  /** Events of more than an hour were missed: what was learned before is no longer valid. */
  readonly gap: () => void;
  /** Called when a poll ends differently from the one before it. */
  readonly turned: (outcome: PollOutcome) => void;
  readonly defect: (error: unknown) => void;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
}

export type PollOutcome = 'ok' | CloudFault;

/** Milliseconds from the end of one poll to the next, and the most by which this varies. */
const PAUSE = 12_000;
const JITTER = 2000;
/** Milliseconds until the next attempt when the plan lacks Directory Insights. */
const NO_PLAN_PAUSE = 3_600_000;
/** Milliseconds that each poll asks for again, because events arrive late and out of order. */
export const OVERLAP = 120_000;
/** Milliseconds without an answer after which reading starts again instead of continuing. */
export const LONGEST_GAP = 3_600_000;
/** How far back to look for the newest event at the start, in milliseconds. */
const LOOK_BACK = 24 * 3_600_000;
/** Milliseconds that the clock here may be ahead before JumpCloud's own time is used. */
const MOST_AHEAD = 900_000;
const PAGE = 1000;
/** Of one poll; the next one continues. */
const MOST_PAGES = 10;
/** A longer overlap is not read again at each poll: the budget allows this number of pages between two polls. */
const CHEAP_PAGES = 2;
/** IDs of a generation: more than the overlap needs. */
const MOST_SEEN = 20_000;
/** How often the same events are given to a listener that throws. */
const TRIES = 3;
const SERVICES = ['directory'];

/** How far reading has got. Times are JumpCloud's: see `Horizon`. */
interface Place {
  readonly since: number;
  readonly after: readonly string[] | undefined;
  /** Pages from `since` up to here. */
  readonly pages: number;
  /** When this read began, and the last one from the start of the overlap. */
  readonly began: number;
  readonly overlapBegan: number;
}

/** The last page of a long overlap. */
interface Tail {
  readonly place: Place;
  /** Pages of the overlap as a whole. */
  readonly pages: number;
}

/**
 * Polls Directory Insights and passes on each event once, nearly in order. Memory is bounded; a failed poll continues where it stopped. Times are
 * milliseconds.
 */
export class EventPoll {
  readonly polls = new Map<PollOutcome, number>();
  /** By the clock; undefined before the first good poll. */
  lastGood: number | undefined;
  private api: Pick<CloudApi, 'events'> | undefined;
  /** By the clock: the first request, and the newest page. */
  private startedAt: number | undefined;
  private lastPage = 0;
  /** Undefined before the first answer. */
  private horizon: Horizon | undefined;
  /** JumpCloud's time when the newest complete read of the overlap began. */
  private readTo = 0;
  private unfinished: Place | undefined;
  private tail: Tail | undefined;
  private throws = 0;
  /** Events of a page. */
  private limit = PAGE;
  private isGapTold = false;
  private readonly known = new Generations<true>(MOST_SEEN);
  private outcome: PollOutcome = 'ok';
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly parts: EventPollParts) {}

  /** Polls this API from now on, continuing from the same place; undefined: stops polling. */
  use(api: Pick<CloudApi, 'events'> | undefined): void {
    if (api === this.api) return;
    this.api = api;
    if (api !== undefined) this.startedAt ??= this.parts.clock();
    this.restart();
    clearTimeout(this.timer);
    if (api !== undefined) void this.poll();
  }

  /** Polls once; a call while a poll is running returns the same promise. Never rejects. */
  poll(): Promise<void> {
    clearTimeout(this.timer);
    this.running ??= this.once().finally(() => {
      this.running = undefined;
      this.schedule();
    });
    return this.running;
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.api === undefined) return;
    const pause = this.outcome === 'no-plan' ? NO_PLAN_PAUSE : PAUSE + JITTER * (2 * this.parts.random() - 1);
    this.timer = setTimeout(() => void this.poll(), pause).unref();
  }

  private async once(): Promise<void> {
    const { api } = this;
    if (api === undefined) return;
    const { clock, turned, defect } = this.parts;
    let outcome: PollOutcome = 'ok';
    try {
      await this.ask(api);
      this.lastGood = clock();
      this.isGapTold = false;
    } catch (error) {
      if (api !== this.api) return;
      outcome = error instanceof CloudError ? error.fault : 'garbled';
      if (!(error instanceof CloudError)) defect(error);
      // The place in the query may be what is wrong. After any other fault the next poll continues there.
      else if (outcome === 'garbled' && error.status !== undefined) this.restart();
      this.checkGap(outcome);
    }
    this.polls.set(outcome, (this.polls.get(outcome) ?? 0) + 1);
    if (outcome === this.outcome) return;
    this.outcome = outcome;
    turned(outcome);
  }

  /** Reports a gap once while there is no answer. */
  private checkGap(outcome: PollOutcome): void {
    if (this.isGapTold || (outcome === 'no-plan' && this.lastGood === undefined)) return;
    if (this.parts.clock() - (this.lastGood ?? this.startedAt ?? 0) <= LONGEST_GAP) return;
    this.isGapTold = true;
    this.parts.gap();
  }

  private restart(): void {
    this.unfinished = undefined;
    this.tail = undefined;
  }

  private async ask(api: Pick<CloudApi, 'events'>): Promise<void> {
    const { horizon } = this;
    const age = this.parts.clock() - (horizon === undefined ? (this.startedAt ?? 0) : this.lastPage);
    if (horizon !== undefined && age <= LONGEST_GAP) return this.goOn(api, horizon);
    await this.begin(api, horizon);
    // Only after the place to continue from is known, so events in between are passed on.
    if (age > LONGEST_GAP) this.parts.gap();
  }

  /** Starts reading from now on. Of past events, passes on only those since reading stopped, or since the first request. */
  private async begin(api: Pick<CloudApi, 'events'>, before: Horizon | undefined): Promise<void> {
    const { clock } = this.parts;
    const newest = (now: number) => this.page(api, { services: SERVICES, since: now - LOOK_BACK, newestFirst: true });
    let now = this.parts.now();
    let page = await newest(now);
    if (page.answeredAt !== undefined && page.answeredAt < now - MOST_AHEAD) {
      now = page.answeredAt;
      page = await newest(now);
    }
    const isFirst = before === undefined && this.polls.size === 0;
    const startedAt = (page.answeredAt ?? now) - (clock() - (this.startedAt ?? 0));
    const news = isFirst ? Number.POSITIVE_INFINITY : (before === undefined ? startedAt : this.readTo) - OVERLAP;
    for (const { id, at } of page.events) if (at < news) this.known.set(id, true);
    await this.tell(page.events);
    const horizon = new Horizon(now - LOOK_BACK + OVERLAP, clock);
    this.read(page, horizon);
    this.horizon = horizon;
    // More may have happened since the first request than one page holds.
    const isLate = before === undefined && !isFirst && clock() - (this.startedAt ?? 0) <= LONGEST_GAP;
    this.readTo = isLate ? Math.min(horizon.now, startedAt) : horizon.now;
    this.restart();
  }

  private async goOn(api: Pick<CloudApi, 'events'>, horizon: Horizon): Promise<void> {
    let place = this.unfinished ?? this.nextPlace(horizon.now);
    for (let count = 0; count < MOST_PAGES; count++) {
      this.unfinished = place;
      const { since, after } = place;
      const query = { services: SERVICES, since, newestFirst: false };
      const page = await this.page(api, after === undefined ? query : { ...query, after });
      if (api !== this.api) return;
      await this.tell(page.events);
      this.read(page, horizon);
      if (page.next === undefined || page.events.length === 0) return this.finish(place);
      place = { ...place, after: page.next, pages: place.pages + 1 };
    }
    this.unfinished = place;
  }

  /** The overlap from its start. Of a long overlap mostly the last page, and the whole so rarely that half of the budget is left. */
  private nextPlace(now: number): Place {
    const { readTo, tail } = this;
    if (tail === undefined)
      return { since: readTo - OVERLAP, after: undefined, pages: 1, began: now, overlapBegan: now };
    const { place, pages } = tail;
    if (now - place.overlapBegan < Math.max(OVERLAP / 2, PAUSE * pages)) return { ...place, began: now };
    // In a flood, as much as can be read.
    const since = Math.max(readTo - OVERLAP, pages > MOST_PAGES ? place.began - 2 * OVERLAP : 0);
    return { since, after: undefined, pages: 1, began: now, overlapBegan: now };
  }

  private finish(place: Place): void {
    this.unfinished = undefined;
    this.readTo = place.overlapBegan;
    const isWhole = place.began === place.overlapBegan;
    const pages = isWhole ? place.pages : (this.tail?.pages ?? place.pages);
    this.tail = pages > CHEAP_PAGES ? { place, pages } : undefined;
  }

  /** After an answer that was too long or malformed, requests a smaller one. */
  private async page(api: Pick<CloudApi, 'events'>, query: Omit<EventQuery, 'limit'>): Promise<EventPage> {
    for (;;) {
      try {
        const page = await api.events('revocation', { ...query, limit: this.limit });
        this.limit = Math.min(PAGE, 2 * this.limit);
        return page;
      } catch (error) {
        const isOfAnswer = error instanceof CloudError && error.fault === 'garbled' && error.status === undefined;
        if (!isOfAnswer || this.limit === 1 || api !== this.api) throw error;
        this.limit = Math.ceil(this.limit / 4);
      }
    }
  }

  /** An event counts as known once the listener has taken it, or has thrown at it `TRIES` times. */
  private async tell(events: readonly CloudEvent[]): Promise<void> {
    const fresh = events.filter(({ id }) => this.known.find(id) === undefined);
    if (fresh.length > 0)
      try {
        await this.parts.seen(fresh);
        this.throws = 0;
      } catch (error) {
        if (++this.throws < TRIES) throw error;
        this.throws = 0;
        this.parts.defect(error);
        this.parts.gap();
      }
    for (const { id } of fresh) this.known.set(id, true);
  }

  /** The header has whole seconds. Without one, the clock here decides which events are from the future. */
  private read({ events, answeredAt }: EventPage, horizon: Horizon): void {
    const latest = answeredAt === undefined ? this.parts.now() : answeredAt + 1000;
    for (const event of events) horizon.moveOn(event, latest);
    this.lastPage = this.parts.clock();
  }
}
