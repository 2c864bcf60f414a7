// Finds the event of Directory Insights that belongs to a bind.
import { type CloudApi, CloudError, type CloudEvent } from '../ports.js';
import type { Counted } from './organisation.js';

/** Milliseconds by which JumpCloud's clock and ours may differ. */
const SKEW = 5_000;
/** IDs that are kept: an event counts for seconds. */
const MOST_USED = 1000;

export interface AskedBind {
  /** The canonical uid; of a name that led to none, the name. */
  readonly account: string;
  /** When the bind began and ended: milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** True for a single bind: its event belongs to no other bind. */
  readonly isAttempt?: boolean;
}

/** Finds the event of a refused bind in Directory Insights. One event explains one attempt. */
export class BindEvents {
  /** IDs of events that have explained an attempt. */
  private readonly used = new Set<string>();

  constructor(private readonly api: Pick<CloudApi, 'events'>) {}

  /** The nearest of the account's refused binds in time, the newest of equals; for an attempt, one that has not explained another. Rejects with a CloudError. */
  async of(question: AskedBind, counted: Counted): Promise<CloudEvent | 'no-plan' | undefined> {
    counted();
    try {
      const [nearest] = (await this.around(question)).sort((one, other) => away(one, question) - away(other, question));
      if (nearest !== undefined && question.isAttempt === true) this.add(nearest.id);
      return nearest;
    } catch (error) {
      if (error instanceof CloudError && error.fault === 'no-plan') return 'no-plan';
      throw error;
    }
  }

  /** The newest first. */
  private async around({ account, from, to, isAttempt = false }: AskedBind): Promise<CloudEvent[]> {
    const username = account.toLowerCase();
    const { events } = await this.api.events('reason', {
      ...{ services: ['ldap'], types: ['ldap_bind'], username, since: from - SKEW, until: to + SKEW },
      ...{ newestFirst: true, limit: 5 },
    });
    return events.filter(
      (event) =>
        event.type === 'ldap_bind' &&
        event.success !== true &&
        event.username === username &&
        event.at >= from - SKEW &&
        event.at <= to + SKEW &&
        !(isAttempt && this.used.has(event.id)),
    );
  }

  private add(id: string): void {
    this.used.add(id);
    const oldest = this.used.values().next().value;
    if (this.used.size > MOST_USED && oldest !== undefined) this.used.delete(oldest);
  }
}

/** Milliseconds between an event and the time of the bind. */
function away({ at }: CloudEvent, { from, to }: AskedBind): number {
  return Math.max(from - at, at - to, 0);
}
