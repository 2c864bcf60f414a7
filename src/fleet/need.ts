// What one read of the directory needs: how new an image of another instance has to be, and how long it is waited for.
import type { Wanted } from '../directory/reader.js';
import type { Head } from './head.js';
import type { Seen } from './lease.js';

/**
 * Milliseconds to wait for the instance that reads: twice what a read takes, within these bounds. Where nobody waits for the read, it is enough
 * to see the lease of a dead instance expire, so that one of the others reads, and not all.
 */
const LEAST_PATIENCE = 3000;
const MOST_PATIENCE = 30_000;
const BEYOND_LEASE = 2000;
/** How many refreshes old an image may be that is taken as usual: the next one is due. */
const FRESH = 1.25;

export interface NeedTimes {
  /** Milliseconds from one read to the next. */
  readonly refresh: number;
  /** Milliseconds of the lease. */
  readonly leaseTime: number;
}

/** Of one read. Moments are milliseconds by the store's clock. */
export class Need {
  constructor(
    private readonly wanted: Wanted,
    /** When the read began to look. */
    private readonly asked: number,
    private readonly times: NeedTimes,
  ) {}

  /**
   * Whether what is published will do. The holder of the lease takes only what another instance has read recently: after a read of its own it
   * reads again, as its mirror says. `own`: the generation that this instance has published last.
   */
  isMetBy(head: Head, { now, fence }: Seen, own: number): boolean {
    const { wanted, asked } = this;
    const age = now - head.readAt;
    // The store's clock has gone back since: nobody knows how old the image is, and the holder of the lease reads again.
    if (age < 0 && (fence > 0 || wanted === 'new')) return false;
    if (wanted === 'new') return head.readAt >= asked;
    if (fence > 0) return head.generation !== own && age <= this.times.refresh / 2;
    return age <= this.oldest(head);
  }

  /** Milliseconds to wait for something newer than this. */
  patience(head: Head | undefined): number {
    const least = this.wanted === 'new' ? LEAST_PATIENCE : this.times.leaseTime + BEYOND_LEASE;
    return Math.min(Math.max(2 * (head?.took ?? 0) + 1000, least), MOST_PATIENCE);
  }

  /** Since when an image must have been read to be of use; those who look within the same second wish for the same. */
  since(head: Head | undefined, now: number): number {
    return this.wanted === 'new' ? this.asked : Math.ceil((now - this.oldest(head)) / 1000) * 1000;
  }

  /** Milliseconds. */
  private oldest(head: Head | undefined): number {
    return FRESH * this.times.refresh + (head?.took ?? 0) + 1000;
  }
}
