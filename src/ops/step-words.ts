// The steps of an operation in words for a person; JSON and the log for programs keep the steps' names.
import type { StepName } from '../gate/trace.js';

/** By the step. */
export const STEP_WORDS: Readonly<Record<StepName, string>> = {
  refuseUnusable: 'request',
  resolveName: 'name',
  admit: 'membership',
  throttle: 'rate limit',
  recall: 'cache',
  verify: 'password',
  remember: 'cache update',
  authorize: 'permission',
  evaluate: 'filter',
  answer: 'answer',
};

/** The word for a step; a name that a newer instance has made up stays as it is. */
export function stepWord(name: string): string {
  return Object.hasOwn(STEP_WORDS, name) ? STEP_WORDS[name as StepName] : name;
}

/** The same for a step of the log, `name: decision`. */
export function stepText(step: string): string {
  const [, name = '', rest = step] = /^([A-Za-z]+)(: .*)$/s.exec(step) ?? [];
  return stepWord(name) + rest;
}
