// One reader for all instances: the holder of the lease reads the upstream and publishes the result, the others fetch it or, if they cannot, read too.
import { imageDigest } from '../directory/builder.js';
import type { Reader, UpstreamImage, Wanted } from '../directory/reader.js';
import type { Steps } from '../runtime/cooperative.js';
import { Exchange, type ExchangeOptions } from './exchange.js';
import type { Head } from './head.js';
import { GarbledImage } from './image-octets.js';
import { LEASE_TIME, Lease, type Seen } from './lease.js';
import type { FleetNames } from './names.js';
import { type Notice, Notices } from './notices.js';
import { type Store, StoreError } from './store.js';

/** `reader`: for all; `taker`: what another one reads; `alone`: for itself. */
export type Role = 'reader' | 'taker' | 'alone';

export interface FleetReaderOptions extends Pick<ExchangeOptions, 'instance' | 'limits' | 'reading'> {
  /** Who reads the upstream. */
  readonly reader: Pick<Reader, 'read'>;
  readonly store: Store;
  readonly names: FleetNames;
  /** Attributes that are dropped. */
  readonly isUnwanted: (attribute: string) => boolean;
  /** Milliseconds from one read to the next. */
  readonly refresh: number;
  /** `imageDigest` of what the mirror's last snapshot was built from. */
  readonly builtDigest: () => string | undefined;
  /** The mirror is to read: as usual, or something new. */
  readonly look: (wanted: Wanted) => void;
  /** Receives each change of role, and the reason if it is alone. */
  readonly changed: (role: Role, why: string) => void;
  readonly defect: (error: unknown) => void;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Runs work a millisecond at a time. */
  readonly run: <Result>(steps: Steps<Result>) => Promise<Result>;
  /** For tests: milliseconds of the lease. */
  readonly leaseTime?: number;
}

export interface FleetReading {
  readonly role: Role | undefined;
  /** Why it is alone; '' otherwise. */
  readonly why: string;
  /** True while it holds the lease. */
  readonly isReader: boolean;
  /** The newest that it knows of: its number, who has read it, and how long ago in milliseconds. */
  readonly generation: number | undefined;
  readonly by: string | undefined;
  readonly age: number | undefined;
  /** How reads have ended here since the start. */
  readonly reads: Readonly<Record<'shared' | 'taken' | 'repeated' | 'alone', number>>;
}

/** Milliseconds that the first read waits for the store to be there. */
const CONNECT_PATIENCE = 2000;
/** Milliseconds from one look at the store to the next while a read waits. */
const POLL = 400;
/**
 * Milliseconds to wait for the instance that reads: twice what a read takes, within these bounds. Where nobody waits for the read, it is enough
 * to see the lease of a dead instance expire, so that one of the others reads, and not all.
 */
const LEAST_PATIENCE = 3000;
const MOST_PATIENCE = 30_000;
const BEYOND_LEASE = 2000;
/** How many refreshes old an image may be that is taken as usual: the next one is due. */
const FRESH = 1.25;
/** Milliseconds within which instances look at the same news. */
const SPREAD = 250;
/**
 * Milliseconds from one look to the next because nobody reads: a notice has no time in it, and anyone who may write to the store may repeat one. Without
 * a pause an instance that reads alone would read the upstream again and again.
 */
const FREE_PAUSE = 5000;

/** A Reader that reads the upstream only if this instance holds the lease, or if the shared image cannot be fetched in time. */
export class FleetReader implements Pick<Reader, 'read'> {
  private readonly lease: Lease;
  private readonly exchange: Exchange;
  private readonly notices: Notices;
  private role: Role | undefined;
  private why = '';
  private readonly counts = { shared: 0, taken: 0, repeated: 0, alone: 0 };
  /** The generation that was taken, or published, last; and the last that was published here. */
  private had = 0;
  private published = -1;
  /** How far the store's clock is ahead of ours. */
  private ahead: number | undefined;
  private hasFailed = false;
  /** Nothing newer came in time while this was the newest: nobody waits for it again. */
  private gaveUpOn = -1;
  /** Why the others have nothing of what this instance has read; '' if they have. */
  private unpublished = '';
  /** When the read for all that is under way, or not published yet, was begun, by the store's clock. */
  private underWay = 0;
  /** The last wish for something newer, of this instance or another: when it was sent or heard, and since when it wants something read. */
  private wished = { at: Number.NEGATIVE_INFINITY, since: 0 };
  private wake: (() => void) | undefined;
  /** The look that is due soon, and when, by the clock; and when the last one was. */
  private soon: NodeJS.Timeout | undefined;
  private soonAt = 0;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private publishing: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(private readonly options: FleetReaderOptions) {
    const { store, names, reading, instance, limits, run, clock, refresh, leaseTime: time } = options;
    const keep = Math.max(4 * refresh, 300_000);
    this.exchange = new Exchange({ store, names, reading, instance, limits, keep, run });
    const lost = () => this.become(this.role === 'reader' ? 'taker' : this.role);
    this.lease = new Lease({ store, names, reading, clock, lost, ...(time === undefined ? {} : { time }) });
    this.notices = new Notices(store, names, reading, (notice) => this.heard(notice));
  }

  /** As `Reader.read`: from the store, or from the upstream. Rejects with ReadError. */
  async read(wanted: Wanted = 'usual'): Promise<UpstreamImage> {
    try {
      return await this.shared(wanted);
    } catch (error) {
      if (error instanceof StoreError) return this.alone(`the store cannot be used: ${error.message}`);
      throw error;
    }
  }

  get state(): FleetReading {
    const { role, why, counts: reads, ahead } = this;
    const { generation, instance: by, readAt } = this.exchange.newest ?? {};
    const now = ahead === undefined ? undefined : this.options.clock() + ahead;
    const age = now === undefined || readAt === undefined ? undefined : Math.max(0, now - readAt);
    return { role, why, isReader: this.lease.isHeld, generation, by, age, reads: { ...reads } };
  }

  /** Another instance may read from now on. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.wake?.();
    this.notices.close();
    await this.leave(true);
  }

  private async shared(wanted: Wanted): Promise<UpstreamImage> {
    const { clock } = this.options;
    await this.connected();
    let seen = await this.enter();
    const asked = seen.now;
    let until: number | undefined;
    let broken: number | undefined;
    for (;;) {
      const head = this.exchange.open(seen.head);
      if (head !== undefined && head.contents !== broken && this.isWanted(head, seen, wanted, asked)) {
        const image = await this.taken(head);
        if (image !== undefined) return image;
        broken = head.contents;
        if (seen.fence > 0) this.exchange.renew(broken);
      }
      if (seen.fence > 0) return this.readForAll(seen);
      if (broken !== undefined) {
        void this.notices.send({ kind: 'wish', since: 0, broken });
        return this.alone('what another instance has published is damaged');
      }
      const newest = head?.generation ?? 0;
      until ??= clock() + (this.gaveUpOn === newest ? 0 : this.patience(head, wanted));
      if (clock() >= until || this.isClosed) {
        this.gaveUpOn = newest;
        return this.alone('the instance that reads for all has published nothing in time');
      }
      this.wish(wanted === 'new' ? asked : nextSecond(seen.now - this.oldest(head)));
      await this.woken();
      seen = await this.enter();
    }
  }

  private async enter(): Promise<Seen> {
    const { clock } = this.options;
    const before = clock();
    const seen = await this.lease.enter();
    this.ahead = seen.now - before;
    if (seen.fence > 0) this.become('reader', this.unpublished);
    return seen;
  }

  /** The holder of the lease takes only what another instance has read recently: after a read of its own it reads again, as its mirror says. */
  private isWanted(head: Head, { now, fence }: Seen, wanted: Wanted, asked: number): boolean {
    const age = now - head.readAt;
    // The store's clock has gone back since: nobody knows how old the image is, and the holder of the lease reads again.
    if (age < 0 && (fence > 0 || wanted === 'new')) return false;
    if (wanted === 'new') return head.readAt >= asked;
    if (fence > 0) return head.generation !== this.published && age <= this.options.refresh / 2;
    return age <= this.oldest(head);
  }

  /** Milliseconds. */
  private oldest(head: Head | undefined): number {
    return FRESH * this.options.refresh + (head?.took ?? 0) + 1000;
  }

  private patience(head: Head | undefined, wanted: Wanted): number {
    const { leaseTime = LEASE_TIME } = this.options;
    const least = wanted === 'new' ? LEAST_PATIENCE : leaseTime + BEYOND_LEASE;
    return Math.min(Math.max(2 * (head?.took ?? 0) + 1000, least), MOST_PATIENCE);
  }

  /** Undefined: it is not what was published. Rejects with StoreError. */
  private async taken(head: Head): Promise<UpstreamImage | undefined> {
    const { builtDigest, isUnwanted } = this.options;
    let image: UpstreamImage;
    if (builtDigest() === head.digest) {
      this.counts.repeated += 1;
      image = repeated(head);
    } else {
      try {
        image = await this.exchange.take(head, isUnwanted);
      } catch (error) {
        if (error instanceof GarbledImage) return undefined;
        throw error;
      }
      this.counts.taken += 1;
    }
    this.had = head.generation;
    this.hasFailed = false;
    this.gaveUpOn = -1;
    if (!this.lease.isHeld) this.become('taker');
    return { ...image, age: this.state.age ?? 0 };
  }

  private async readForAll({ now, fence }: Seen): Promise<UpstreamImage> {
    const { reader, clock, run } = this.options;
    const began = clock();
    const isFirstFailure = !this.hasFailed;
    this.underWay = now;
    let image: UpstreamImage;
    try {
      image = await reader.read();
    } catch (error) {
      // Another one may have a better way there.
      this.underWay = 0;
      this.hasFailed = true;
      await this.leave(isFirstFailure);
      throw error;
    }
    this.hasFailed = false;
    this.counts.shared += 1;
    const took = Math.round(clock() - began);
    const digest = image.digest ?? (await run(imageDigest(image)));
    const reading = { image, digest, readAt: now, took };
    // Beside the mirror, which builds meanwhile; one after the other.
    this.publishing = this.publishing.then(() => this.publish(reading, fence));
    return { ...image, digest };
  }

  private async publish(reading: Parameters<Exchange['publish']>[0], fence: number): Promise<void> {
    try {
      const published = await this.exchange.publish(reading, fence);
      if (published !== 'done') return;
      this.unpublished = '';
      const generation = this.exchange.newest?.generation ?? 0;
      this.had = Math.max(this.had, generation);
      this.published = generation;
      await this.notices.send({ kind: 'published', generation });
    } catch (error) {
      // The others read themselves.
      if (!(error instanceof StoreError)) return this.options.defect(error);
      this.unpublished = `the read could not be published: ${error.message}`;
      if (this.role === 'reader') this.become('reader', this.unpublished);
    } finally {
      if (this.underWay === reading.readAt) this.underWay = 0;
    }
  }

  private async alone(why: string): Promise<UpstreamImage> {
    this.become('alone', why);
    this.counts.alone += 1;
    try {
      const image = await this.options.reader.read();
      this.hasFailed = false;
      return image;
    } catch (error) {
      this.hasFailed = true;
      throw error;
    }
  }

  /** `isNews`: the others receive a notice. Those that have not failed yet have received that of the first failure, and all others try in their own time. */
  private async leave(isNews: boolean): Promise<void> {
    const wasHeld = this.lease.isHeld;
    await this.lease.release();
    if (wasHeld && isNews) await this.notices.send({ kind: 'free' });
  }

  private heard(notice: Notice): void {
    if (this.isClosed) return;
    switch (notice.kind) {
      case 'published':
        if (notice.generation > this.had) this.lookSoon();
        return;
      case 'free':
        // After a failure of its own it tries again in its own time: one after the other would try without a pause.
        if (!this.hasFailed) this.lookSoon(this.lookedAt + FREE_PAUSE);
        return;
      case 'wish':
        this.wished = { at: this.options.clock(), since: notice.since };
        return this.grant(notice);
    }
  }

  /** One wish serves all who wait: if each sent its own, a hundred instances would have each other open 25,000 notices a second. */
  private wish(since: number): void {
    const isSaid = this.options.clock() - this.wished.at < POLL && since <= this.wished.since;
    if (isSaid) return;
    this.wished = { at: this.options.clock(), since };
    void this.notices.send({ kind: 'wish', since, broken: -1 });
  }

  private grant({ since, broken }: Extract<Notice, { kind: 'wish' }>): void {
    const { newest } = this.exchange;
    if (!this.lease.isHeld || newest === undefined) return;
    const isBroken = newest.contents === broken;
    if (isBroken) this.exchange.renew(broken);
    if (isBroken || Math.max(newest.readAt, this.underWay) < since) this.options.look('new');
  }

  /** Not before `earliest`, by the clock. One look serves all who want one until then. */
  private lookSoon(earliest = Number.NEGATIVE_INFINITY): void {
    if (this.wake !== undefined) return this.wake();
    const { random, look, clock } = this.options;
    const now = clock();
    const at = Math.max(now + random() * SPREAD, earliest);
    if (this.soon !== undefined && this.soonAt <= at) return;
    clearTimeout(this.soon);
    this.soonAt = at;
    this.soon = setTimeout(() => {
      this.soon = undefined;
      this.lookedAt = clock();
      if (!this.isClosed) look('usual');
    }, at - now).unref();
  }

  /** Resolves after a while, or with news. */
  private woken(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, POLL * (0.75 + 0.5 * this.options.random()));
      this.wake = done;
    });
  }

  /** At the start the store is given a moment; later it is there or not. */
  private connected(): Promise<void> {
    const { store } = this.options;
    if (store.health === 'well' || this.role !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        leave();
        resolve();
      };
      const timer = setTimeout(done, CONNECT_PATIENCE);
      const leave = store.onHealth((health) => health === 'well' && done());
    });
  }

  private become(role: Role | undefined, why = ''): void {
    if (role === undefined || (role === this.role && why === this.why)) return;
    const isNew = role !== this.role || (why === '') !== (this.why === '');
    this.role = role;
    this.why = why;
    if (isNew) this.options.changed(role, why);
  }
}

/** Those who look within the same second wish for the same. */
function nextSecond(ms: number): number {
  return Math.ceil(ms / 1000) * 1000;
}

/** What the mirror has built already. */
function repeated({ digest, missing, searchLimit }: Head): UpstreamImage {
  return {
    ...{ gates: new Map(), everyone: false, users: [], groups: [], digest, isRepeated: true as const },
    ...(missing === undefined ? {} : { missing }),
    ...(searchLimit === undefined ? {} : { searchLimit }),
  };
}
