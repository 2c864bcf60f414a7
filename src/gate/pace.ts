// Equal pace: a refusal that needed no upstream takes as long as one that did, so that time tells nothing (R3).
import type { Clock } from './ports.js';

const SAMPLES = 32;

/** Remembers how long recent refusals by the upstream took and delays local ones to match. */
export class Pace {
  private readonly samples: number[] = [];
  private next = 0;

  constructor(
    private readonly clock: Clock,
    /** From 0 to below 1; which of the samples to imitate. */
    private readonly random: () => number,
    /** Milliseconds; no refusal is held back longer. */
    private readonly longest: number,
  ) {}

  /** A refusal that the upstream gave took `ms`, counted from the client's request. */
  observed(ms: number): void {
    this.samples[this.next] = ms;
    this.next = (this.next + 1) % SAMPLES;
  }

  /** Calls `done` when a refusal that began at `startedAt` would have come back from upstream. Returns how to give up waiting. */
  hold(startedAt: number, done: () => void): () => void {
    const sample = this.samples[Math.floor(this.random() * this.samples.length)] ?? 0;
    const rest = Math.min(sample, this.longest) - (this.clock() - startedAt);
    if (rest < 0.5) {
      done();
      return () => {};
    }
    const timer = setTimeout(done, Math.round(rest));
    return () => clearTimeout(timer);
  }
}
