// The password checks of one account, as far as they decide on the next one.
import { Visit, Visits } from './visits.js';

/** Addresses that are known of one account at most; the oldest gives way. */
const MOST_KNOWN = 8;
/** Milliseconds for which an address counts as one from which the account logged in recently. */
const LATELY = 7 * 24 * 3_600_000;

/**
 * At most as many failures and open checks are kept as are let through. Most accounts have neither, and log in where they did before: `count` and
 * `latest` are here and not in the lists, so nothing else is read for them (0.12 µs per cached bind instead of 0.37, in a loop over a thousand
 * accounts, Node 20).
 */
export class AccountAttempts {
  /** The generation that it was last put into. */
  turn = -1;
  /** How many checks are on their way, or failed since the last one that did not. */
  count = 0;
  /** Where it logged in last, and when. */
  private latest: Visit | undefined = undefined;
  /** Where else it logged in: each place once. */
  private readonly earlier = new Visits();
  /** Where the checks come from that are on their way. */
  private readonly open = new Visits();
  /** Wrong passwords since the last right one. */
  private readonly failures = new Visits();

  began(address: string, now: number): void {
    this.open.add(new Visit(address, now));
    this.count++;
  }

  /** When the oldest check from there began, which is not on its way any more; undefined: there was none. */
  settled(address: string): number | undefined {
    const visit = this.open.remove(address);
    if (visit !== undefined) this.count--;
    return visit?.at;
  }

  failed(address: string, now: number): void {
    this.failures.add(new Visit(address, now));
    this.count++;
  }

  /** Forgets the failures at or before this time. */
  forgive(until: number): void {
    if (this.count === 0) return;
    const before = this.failures.length;
    this.failures.expire(until);
    this.count -= before - this.failures.length;
  }

  /** Forgets the oldest failures until there are fewer checks and failures than this, if it can. */
  makeRoom(limit: number): void {
    for (; this.count >= limit && this.failures.length > 0; this.count--) this.failures.removeOldest();
  }

  loggedIn(address: string, now: number): void {
    const { latest } = this;
    if (latest?.address === address) {
      latest.at = now;
      return;
    }
    const { earlier } = this;
    const visit = earlier.remove(address) ?? new Visit(address, now);
    visit.at = now;
    if (latest !== undefined) earlier.add(latest);
    if (earlier.length === MOST_KNOWN) earlier.removeOldest();
    this.latest = visit;
  }

  /** True if it logged in there recently. */
  isKnown(address: string, now: number): boolean {
    const { latest } = this;
    if (latest === undefined) return false;
    const since = now - LATELY;
    return latest.address === address ? latest.at > since : this.earlier.hasFrom(address, since);
  }

  /** Known, and nothing from there has failed or waits. */
  isTrusted(address: string, now: number): boolean {
    if (!this.isKnown(address, now)) return false;
    return this.count === 0 || !(this.open.hasFrom(address) || this.failures.hasFrom(address));
  }
}
