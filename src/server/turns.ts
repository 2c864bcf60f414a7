// Fair turns: what comes all at once is served a few milliseconds at a time, so that whoever comes meanwhile is served between (R72).
import type { Clock } from '../gate/ports.js';

/** Milliseconds of one turn of the event loop that a burst has. */
const SLICE = 5;
/** Works that were served and are still held. */
const LONG = 1024;

/**
 * The system tells of thousands of sockets in one turn of the event loop, and everybody else would wait for the last of them. So what
 * comes is done at once only while the turn has time; the rest stands in line, and the line has a slice of each later turn.
 */
export class Turns {
  private line: ((() => void) | undefined)[] = [];
  /** Of the line: the next one. */
  private next = 0;
  /** How many of the line stood in it when the slice began: who comes back during it waits for the next one. */
  private last = 0;
  /** When the work began that counts against the turn; undefined before the first. It may have been in an earlier turn: then a look is due. */
  private since: number | undefined;
  private isArmed = false;
  private readonly slice = () => this.serve();
  private readonly step = () => this.serveNext();

  constructor(private readonly clock: Clock) {}

  /** True if what comes now may be done now. */
  hasTime(): boolean {
    const now = this.clock();
    this.since ??= now;
    return now - this.since < SLICE;
  }

  /** Does the work in a turn to come, behind all that waits already. Works are to be one per connection at most: the line has no other bound. */
  later(work: () => void): void {
    this.line.push(work);
    this.arm();
  }

  private arm(): void {
    if (this.isArmed) return;
    this.isArmed = true;
    setImmediate(this.slice);
  }

  private serve(): void {
    this.isArmed = false;
    this.since = this.clock();
    this.last = this.line.length;
    this.serveNext();
  }

  private serveNext(): void {
    if (this.next < this.last && this.hasTime()) {
      const work = this.line[this.next]!;
      // A line that has grown old must not keep those alive that it was about.
      this.line[this.next++] = undefined;
      work();
      // What it left for the next tick (a TLS handshake is) counts for it: the clock is asked behind that.
      return process.nextTick(this.step);
    }
    this.since = undefined;
    if (this.next < this.line.length) return this.tidy();
    this.line = [];
    this.next = 0;
  }

  /** Lets go what was served, now and again, and comes back for the rest. */
  private tidy(): void {
    if (this.next > LONG) {
      this.line = this.line.slice(this.next);
      this.next = 0;
    }
    this.arm();
  }
}
