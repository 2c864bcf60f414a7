// A password check that is made here, counted before it begins: nothing locks, but guesses are still limited.
import type { Permission, RateLimiter, VerdictWait } from '../ports.js';
import type { HashDone } from './hash-queue.js';

/** Begins a check; returns how to say that nobody waits for it any more. */
export type BeginCheck = (done: HashDone) => () => void;

/**
 * Counts a check by account and address and begins it; only what could not be decided is given back (R113). `done` is called as by `begin`.
 * What is used up instead, if it may not begin.
 */
export function countedCheck(
  rateLimiter: RateLimiter,
  account: string,
  address: string,
  begin: BeginCheck,
  done: HashDone,
): VerdictWait | Exclude<Permission, 'allowed'> {
  const permission = rateLimiter.takeHere(account, address);
  if (permission !== 'allowed') return permission;
  let isSettled = false;
  const settle = (outcome: 'right' | 'wrong' | 'undecided') => {
    if (!isSettled) rateLimiter.settledHere(account, address, outcome);
    isSettled = true;
  };
  const stop = begin((outcome, cause) => {
    settle(outcome === 'right' || outcome === 'wrong' ? outcome : 'undecided');
    done(outcome, cause);
  });
  return {
    leave: () => {
      stop();
      // Still a guess: a client may learn enough from no answer in time, and a finished hash is kept.
      settle('wrong');
    },
  };
}
