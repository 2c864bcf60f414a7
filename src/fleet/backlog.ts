// Outcomes of passwords that the store does not have yet, and those that it may lose.
import type { Batches } from './batches.js';
import { type Check, Repeated } from './check.js';

/** The limit of outcomes that are kept of either weight for a store that is away, and half of that of recent ones. */
const MOST_KEPT = 10_000;
/** How many are reported at the same time. */
const WAVE = 200;
/** How often what came during a report is reported before the next decision, at most: with logins all the time, more comes each time. */
const MOST_PASSES = 5;

/** Outcomes in the order in which they happened. Beyond the bound the oldest are dropped. */
class Waiting {
  private checks: Check[] = [];

  get size(): number {
    return this.checks.length;
  }

  push(check: Check): void {
    this.checks.push(check);
    if (this.checks.length > MOST_KEPT) this.checks.shift();
  }

  /** Before all others, those that are there already once. */
  pushFirst(checks: readonly Check[]): void {
    this.checks = [...new Set([...checks, ...this.checks])].slice(-MOST_KEPT);
  }

  first(most: number): readonly Check[] {
    return this.checks.slice(0, most);
  }

  /** These were the first. Nothing but what overflowed has left the front since. */
  remove(checks: readonly Check[]): void {
    const gone = new Set(checks);
    let rest = 0;
    while (gone.has(this.checks[rest]!)) rest++;
    this.checks = this.checks.slice(rest);
  }

  forgive(account: string): void {
    for (const each of this.checks) each.forgive(account);
  }
}

/**
 * Keeps outcomes, within bounds, until they are reported. Those on which later decisions depend are reported first, and the others never push them
 * out.
 */
export class Backlog {
  /** Wrong passwords, right ones that forgive them, and what the store counts as on its way. */
  private readonly grave = new Waiting();
  /** Other right passwords: the store learns where their accounts log in. */
  private readonly plain = new Waiting();
  /** By account, as it is named in the store: when a password of it was wrong last that no right one in `grave` has followed. */
  private readonly wronged = new Map<string, number>();
  /** Recent wrong passwords that this instance has seen, and right ones by which wrong ones are forgiven, for a store that has lost them. */
  private recent: Check[] = [];

  constructor(private readonly batches: Pick<Batches, 'add'>) {}

  /** True while nothing waits to be reported. */
  get isEmpty(): boolean {
    return this.grave.size + this.plain.size === 0;
  }

  /** It is reported later. */
  keep(check: Check): void {
    const { outcome, wasAsked } = check;
    // The store knows nothing of it, and there is nothing to learn.
    if (outcome === 'undecided' && !wasAsked) return;
    if (outcome === 'right') check.forgives ||= this.forgivesAny(check);
    if (outcome === 'wrong' || wasAsked || check.forgives) this.grave.push(check);
    else this.plain.push(check);
  }

  /** The first one that was sent after the last wrong one is enough: an application's account would fill `grave` with the others. */
  private forgivesAny({ account, began }: Check): boolean {
    const wrongAt = this.wronged.get(account);
    if (wrongAt === undefined) return false;
    if (began >= wrongAt) this.wronged.delete(account);
    return true;
  }

  private countWrong({ account, at }: Check): void {
    const { wronged } = this;
    wronged.delete(account);
    wronged.set(account, at);
    if (wronged.size > MOST_KEPT) for (const oldest of wronged.keys()) return void wronged.delete(oldest);
  }

  /** It is reported once more to a store that was emptied. */
  remember(check: Check): void {
    const { recent } = this;
    if (check.isRecent) return;
    check.isRecent = true;
    if (check.outcome === 'wrong') this.countWrong(check);
    recent.push(check);
    if (recent.length < 2 * MOST_KEPT) return;
    this.recent = recent.slice(MOST_KEPT);
  }

  /** What was wrong of the account, as it is named in the store, is reported as if it had not been. */
  forgive(account: string): void {
    for (const each of this.recent) each.forgive(account);
    this.grave.forgive(account);
  }

  /** The store has lost its data: what is recent waits once more. `now`: by the clock of the checks. */
  remind(now: number): void {
    const lately = this.recent.filter(
      ({ at, terms, outcome }) => outcome !== 'undecided' && now - at < terms.limits.accountWindow,
    );
    this.recent = lately;
    this.grave.pushFirst(lately);
  }

  /**
   * Reports what others must know before they decide, and what of it comes meanwhile until it is little. False if it was given up; rejects with
   * StoreError if the store did not take it.
   */
  async report(isGivenUp: () => boolean): Promise<boolean> {
    for (let pass = 0; pass < MOST_PASSES && this.grave.size > (pass === 0 ? 0 : WAVE); pass++)
      if (!(await this.reportPresent(this.grave, isGivenUp))) return false;
    return true;
  }

  /**
   * Reports all that waits, as `report` does, and nothing that comes later. The first of them go to the store before this has returned, and so before
   * any decision that is asked for from then on.
   */
  async reportRest(isGivenUp: () => boolean): Promise<boolean> {
    return (await this.reportPresent(this.grave, isGivenUp)) && this.reportPresent(this.plain, isGivenUp);
  }

  private async reportPresent(waiting: Waiting, isGivenUp: () => boolean): Promise<boolean> {
    for (let left = waiting.size; left > 0; left -= WAVE) {
      const wave = waiting.first(Math.min(left, WAVE));
      // In the order of the connection, so in that of time.
      await Promise.all(wave.map((check) => this.reportOne(check)));
      if (isGivenUp()) return false;
      waiting.remove(wave);
    }
    return true;
  }

  private reportOne(check: Check): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = (error?: Error) => {
        if (error !== undefined) return reject(error);
        // What it has forgiven, it may have forgiven the first time, when the answer was lost.
        if (check.forgives) this.remember(check);
        resolve();
      };
      this.batches.add(new Repeated(check, ended));
    });
  }
}
