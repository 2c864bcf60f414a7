// The fair scheduler: work that arrives together is served a few milliseconds at a time, one address after the other (R72).
import type { Clock } from '../gate/ports.js';
import { LinkedQueue, Queued } from '../runtime/linked-queue.js';

/** Milliseconds of one turn of the event loop that waiting tasks have. */
const SLICE = 5;

/** Whose tasks share one place in the line: the clients of one address. */
export class Lane extends Queued {
  readonly waiting = new LinkedQueue<Task>();
}

/** A task waits in its lane at most once, however often it is scheduled. */
export abstract class Task extends Queued {
  abstract readonly lane: Lane;
  /** Does a millisecond's work or so; `now` by the clock. Throws nothing. True if it left work for the next tick, as a TLS handshake does. */
  abstract run(now: number): boolean;
}

/**
 * The system may report thousands of sockets in one turn of the event loop, and everybody else would wait for the last of them. So work is done
 * immediately only while the turn has time; the rest waits for a slice of each later turn. In a slice the lanes take turns, and in a lane its tasks:
 * five hundred connections of one address wait for each other, and not the others for them.
 */
export class FairScheduler {
  private readonly lanes = new LinkedQueue<Lane>();
  /** Tasks that are left of this slice: one that comes back during it waits for the next one. */
  private left = 0;
  private waiting = 0;
  /** When the work began that counts against the turn; undefined before the first. It may have been in an earlier turn: then a look is due. */
  private since: number | undefined;
  private isArmed = false;
  /** Milliseconds of the longest slice since this was read last. */
  private longest = 0;
  private readonly slice = () => this.within(this.serve);
  private readonly step = () => this.within(this.serveNext);

  /** `defect` receives what a task throws, though it should throw nothing. */
  constructor(
    private readonly clock: Clock,
    private readonly defect: (error: unknown) => void = () => {},
  ) {}

  /** True if what comes now may be done now. The clock is handed in where it was read just before: to ask it costs 50 ns and more. */
  hasTime(now = this.clock()): boolean {
    if (this.since === undefined) {
      this.since = now;
      // A check is due even if nothing is left over: the next turn starts from zero.
      this.arm();
    }
    return now - this.since < SLICE;
  }

  /** Runs the task in a turn to come, behind what waits already. */
  later(task: Task): void {
    if (task.queue !== undefined) return;
    const { lane } = task;
    lane.waiting.add(task);
    this.waiting++;
    if (lane.queue === undefined) this.lanes.add(lane);
    this.arm();
  }

  /** The longest slice since the last call, in milliseconds. */
  takeLongest(): number {
    const { longest } = this;
    this.longest = 0;
    return longest;
  }

  private arm(): void {
    if (this.isArmed) return;
    this.isArmed = true;
    setImmediate(this.slice);
  }

  /** A defect of the scheduler itself ends the slice, and the next one comes. */
  private within(step: (this: FairScheduler) => void): void {
    try {
      step.call(this);
    } catch (error) {
      this.defect(error);
      this.isArmed = false;
      this.since = undefined;
      this.arm();
    }
  }

  private serve(): void {
    this.isArmed = false;
    const now = this.clock();
    this.endSlice(now);
    if (this.waiting === 0) return;
    this.since = now;
    this.left = this.waiting;
    this.serveNext(now);
  }

  private serveNext(begun = this.clock()): void {
    let now = begun;
    for (; this.left > 0 && this.waiting > 0 && now - (this.since ?? 0) < SLICE; now = this.clock()) {
      this.left--;
      // What it left for the next tick counts for it: the clock is asked behind that.
      if (this.runNext(now)) return process.nextTick(this.step);
    }
    this.endSlice(now);
    if (this.waiting > 0) this.arm();
  }

  private runNext(now: number): boolean {
    const lane = this.lanes.take()!;
    const task = lane.waiting.take()!;
    this.waiting--;
    if (lane.waiting.size > 0) this.lanes.add(lane);
    try {
      return task.run(now);
    } catch (error) {
      this.defect(error);
      return false;
    }
  }

  private endSlice(now: number): void {
    if (this.since === undefined) return;
    this.longest = Math.max(this.longest, now - this.since);
    this.since = undefined;
  }
}
