// Outcomes of passwords that the store does not have yet, and those that it may lose.
import type { Batches } from './batches.js';
import { type Check, Repeated } from './check.js';

/** The limit of outcomes that are kept for a store that is away, and half of that of recent ones; and the number that are reported at the same time. */
const MOST_KEPT = 10_000;
const WAVE = 200;
/** How often what came during a report is reported before the next decision, at most: with logins all the time, more comes each time. */
const MOST_PASSES = 5;

/** Keeps outcomes, within bounds, until they are reported in the order in which they happened. Beyond the bounds the oldest are dropped. */
export class Backlog {
  /** What is not reported yet. */
  private waiting: Check[] = [];
  /** Recent wrong passwords that this instance has seen, and right ones by which wrong ones are forgiven, for a store that has lost them. */
  private recent: Check[] = [];

  constructor(private readonly batches: Pick<Batches, 'add'>) {}

  /** True while nothing waits to be reported. */
  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** It is reported later. */
  keep(check: Check): void {
    this.waiting.push(check);
    if (this.waiting.length > MOST_KEPT) this.waiting.shift();
  }

  /** It is reported once more to a store that was emptied. */
  remember(check: Check): void {
    const { recent } = this;
    if (check.isRecent) return;
    check.isRecent = true;
    recent.push(check);
    if (recent.length < 2 * MOST_KEPT) return;
    this.recent = recent.slice(MOST_KEPT);
  }

  /** What was wrong of the account, as it is named in the store, is reported as if it had not been. */
  forgive(account: string): void {
    for (const each of [...this.recent, ...this.waiting]) each.forgive(account);
  }

  /** The store has lost its data: what is recent waits once more. `now`: by the clock of the checks. */
  remind(now: number): void {
    const lately = this.recent.filter(
      ({ at, terms, outcome }) => outcome !== 'undecided' && now - at < terms.limits.accountWindow,
    );
    this.recent = lately;
    this.waiting = [...new Set([...lately, ...this.waiting])].slice(-MOST_KEPT);
  }

  /**
   * Reports what waits, and what comes meanwhile until it is little. False if it was given up; rejects with StoreError if the store did not take it.
   */
  async report(isGivenUp: () => boolean): Promise<boolean> {
    for (let pass = 0; pass < MOST_PASSES && this.waiting.length > (pass === 0 ? 0 : WAVE); pass++)
      if (!(await this.reportPresent(isGivenUp))) return false;
    return true;
  }

  /**
   * Reports what waits at the moment, as `report` does, and nothing that comes later. The first of them go to the store before this has returned,
   * and so before any decision that is asked for from then on.
   */
  async reportPresent(isGivenUp: () => boolean): Promise<boolean> {
    for (let left = this.waiting.length; left > 0; left -= WAVE) {
      const wave = this.waiting.slice(0, Math.min(left, WAVE));
      // In the order of the connection, so in that of time.
      await Promise.all(wave.map((check) => this.reportOne(check)));
      if (isGivenUp()) return false;
      // Nothing but what overflowed has left the front meanwhile.
      const told = new Set(wave);
      let rest = 0;
      while (told.has(this.waiting[rest]!)) rest++;
      this.waiting = this.waiting.slice(rest);
    }
    return true;
  }

  private reportOne(check: Check): Promise<void> {
    return new Promise((resolve, reject) => {
      this.batches.add(new Repeated(check, (error) => (error === undefined ? resolve() : reject(error))));
    });
  }
}
