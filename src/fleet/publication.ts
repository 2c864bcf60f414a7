// What this instance reads for all, on its way to the others.
import type { Exchange, Reading } from './exchange.js';
import type { Notices } from './notices.js';
import { StoreError } from './store.js';

export interface PublicationOptions {
  readonly exchange: Pick<Exchange, 'publish' | 'newest'>;
  readonly notices: Pick<Notices, 'send'>;
  /** The others have nothing of what was read, and why. */
  readonly failed: (why: string) => void;
  readonly defect: (error: unknown) => void;
}

/** Publishes reads, one after the other, and announces them. */
export class Publication {
  /** The generation that was published last; -1: none. */
  generation = -1;
  /** Why the others have nothing of what was read last; '' if they have. */
  trouble = '';
  /** When the read that is under way, or not published yet, was begun, by the store's clock; 0: none is. */
  underWay = 0;
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly options: PublicationOptions) {}

  /** A read for all begins, at this moment by the store's clock. */
  begin(readAt: number): void {
    this.underWay = readAt;
  }

  /** The read has failed. */
  giveUp(): void {
    this.underWay = 0;
  }

  /** What was read is published beside the mirror, which builds meanwhile. `fence`: as `Exchange.publish` wants it. */
  add(reading: Reading, fence: number): void {
    this.last = this.last.then(() => this.publish(reading, fence));
  }

  private async publish(reading: Reading, fence: number): Promise<void> {
    const { exchange, notices, failed, defect } = this.options;
    try {
      const published = await exchange.publish(reading, fence);
      if (published !== 'done') return;
      this.trouble = '';
      const generation = exchange.newest?.generation ?? 0;
      this.generation = generation;
      await notices.send({ kind: 'published', generation });
    } catch (error) {
      // The others read themselves.
      if (!(error instanceof StoreError)) return defect(error);
      this.trouble = `the read could not be published: ${error.message}`;
      failed(this.trouble);
    } finally {
      if (this.underWay === reading.readAt) this.underWay = 0;
    }
  }
}
