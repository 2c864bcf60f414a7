// The store with a circuit breaker: bounded in time and in number, and not waited for while it does not answer.
import { inTime, LATE } from './answer-in-time.js';
import { Channels } from './channels.js';
import { type Argument, type Connect, type Health, type Link, type Script, type Store, StoreError } from './store.js';

export interface GuardOptions {
  readonly connect: Connect;
  /** In [0, 1). */
  readonly random: () => number;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Milliseconds within which a probe must be answered for the store to count as up. */
  readonly patience: number;
  /** Receives what a listener throws. */
  readonly defect: (error: unknown) => void;
}

/** Commands under way at most. */
const MOST_UNDER_WAY = 1000;
/** Errors in a row that the store may answer with. */
const MOST_ERRORS = 5;
/** Milliseconds from one probe to the next, and how much chance adds. */
const PROBE = 1000;
const JITTER = 250;
/** Milliseconds after which a connection that answers nothing is replaced, or given up while it is opened. */
const LONGEST_SILENCE = 3000;
/** Milliseconds for what is under way when it is closed. */
const LAST_WORDS = 300;
/** Good probes in a row that are wanted of a store that was well for a short time only, at most; and what is short. */
const MOST_PROBES = 16;
const SHORT = 30_000;

/**
 * A circuit breaker: after one command without an answer in time, after several errors in a row, or without a connection, commands are not sent
 * and fail immediately. A probe each second finds out when the store is back. A store that comes and goes must be up for longer each time.
 */
export class StoreGuard implements Store {
  health: Health = 'away';
  trouble: string | undefined = 'not connected yet';
  private link: Link | undefined;
  private underWay = 0;
  private errors = 0;
  private wellSince = Number.NEGATIVE_INFINITY;
  private wanted = 1;
  private answered = 0;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;
  /** Who waits until nothing is under way. */
  private readonly idle: (() => void)[] = [];
  private readonly listeners = new Set<(health: Health) => void>();
  private readonly channels: Channels;

  /** Connects immediately. */
  constructor(private readonly options: GuardOptions) {
    this.channels = new Channels(options.defect);
    void this.probe();
  }

  run(script: Script, keys: readonly string[], args: readonly Argument[], ms: number): Promise<unknown> {
    return this.guarded((link) => link.run(script, keys, args), ms);
  }

  async get(key: string, most: number, ms: number): Promise<Buffer | undefined> {
    return this.guarded((link) => link.get(key, most), ms);
  }

  async publish(channel: string, message: Buffer, ms: number): Promise<void> {
    return this.guarded((link) => link.publish(channel, message), ms);
  }

  subscribe(channel: string, heard: (message: Buffer) => void): () => void {
    const isFirst = !this.channels.has(channel);
    const leave = this.channels.add(channel, heard);
    if (isFirst && this.link !== undefined) this.hear(this.link, channel).catch((error: unknown) => this.failed(error));
    return () => {
      if (leave() && !this.channels.has(channel)) this.link?.unsubscribe(channel);
    };
  }

  onHealth(changed: (health: Health) => void): () => void {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.timer);
    // What was said last is to arrive.
    if (this.health === 'well' && this.underWay > 0)
      await inTime(new Promise<void>((resolve) => this.idle.push(resolve)), LAST_WORDS).catch(() => {});
    this.drop();
    this.health = 'away';
    this.trouble = 'closed';
    this.listeners.clear();
    this.channels.clear();
  }

  private guarded<Answer>(ask: (link: Link) => Promise<Answer>, ms: number): Promise<Answer> {
    const { link } = this;
    if (link === undefined || this.health !== 'well' || this.isClosed)
      return Promise.reject(new StoreError(this.health === 'well' ? 'away' : this.health, this.trouble ?? ''));
    if (this.underWay >= MOST_UNDER_WAY)
      return Promise.reject(new StoreError('slow', `${MOST_UNDER_WAY} commands are under way`));
    this.underWay += 1;
    return inTime(ask(link), ms).then(
      (answer) => {
        this.landed();
        this.errors = 0;
        return answer;
      },
      (error: unknown) => {
        this.landed();
        // An error of an earlier connection says nothing about this one.
        if (link === this.link) this.failed(error);
        throw error instanceof StoreError ? error : new StoreError('garbled', String(error));
      },
    );
  }

  private landed(): void {
    this.underWay -= 1;
    if (this.underWay === 0) for (const done of this.idle.splice(0)) done();
  }

  private failed(error: unknown): void {
    const trouble = troubleOf(error);
    this.errors += 1;
    if (trouble.kind === 'refused' && this.errors < MOST_ERRORS) return;
    if (trouble.kind === 'garbled') this.drop();
    this.turn(trouble);
  }

  /** Sends no commands until a probe is answered. */
  private turn({ kind, message }: StoreError): void {
    if (this.isClosed) return;
    this.answered = 0;
    if (this.health === 'well') {
      const wasShort = this.options.clock() - this.wellSince < SHORT;
      this.wanted = wasShort ? Math.min(this.wanted * 2, MOST_PROBES) : 1;
    }
    this.trouble = message;
    this.change(kind === 'garbled' ? 'refused' : kind);
    this.later();
  }

  private change(health: Health): void {
    if (this.health === health) return;
    this.health = health;
    for (const listener of [...this.listeners]) {
      try {
        listener(health);
      } catch (error) {
        this.options.defect(error);
      }
    }
  }

  private later(): void {
    if (this.timer !== undefined || this.isClosed) return;
    const ms = PROBE + this.options.random() * JITTER;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.probe();
    }, ms).unref();
  }

  private async probe(): Promise<void> {
    try {
      const link = this.link ?? (await this.connected());
      if (this.isClosed) return link.end();
      const { clock, patience } = this.options;
      const before = clock();
      await inTime(link.ping(), LONGEST_SILENCE);
      if (link !== this.link) throw new StoreError('away', 'the connection ended');
      const took = clock() - before;
      if (took > patience) throw new StoreError('slow', `a probe took ${Math.round(took)} ms`);
      this.answered += 1;
      if (this.answered < this.wanted) return this.later();
      this.errors = 0;
      this.wellSince = clock();
      this.trouble = undefined;
      this.change('well');
    } catch (error) {
      const trouble = troubleOf(error);
      // One that answers late answers still.
      if (trouble !== LATE && trouble.kind === 'slow') return this.turn(trouble);
      this.drop();
      this.turn(trouble);
    }
  }

  private async connected(): Promise<Link> {
    let isLate = false;
    const opening = this.options.connect((trouble) => this.ended(opened, trouble));
    let opened: Link | undefined;
    opening.then(
      (link) => {
        opened = link;
        if (isLate) link.end();
      },
      () => {},
    );
    let link: Link;
    try {
      link = await inTime(opening, LONGEST_SILENCE);
    } catch (error) {
      isLate = true;
      throw error;
    }
    this.link = link;
    await inTime(Promise.all(this.channels.names.map((channel) => this.hear(link, channel))), LONGEST_SILENCE);
    return link;
  }

  private ended(link: Link | undefined, trouble: StoreError): void {
    if (link === undefined || link !== this.link) return;
    this.drop();
    this.turn(trouble);
  }

  private drop(): void {
    const { link } = this;
    this.link = undefined;
    link?.end();
  }

  private hear(link: Link, channel: string): Promise<void> {
    return link.subscribe(channel, (message) => this.channels.deliver(channel, message));
  }
}

function troubleOf(error: unknown): StoreError {
  return error instanceof StoreError ? error : new StoreError('garbled', String(error));
}
