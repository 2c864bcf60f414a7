// The mirror: keeps a snapshot fresh by reading the upstream again and again. A failed read keeps the old snapshot.
import { defectIn } from '../runtime/defect-in.js';
import { Doubt } from './doubt.js';
import type { GateNames } from './gates.js';
import {
  isLastingFault,
  isListFault,
  type MissingGroup,
  ReadError,
  type Reader,
  type SearchLimit,
  searchLimitText,
  type UpstreamImage,
  type Wanted,
} from './reader.js';
import type { Snapshot } from './snapshot.js';

export type MirrorEvent =
  /** `isFirst`: there was no snapshot before. */
  | {
      readonly kind: 'read';
      readonly members: number;
      readonly entries: number;
      readonly ms: number;
      readonly isFirst: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly cause: ReadError['kind'];
      readonly error: string;
      readonly keepsSnapshot: boolean;
    }
  /** Accounts that have one name here, of each such name: none of them can log in. Some are listed. */
  | { readonly kind: 'twins'; readonly count: number; readonly names: readonly string[] }
  /** The upstream ends searches early: its lists are read in parts. */
  | { readonly kind: 'in-parts'; readonly limit: string }
  /** Groups that let nobody in, while others do: at each change, and empty once all are back. */
  | { readonly kind: 'missing'; readonly groups: readonly MissingGroup[] }
  /** `failures`: the number of failures in a row; `after`: milliseconds since the first of them. */
  | { readonly kind: 'recovered'; readonly members: number; readonly failures: number; readonly after: number }
  /** All groups have been gone for longer than a doubt lasts: nobody is known to be a member any more. */
  | { readonly kind: 'gave-up'; readonly cause: ReadError['kind'] };

export interface MirrorOptions {
  readonly reader: Pick<Reader, 'read'>;
  readonly build: (image: UpstreamImage) => Snapshot | Promise<Snapshot>;
  /** Milliseconds from one read to the next. */
  readonly refresh: number;
  /** Milliseconds for which a read that finds a group gone, or most of its members, is not accepted. */
  readonly doubt: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 to below 1: spreads the reads of many instances. */
  readonly random: () => number;
  readonly log: (event: MirrorEvent) => void;
  /** Receives exceptions that are defects of this product. */
  readonly defect?: (error: unknown) => void;
  /** Receives the outcome of each read, and its duration in milliseconds. */
  readonly measured?: (outcome: 'read' | ReadError['kind'], ms: number) => void;
}

export interface MirrorState {
  readonly lastError: { readonly cause: ReadError['kind']; readonly message: string } | undefined;
  readonly reads: number;
  /** Failures in a row. */
  readonly failures: number;
  /** When the first of them was: milliseconds by the mirror's clock; undefined without one. */
  readonly failingSince: number | undefined;
  /** On account of which the last successful read was made in parts. */
  readonly searchLimit: SearchLimit | undefined;
  /** Configured groups that let nobody in, by the last successful read. */
  readonly missing: readonly MissingGroup[];
}

/** After a failure the next try comes soon, so that service is back within two seconds of the upstream (R81). */
const FIRST_RETRY = 250;
const LONGEST_RETRY = 1500;
/** A lasting failure is retried after one refresh, then after two, and so on up to this number of refreshes or of milliseconds. */
const MOST_REFRESHES = 10;
const LONGEST_LASTING = 300_000;
/** Milliseconds after which a read that was not accepted is repeated. */
const SECOND_LOOK = 5000;
/** After a read that took this many milliseconds to fail, no pause is needed. */
const LONG_READ = 1000;
/** Names that are listed in one line of the log. */
const MOST_TWINS = 10;
/** What the upstream says when it has lost all groups, and when nobody is left in it: it lets empty groups vanish. */
const GONE: readonly ReadError['kind'][] = ['no-group', 'empty-group'];

/** Keeps `snapshot` fresh. Reads one after the other with back-off; a failed read keeps the previous snapshot. `close()` ends it. */
export class Mirror {
  snapshot: Snapshot | undefined;
  private lastError: MirrorState['lastError'];
  private reads = 0;
  private failures = 0;
  /** When the first of the failures in a row was. */
  private failingSince = 0;
  private searchLimit: SearchLimit | undefined;
  private running: Promise<boolean> | undefined;
  private following: Promise<boolean> | undefined;
  private followingWanted: Wanted = 'usual';
  private timer: NodeJS.Timeout | undefined;
  private missing: readonly MissingGroup[] = [];
  private readonly doubt: Doubt;
  private lastTook = 0;
  private isStopped = false;

  constructor(private readonly options: MirrorOptions) {
    this.doubt = new Doubt(options);
  }

  /** Reads for the first time and goes on from then; resolves after the first read, successful or not. */
  async start(): Promise<void> {
    await this.look();
  }

  /** Resolves when a read that began after this call is over: true if it succeeded. Calls in the meantime share it. */
  refreshNow(): Promise<boolean> {
    return this.next('new');
  }

  /** As `refreshNow`, but accepts what another instance has read recently. */
  look(): Promise<boolean> {
    return this.next('usual');
  }

  private next(wanted: Wanted): Promise<boolean> {
    if (this.running === undefined) return this.begin(wanted);
    if (wanted === 'new') this.followingWanted = wanted;
    this.following ??= this.running.then(() => {
      this.following = undefined;
      const next = this.followingWanted;
      this.followingWanted = 'usual';
      return this.begin(next);
    });
    return this.following;
  }

  /** True until the first read is over. */
  get isFirstRead(): boolean {
    return this.reads === 0 && this.failures === 0;
  }

  /** True while the list cannot be read but the upstream answers: people are known one by one, as they were before the first read. */
  get isWithoutList(): boolean {
    return this.lastError !== undefined && isListFault(this.lastError.cause);
  }

  /** True while newer reads are not accepted because of gates other than these: the upstream may know better who is in these. */
  isHeldBackByOthers(gates: GateNames): boolean {
    return this.doubt.isAboutOthers(gates);
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  state(): MirrorState {
    const { lastError, reads, failures, searchLimit, missing } = this;
    const failingSince = failures > 0 ? this.failingSince : undefined;
    return { lastError, reads, failures, failingSince, searchLimit, missing };
  }

  private begin(wanted: Wanted): Promise<boolean> {
    clearTimeout(this.timer);
    this.running = this.read(wanted)
      .catch((error: unknown) => this.broke(error))
      .finally(() => {
        this.running = undefined;
        this.scheduleSurely();
      });
    return this.running;
  }

  /** A defect of ours: the old snapshot stays, and the next read comes. */
  private broke(error: unknown): false {
    this.options.defect?.(error);
    return false;
  }

  /** Whatever fails, there is a next read. */
  private scheduleSurely(): void {
    try {
      this.schedule();
    } catch (error) {
      this.broke(error);
      this.timer = setTimeout(() => this.refreshSoon(), LONGEST_RETRY).unref();
    }
  }

  /** In its own time, and without anybody who waits for it. */
  private refreshSoon(): void {
    try {
      void this.look();
    } catch (error) {
      this.broke(error);
      this.scheduleSurely();
    }
  }

  private async read(wanted: Wanted): Promise<boolean> {
    const { reader, build, now, log } = this.options;
    const startedAt = now();
    try {
      const image = await reader.read(wanted);
      const snapshot = await build(image);
      if (this.isStopped) return false;
      this.doubt.judge(this.snapshot, snapshot);
      const isFirst = this.snapshot === undefined;
      const isNew = this.snapshot !== snapshot;
      this.snapshot = snapshot;
      this.reads++;
      const { memberCount: members } = snapshot;
      const after = Math.round(now() - this.failingSince);
      if (this.failures > 0) log({ kind: 'recovered', members, failures: this.failures, after });
      log({ kind: 'read', members, entries: snapshot.entries.length, ms: Math.round(now() - startedAt), isFirst });
      if (isNew) this.reportTwins(snapshot);
      this.reportLimit(image.searchLimit);
      this.reportMissing(image.missing ?? []);
      this.failures = 0;
      this.lastError = undefined;
      this.options.measured?.('read', now() - startedAt);
      return true;
    } catch (error) {
      if (!this.isStopped) this.failed(error, now() - startedAt);
      return false;
    } finally {
      this.lastTook = now() - startedAt;
    }
  }

  private reportTwins({ twins: { all } }: Snapshot): void {
    if (all.length === 0) return;
    const names = all.slice(0, MOST_TWINS).map(({ upstreamDNs }) => upstreamDNs.slice(0, MOST_TWINS).join(' and '));
    this.options.log({ kind: 'twins', count: all.length, names });
  }

  /** Once, and not for each refresh. */
  private reportLimit(limit: SearchLimit | undefined): void {
    const isNew = limit !== undefined && this.searchLimit === undefined;
    this.searchLimit = limit;
    if (isNew) this.options.log({ kind: 'in-parts', limit: searchLimitText(limit) });
  }

  /** Once for each change. */
  private reportMissing(groups: readonly MissingGroup[]): void {
    const text = (some: readonly MissingGroup[]) => JSON.stringify(some.map(({ name, cause }) => [name, cause]));
    const isNew = text(groups) !== text(this.missing);
    this.missing = groups;
    if (isNew) this.options.log({ kind: 'missing', groups });
  }

  private failed(error: unknown, took: number): void {
    const { log, measured } = this.options;
    const cause = error instanceof ReadError ? error.kind : 'failed';
    const defect = defectIn(error);
    if (defect !== undefined) this.options.defect?.(defect);
    measured?.(cause, took);
    const message = error instanceof Error ? error.message : String(error);
    const isNew = this.lastError?.cause !== cause;
    if (this.failures++ === 0) this.failingSince = this.options.now();
    this.lastError = { cause, message };
    const gaveUp = GONE.includes(cause) && this.snapshot !== undefined && this.doubt.believesAllGone(this.snapshot);
    if (gaveUp) this.snapshot = undefined;
    // Once per kind of failure and then now and again: an outage must not fill the log.
    if (isNew || this.failures % 40 === 0) {
      log({ kind: 'failed', cause, error: message, keepsSnapshot: this.snapshot !== undefined });
    }
    if (gaveUp) log({ kind: 'gave-up', cause });
  }

  private schedule(): void {
    if (this.isStopped) return;
    const { refresh, random } = this.options;
    const regular = refresh * (0.9 + 0.2 * random());
    const { lastError } = this;
    const isLasting = lastError !== undefined && isLastingFault(lastError.cause);
    const pause = isLasting ? regular * this.lastingFactor() : Math.min(regular, this.retryPause());
    this.timer = setTimeout(() => this.refreshSoon(), pause).unref();
  }

  /** How many times the refresh to wait for: it costs the upstream a read each time, and nothing will have changed. */
  private lastingFactor(): number {
    const most = Math.min(MOST_REFRESHES, Math.max(1, LONGEST_LASTING / this.options.refresh));
    return Math.min(2 ** Math.min(this.failures - 1, 20), most);
  }

  private retryPause(): number {
    if (this.failures === 0) return Number.POSITIVE_INFINITY;
    if (this.doubt.isOpen) return Math.min(SECOND_LOOK, this.options.doubt);
    if (this.lastTook > LONG_READ) return FIRST_RETRY;
    const pause = Math.min(FIRST_RETRY * 2 ** Math.min(this.failures - 1, 8), LONGEST_RETRY);
    return pause * (0.75 + 0.25 * this.options.random());
  }
}
