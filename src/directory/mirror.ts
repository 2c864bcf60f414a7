// The mirror: keeps a snapshot fresh by reading the upstream again and again. A failed read keeps the old snapshot.
import type { UpstreamImage } from './reader.js';
import { ReadError, type Reader } from './reader.js';
import type { Snapshot } from './snapshot.js';

export type MirrorEvent =
  | { readonly kind: 'read'; readonly members: number; readonly entries: number; readonly ms: number }
  | {
      readonly kind: 'failed';
      readonly cause: ReadError['kind'];
      readonly error: string;
      readonly keepsSnapshot: boolean;
    }
  | { readonly kind: 'recovered'; readonly members: number; readonly failures: number };

export interface MirrorOptions {
  readonly reader: Pick<Reader, 'read'>;
  readonly build: (image: UpstreamImage) => Snapshot;
  /** Milliseconds from one read to the next. */
  readonly refresh: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 to below 1: spreads the reads of many instances. */
  readonly random: () => number;
  readonly log: (event: MirrorEvent) => void;
}

export interface MirrorState {
  readonly lastError: { readonly cause: ReadError['kind']; readonly message: string } | undefined;
  readonly reads: number;
  /** Failures in a row. */
  readonly failures: number;
}

/** After a failure the next try comes soon, so that service is back within two seconds of the upstream (R81). */
const FIRST_RETRY = 250;
const LONGEST_RETRY = 1500;

export class Mirror {
  snapshot: Snapshot | undefined;
  private lastError: MirrorState['lastError'];
  private reads = 0;
  private failures = 0;
  private running: Promise<boolean> | undefined;
  private following: Promise<boolean> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(private readonly options: MirrorOptions) {}

  /** Reads for the first time and goes on from then; resolves after the first read, successful or not. */
  async start(): Promise<void> {
    await this.refreshNow();
  }

  /** Resolves when a read that began after this call is over: true if it succeeded. Calls in the meantime share it. */
  refreshNow(): Promise<boolean> {
    if (this.running === undefined) return this.begin();
    this.following ??= this.running.then(() => {
      this.following = undefined;
      return this.begin();
    });
    return this.following;
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  state(): MirrorState {
    return { lastError: this.lastError, reads: this.reads, failures: this.failures };
  }

  private begin(): Promise<boolean> {
    clearTimeout(this.timer);
    this.running = this.read().finally(() => {
      this.running = undefined;
      this.schedule();
    });
    return this.running;
  }

  private async read(): Promise<boolean> {
    const { reader, build, now, log } = this.options;
    const startedAt = now();
    try {
      const snapshot = build(await reader.read());
      if (this.isStopped) return false;
      this.snapshot = snapshot;
      this.reads++;
      const { memberCount: members } = snapshot;
      if (this.failures > 0) log({ kind: 'recovered', members, failures: this.failures });
      log({ kind: 'read', members, entries: snapshot.entries.length, ms: Math.round(now() - startedAt) });
      this.failures = 0;
      this.lastError = undefined;
      return true;
    } catch (error) {
      if (this.isStopped) return false;
      const cause = error instanceof ReadError ? error.kind : 'failed';
      const message = error instanceof Error ? error.message : String(error);
      const isNew = this.lastError?.cause !== cause;
      this.failures++;
      this.lastError = { cause, message };
      // Once per kind of failure and then now and again: an outage must not fill the log.
      if (isNew || this.failures % 40 === 0) {
        log({ kind: 'failed', cause, error: message, keepsSnapshot: this.snapshot !== undefined });
      }
      return false;
    }
  }

  private schedule(): void {
    if (this.isStopped) return;
    const { refresh, random } = this.options;
    const regular = refresh * (0.9 + 0.2 * random());
    const wait =
      this.failures === 0
        ? regular
        : Math.min(regular, FIRST_RETRY * 2 ** Math.min(this.failures - 1, 8), LONGEST_RETRY);
    this.timer = setTimeout(() => void this.refreshNow(), wait).unref();
  }
}
