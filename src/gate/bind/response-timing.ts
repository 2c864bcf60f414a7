// Response timing: a refusal that needed no upstream takes as long as one that did, so that time tells nothing (R3).
const SAMPLES = 32;

/** Remembers how long recent refusals by the upstream took, and says how long local ones are to be held back to match. */
export class ResponseTiming {
  private readonly samples: number[] = [];
  private next = 0;

  constructor(
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

  /** Milliseconds that a refusal which has taken `elapsed` ms so far is still to be held back; 0: answer now. */
  rest(elapsed: number): number {
    const sample = this.samples[Math.floor(this.random() * this.samples.length)] ?? 0;
    const rest = Math.min(sample, this.longest) - elapsed;
    return rest < 0.5 ? 0 : Math.round(rest);
  }
}
