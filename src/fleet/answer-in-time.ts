// An answer of the store that is not waited for any longer than it may take.
import { StoreError } from './store.js';

/** How a wait ends that was too long: the same object each time, so that it can be told from a store that says that it is slow. */
export const LATE = new StoreError('slow', 'no answer in time');

/** Rejects with LATE after `ms`; what comes later is dropped. */
export function inTime<Answer>(answer: Promise<Answer>, ms: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Behind what has arrived already, where it was this process that was late.
    const timer = setTimeout(() => setImmediate(reject, LATE), ms);
    answer.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error as Error);
      },
    );
  });
}
