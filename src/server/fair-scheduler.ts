// The fair scheduler: what comes all at once is served a few milliseconds at a time, one address after the other (R72).
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
  /** Does a millisecond's work or so. Throws nothing. True if it left work for the next tick, as a TLS handshake does. */
  abstract run(): boolean;
}

/**
 * The system reports thousands of sockets in one turn of the event loop, and everybody else would wait for the last of them. So what
 * comes is done at once only while the turn has time; the rest waits, and has a slice of each later turn. In a slice the lanes take
 * turns, and in a lane its tasks: five hundred connections of one address wait for each other, and not the others for them.
 */
export class FairScheduler {
  private readonly lanes = new LinkedQueue<Lane>();
  /** Tasks that are left of this slice: who comes back during it waits for the next one. */
  private left = 0;
  private waiting = 0;
  /** When the work began that counts against the turn; undefined before the first. It may have been in an earlier turn: then a look is due. */
  private since: number | undefined;
  private isArmed = false;
  /** Milliseconds of the longest slice since this was read last. */
  private longest = 0;
  private readonly slice = () => this.within(this.serve);
  private readonly step = () => this.within(this.serveNext);

  /** `defect` is told what a task throws against its promise. */
  constructor(
    private readonly clock: Clock,
    private readonly defect: (error: unknown) => void = () => {},
  ) {}

  /** True if what comes now may be done now. */
  hasTime(): boolean {
    const now = this.clock();
    if (this.since === undefined) {
      this.since = now;
      // A look is due also where nothing is left over: the next turn begins anew.
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
    this.endSlice();
    if (this.waiting === 0) return;
    this.since = this.clock();
    this.left = this.waiting;
    this.serveNext();
  }

  private serveNext(): void {
    while (this.left > 0 && this.waiting > 0 && this.clock() - (this.since ?? 0) < SLICE) {
      this.left--;
      // What it left for the next tick counts for it: the clock is asked behind that.
      if (this.runNext()) return process.nextTick(this.step);
    }
    this.endSlice();
    if (this.waiting > 0) this.arm();
  }

  private runNext(): boolean {
    const lane = this.lanes.take()!;
    const task = lane.waiting.take()!;
    this.waiting--;
    if (lane.waiting.size > 0) this.lanes.add(lane);
    try {
      return task.run();
    } catch (error) {
      this.defect(error);
      return false;
    }
  }

  private endSlice(): void {
    if (this.since === undefined) return;
    this.longest = Math.max(this.longest, this.clock() - this.since);
    this.since = undefined;
  }
}
