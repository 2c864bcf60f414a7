// Work without a connection: an operation, or steps, carried on a little at a time, as explanations and tests need it.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { UNLIMITED_RANKS, Work } from '../directory/work.js';
import type { SearchResultEntry } from '../ldap/message.js';
import type { Steps } from '../runtime/cooperative.js';
import type { Ended, Operation, Outstanding } from './operation.js';
import type { Clock } from './ports.js';

/** Nothing else is under way. */
export const ALONE: Outstanding = { size: 0, has: () => false, ranked: UNLIMITED_RANKS };

/** Units of work before other work of the process has its turn. */
const SHARE = 2000;

/** Resolves with the end of the operation; `entry` is called for each entry before. Rejects with what the operation throws. */
export async function runAlone(
  operation: Operation,
  clock: Clock,
  entry: (entry: SearchResultEntry) => void = () => {},
): Promise<Ended> {
  const work = new Work(0);
  let wake = () => {};
  operation.wake = () => wake();
  for (;;) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (work.left <= 0) work.left = SHARE;
    const progress = operation.advance(work, clock());
    if (progress === 'again') await nextTurn();
    else if (progress === 'waiting') await woken;
    else if ('kind' in progress) entry(progress);
    else return progress;
  }
}

/**
 * Runs steps in turns of their own; `begin` is handed the budget that they spend. Steps may end before it is spent: the turn goes on then, and
 * each costs a unit at least. Rejects with what they throw.
 */
export async function inTurns<Result>(begin: (work: Work) => Steps<Result>): Promise<Result> {
  const work = new Work(0);
  const steps = begin(work);
  for (;;) {
    await nextTurn();
    work.left = SHARE;
    while (work.left > 0) {
      const { done, value } = steps.next();
      if (done === true) return value;
      work.left -= 1;
    }
  }
}
