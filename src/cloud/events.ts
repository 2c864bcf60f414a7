// Directory Insights, asked again and again: each event of the directory is told once, in about the order in which it happened. All times in it
// are JumpCloud's own; the clock of this machine only says when to ask.
import { Generations } from '../runtime/generations.js';
import { type CloudApi, CloudError, type CloudEvent, type CloudFault } from './ports.js';

export interface EventPollParts {
  /** Told what is new; the next page is asked for when it has ended. */
  readonly seen: (events: readonly CloudEvent[]) => Promise<void> | void;
  /** Events of longer than an hour were missed: nothing that was learned before counts any more. */
  readonly gap: () => void;
  /** How a poll ended that did not end as the one before it. */
  readonly turned: (outcome: PollOutcome) => void;
  readonly defect: (error: unknown) => void;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
}

export type PollOutcome = 'ok' | CloudFault;

/** Milliseconds from the end of one poll to the next, and by how much it is more or less. */
const PAUSE = 12_000;
const JITTER = 2000;
/** Without Directory Insights it is tried again after so long. */
const NO_PLAN_PAUSE = 3_600_000;
/** Events arrive late and out of order: so many milliseconds are asked for again each time. */
export const OVERLAP = 120_000;
/** After so long without an answer nobody goes on from where it was. */
export const LONGEST_GAP = 3_600_000;
/** How far back the newest event is looked for that was there before. */
const LOOK_BACK = 24 * 3_600_000;
/** By how much JumpCloud's clock may be ahead of this one: an event from later moves nothing on. */
const MOST_AHEAD = 900_000;
const PAGE = 1000;
/** Of one poll; the next one goes on. */
const MOST_PAGES = 10;
/** IDs of a generation: of the overlap, with room to spare. */
const MOST_SEEN = 20_000;
const SERVICES = ['directory'];

/** In the midst of a poll that was too long. */
interface Place {
  readonly since: number;
  readonly after: readonly string[] | undefined;
}

export class EventPoll {
  readonly polls = new Map<PollOutcome, number>();
  /** By the clock; undefined before the first good poll. */
  lastGood: number | undefined;
  private api: Pick<CloudApi, 'events'> | undefined;
  /** The time of the newest event that was seen; undefined before the first good poll. */
  private cursor: number | undefined;
  private unfinished: Place | undefined;
  private readonly known = new Generations<true>(MOST_SEEN);
  private outcome: PollOutcome = 'ok';
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly parts: EventPollParts) {}

  /** Asks there from now on, and goes on from where it was; undefined: nobody is asked. */
  use(api: Pick<CloudApi, 'events'> | undefined): void {
    if (api === this.api) return;
    this.api = api;
    this.unfinished = undefined;
    clearTimeout(this.timer);
    if (api !== undefined) void this.poll();
  }

  /** Asks once; a call in the meantime is the same one. Never rejects. */
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
    } catch (error) {
      this.unfinished = undefined;
      if (api !== this.api) return;
      outcome = error instanceof CloudError ? error.fault : 'garbled';
      if (!(error instanceof CloudError)) defect(error);
    }
    this.polls.set(outcome, (this.polls.get(outcome) ?? 0) + 1);
    if (outcome === this.outcome) return;
    this.outcome = outcome;
    turned(outcome);
  }

  private async ask(api: Pick<CloudApi, 'events'>): Promise<void> {
    const { lastGood, cursor } = this;
    if (cursor === undefined || lastGood === undefined) return this.begin(api);
    if (this.parts.clock() - lastGood > LONGEST_GAP) {
      // Before it is asked from where to go on: what happens in between is told.
      await this.begin(api);
      return this.parts.gap();
    }
    await this.goOn(api, this.unfinished ?? { since: cursor - OVERLAP, after: undefined });
  }

  /** From now on: what has happened already is told to nobody. */
  private async begin(api: Pick<CloudApi, 'events'>): Promise<void> {
    const since = this.parts.now() - LOOK_BACK;
    const query = { services: SERVICES, since, newestFirst: true, limit: PAGE };
    const { events } = await api.events('revocation', query);
    for (const { id } of events) this.known.set(id, true);
    this.cursor = since + OVERLAP;
    this.unfinished = undefined;
    for (const event of events) this.moveOn(event);
  }

  private async goOn(api: Pick<CloudApi, 'events'>, from: Place): Promise<void> {
    let { since, after } = from;
    for (let page = 0; page < MOST_PAGES; page++) {
      const query = { services: SERVICES, since, newestFirst: false, limit: PAGE };
      const { events, next } = await api.events('revocation', after === undefined ? query : { ...query, after });
      if (api !== this.api) return;
      const fresh = events.filter(({ id }) => this.known.find(id) === undefined);
      for (const { id } of fresh) this.known.set(id, true);
      if (fresh.length > 0) await this.parts.seen(fresh);
      for (const event of events) this.moveOn(event);
      after = next;
      if (next === undefined || events.length === 0) {
        this.unfinished = undefined;
        return;
      }
    }
    this.unfinished = { since, after };
  }

  private moveOn({ at }: CloudEvent): void {
    if (at <= this.parts.now() + MOST_AHEAD) this.cursor = Math.max(this.cursor ?? at, at);
  }
}
