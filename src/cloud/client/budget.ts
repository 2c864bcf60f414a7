// How many calls may be made: each purpose has an allowance of its own that refills steadily, so that none can starve another.
import type { Purpose } from '../ports.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Calls an hour. A poll every 12 s is 300. */
export const CALLS_PER_HOUR: Readonly<Record<Purpose, number>> = {
  revocation: 600,
  reason: 300,
  names: 500,
  lag: 600,
  reader: 30,
  check: 100,
  settings: 50,
};

/** The size of a burst: the allowance of this number of minutes, and at least this number of calls. A list of 25,000 members, or users, is 250 calls. */
const burstMinutes = (purpose: Purpose) => (purpose === 'lag' || purpose === 'names' ? 30 : 10);
const LEAST_BURST = 30;

/** An allowance of API calls for each purpose, refilled steadily. */
export class CallBudget {
  private readonly left = new Map<Purpose, number>();
  private refilledAt: number;
  /** Calls by the minute, of the last hour. */
  private readonly minutes = new Array<number>(60).fill(0);
  private minute: number;

  /** `clock`: milliseconds that never go back. */
  constructor(private readonly clock: () => number) {
    this.refilledAt = clock();
    this.minute = Math.floor(this.refilledAt / MINUTE);
    for (const purpose of PURPOSES) this.left.set(purpose, burstOf(purpose));
  }

  /** False if the purpose has used up what it may. */
  take(purpose: Purpose): boolean {
    this.refill();
    const left = this.left.get(purpose) ?? 0;
    if (left < 1) return false;
    this.left.set(purpose, left - 1);
    this.turn();
    this.minutes[this.minute % 60]!++;
    return true;
  }

  get lastHour(): number {
    this.turn();
    return this.minutes.reduce((sum, count) => sum + count, 0);
  }

  private refill(): void {
    const now = this.clock();
    const passed = now - this.refilledAt;
    this.refilledAt = now;
    for (const purpose of PURPOSES) {
      const refilled = (this.left.get(purpose) ?? 0) + (CALLS_PER_HOUR[purpose] * passed) / HOUR;
      this.left.set(purpose, Math.min(burstOf(purpose), refilled));
    }
  }

  /** Minutes that have passed without a call count none. */
  private turn(): void {
    const now = Math.floor(this.clock() / MINUTE);
    for (let passed = Math.min(60, now - this.minute); passed > 0; passed--) this.minutes[(now - passed + 1) % 60] = 0;
    this.minute = now;
  }
}

const PURPOSES = Object.keys(CALLS_PER_HOUR) as Purpose[];

/** How many calls may be made in one burst, after a pause. */
export function burstOf(purpose: Purpose): number {
  return Math.max(LEAST_BURST, (CALLS_PER_HOUR[purpose] * burstMinutes(purpose)) / 60);
}
