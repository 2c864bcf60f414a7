// One reader for all instances: the holder of the lease reads the upstream and publishes the result, the others fetch it or, if they cannot, read too.
import { imageDigest } from '../directory/builder.js';
import type { Reader, UpstreamImage, Wanted } from '../directory/reader.js';
import type { Steps } from '../runtime/cooperative.js';
import { Exchange, type ExchangeOptions } from './exchange.js';
import type { Head } from './head.js';
import { GarbledImage } from './image-octets.js';
import { LEASE_TIME, Lease, type Seen } from './lease.js';
import type { FleetNames } from './names.js';
import { Need } from './need.js';
import { NextLook } from './next-look.js';
import { type Notice, Notices } from './notices.js';
import { Publication } from './publication.js';
import { type Store, StoreError } from './store.js';
import { Wishes } from './wishes.js';

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

/** A Reader that reads the upstream only if this instance holds the lease, or if the shared image cannot be fetched in time. */
export class FleetReader implements Pick<Reader, 'read'> {
  private readonly lease: Lease;
  private readonly exchange: Exchange;
  private readonly notices: Notices;
  private readonly wishes: Wishes;
  private readonly publication: Publication;
  private readonly nextLook: NextLook;
  private role: Role | undefined;
  private why = '';
  private readonly counts = { shared: 0, taken: 0, repeated: 0, alone: 0 };
  /** The generation that was taken last. */
  private had = 0;
  /** How far the store's clock is ahead of ours. */
  private ahead: number | undefined;
  private hasFailed = false;
  /** Nothing newer came in time while this was the newest: nobody waits for it again. */
  private gaveUpOn = -1;
  private isClosed = false;

  constructor(private readonly options: FleetReaderOptions) {
    const { store, names, reading, instance, limits, run, clock, refresh, leaseTime: time } = options;
    const { random, look, defect } = options;
    const keep = Math.max(4 * refresh, 300_000);
    this.exchange = new Exchange({ store, names, reading, instance, limits, keep, run });
    const lost = () => this.become(this.role === 'reader' ? 'taker' : this.role);
    this.lease = new Lease({ store, names, reading, clock, lost, ...(time === undefined ? {} : { time }) });
    this.notices = new Notices(store, names, reading, (notice) => this.heard(notice));
    this.wishes = new Wishes(this.notices, clock);
    const { exchange, notices } = this;
    const failed = (why: string) => void (this.role === 'reader' && this.become('reader', why));
    this.publication = new Publication({ exchange, notices, failed, defect });
    this.nextLook = new NextLook({ clock, random, look: () => look('usual') });
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
    this.nextLook.close();
    this.notices.close();
    await this.leave(true);
  }

  private async shared(wanted: Wanted): Promise<UpstreamImage> {
    const { clock, refresh, leaseTime = LEASE_TIME } = this.options;
    await this.connected();
    let seen = await this.enter();
    const need = new Need(wanted, seen.now, { refresh, leaseTime });
    let until: number | undefined;
    let broken: number | undefined;
    for (;;) {
      const head = this.exchange.open(seen.head);
      if (head !== undefined && head.contents !== broken && need.isMetBy(head, seen, this.publication.generation)) {
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
      until ??= clock() + (this.gaveUpOn === newest ? 0 : need.patience(head));
      if (clock() >= until || this.isClosed) {
        this.gaveUpOn = newest;
        return this.alone('the instance that reads for all has published nothing in time');
      }
      this.wishes.send(need.since(head, seen.now));
      await this.nextLook.pause();
      seen = await this.enter();
    }
  }

  private async enter(): Promise<Seen> {
    const { clock } = this.options;
    const before = clock();
    const seen = await this.lease.enter();
    this.ahead = seen.now - before;
    if (seen.fence > 0) this.become('reader', this.publication.trouble);
    return seen;
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
    this.publication.begin(now);
    let image: UpstreamImage;
    try {
      image = await reader.read();
    } catch (error) {
      // Another one may have a better way there.
      this.publication.giveUp();
      this.hasFailed = true;
      await this.leave(isFirstFailure);
      throw error;
    }
    this.hasFailed = false;
    this.counts.shared += 1;
    const took = Math.round(clock() - began);
    const digest = image.digest ?? (await run(imageDigest(image)));
    this.publication.add({ image, digest, readAt: now, took }, fence);
    return { ...image, digest };
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
        if (notice.generation > Math.max(this.had, this.publication.generation)) this.nextLook.soon();
        return;
      case 'free':
        // After a failure of its own it tries again in its own time: one after the other would try without a pause.
        if (!this.hasFailed) this.nextLook.whileFree();
        return;
      case 'wish':
        this.wishes.heard(notice.since);
        return this.grant(notice);
    }
  }

  private grant({ since, broken }: Extract<Notice, { kind: 'wish' }>): void {
    const { newest } = this.exchange;
    if (!this.lease.isHeld || newest === undefined) return;
    const isBroken = newest.contents === broken;
    if (isBroken) this.exchange.renew(broken);
    if (isBroken || Math.max(newest.readAt, this.publication.underWay) < since) this.options.look('new');
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

/** What the mirror has built already. */
function repeated({ digest, missing, searchLimit }: Head): UpstreamImage {
  return {
    ...{ gates: new Map(), everyone: false, users: [], groups: [], digest, isRepeated: true as const },
    ...(missing === undefined ? {} : { missing }),
    ...(searchLimit === undefined ? {} : { searchLimit }),
  };
}
