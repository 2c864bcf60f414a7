// How long a connection may stay unused: below what the upstream allows, which is learned from the connections that it closes.

/** An upstream that restarts closes everything at the same time: only two closings after the same idle time show a limit. */
const SIMILAR = 0.15;
const SLACK = 250;
/** Milliseconds: closings so near each other are one event. */
const ONE_EVENT = 2000;
/** Milliseconds after which a lesson is forgotten: the upstream may have been set otherwise. */
const FORGET = 3_600_000;
const SHORTEST = 500;

/** How long a connection may stay idle: ours, or the upstream's own limit once two closings revealed it. */
export class IdleLimit {
  private learnt: number | undefined;
  private learntAt = 0;
  private last: { readonly idle: number; readonly at: number } | undefined;

  constructor(
    /** Milliseconds: the longest of our own choice. */
    private readonly longest: number,
  ) {}

  /** The upstream closed a connection that had been unused for `idle` ms. `now`: milliseconds, monotonic. */
  closedByUpstream(idle: number, now: number): void {
    const { last } = this;
    if (last !== undefined && now - last.at < ONE_EVENT) return;
    this.last = { idle, at: now };
    if (last === undefined || Math.abs(last.idle - idle) > SLACK + SIMILAR * idle) return;
    this.learnt = Math.max(SHORTEST, 0.8 * Math.min(idle, last.idle));
    this.learntAt = now;
  }

  /** Milliseconds. */
  at(now: number): number {
    if (this.learnt === undefined) return this.longest;
    if (now - this.learntAt > FORGET) this.learnt = this.last = undefined;
    return Math.min(this.longest, this.learnt ?? this.longest);
  }
}
