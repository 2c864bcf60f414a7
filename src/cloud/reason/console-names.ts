// Whom the console knows: read when it matters whether a name is invented, and kept for an hour.
import { ShardedMap } from '../../runtime/sharded-map.js';
import { CloudError } from '../ports.js';
import { accountKeyOf } from './findings.js';

/** Milliseconds from one read to the next, and to the next try after one that brought nothing. */
const KEPT = 3_600_000;
const FAILED_PAUSE = 5 * 60_000;

export interface ConsoleNamesParts {
  /** User names and mail addresses, in pages. May reject with a CloudError. */
  readonly read: () => AsyncIterable<readonly string[]>;
  /** A fault of ours. */
  readonly defect: (error: unknown) => void;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
}

/** The user names that the console knows; read once an hour at most, a call per hundred. */
export class ConsoleNames {
  private names = new ShardedMap<true>();
  /** Of the read before, as long as the newest one was broken off. */
  private before: ShardedMap<true> | undefined;
  private dueAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;

  constructor(private readonly parts: ConsoleNamesParts) {}

  has(account: string): boolean {
    const key = accountKeyOf(account);
    return this.names.has(key) || this.before?.has(key) === true;
  }

  /** Reading would tell more, or is under way. */
  get isDue(): boolean {
    return this.reading !== undefined || this.parts.clock() >= this.dueAt;
  }

  /** Resolves when a read is over, however it ends; a call in the meantime is the same one. */
  read(): Promise<void> {
    this.reading ??= this.once().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  /** Of a read that was broken off the names are known as well. */
  private async once(): Promise<void> {
    const names = new ShardedMap<true>();
    let isWhole = false;
    try {
      for await (const page of this.parts.read()) for (const name of page) names.set(accountKeyOf(name), true);
      isWhole = true;
    } catch (error) {
      // The API's health reports its own faults.
      if (!(error instanceof CloudError)) this.parts.defect(error);
    }
    this.before = isWhole ? undefined : this.names;
    this.names = names;
    this.dueAt = this.parts.clock() + (names.size > 0 ? KEPT : FAILED_PAUSE);
  }
}
