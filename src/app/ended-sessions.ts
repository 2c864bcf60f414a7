// Sessions that another instance of the fleet has revoked: they end here as well, many accounts in one pass over all connections.
import { accountKey } from '../gate/bind/revocations.js';
import type { Steps } from '../runtime/cooperative.js';
import { inTurns } from '../runtime/in-turns.js';

/** Accounts of one pass; of more, all sessions end: more than was asked for, and never less. */
const MOST_ACCOUNTS = 10_000;
/** Milliseconds of the event loop that are taken at a time. */
const SLICE = 0.4;

export interface EndedSessionsParts {
  /** Makes the sessions of the users for whom it returns true anonymous; returns their number. */
  readonly revokeSessions: (isRevoked: (uid: string) => boolean) => Steps<number>;
  readonly defect: (error: unknown) => void;
}

/** Ends the sessions of accounts that another instance has revoked, in batches of a few milliseconds each. */
export class EndedSessions {
  /** By `accountKey`. */
  private waiting = new Set<string>();
  private isRunning = false;

  constructor(private readonly parts: EndedSessionsParts) {}

  /** Soon, with those of others that come meanwhile. */
  end(account: string): void {
    if (this.waiting.size <= MOST_ACCOUNTS) this.waiting.add(accountKey(account));
    if (this.isRunning) return;
    this.isRunning = true;
    this.run()
      .catch(this.parts.defect)
      .finally(() => {
        this.isRunning = false;
      });
  }

  private async run(): Promise<void> {
    while (this.waiting.size > 0) {
      const ended = this.waiting;
      this.waiting = new Set();
      const isAll = ended.size > MOST_ACCOUNTS;
      await inTurns(
        this.parts.revokeSessions((uid) => isAll || ended.has(accountKey(uid))),
        SLICE,
      );
    }
  }
}
