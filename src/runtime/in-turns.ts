// Long work between the turns of the event loop, by real time: whatever clock a test gives to the rest, others have their turns.
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { inSlices, type Steps } from './cooperative.js';

/** Runs the work to its end, for about `slice` milliseconds in each turn of the event loop. */
export function inTurns<Result>(steps: Steps<Result>, slice: number): Promise<Result> {
  return inSlices(steps, slice, () => performance.now(), setImmediate);
}
