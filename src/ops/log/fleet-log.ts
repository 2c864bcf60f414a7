// The line about the store that instances share: when it is away, and when it is back.
import type { Logger } from './log.js';
import { printable } from './printable.js';

/** `trouble`: why it is away; undefined: it is back. */
export function logFleet(log: Logger, trouble: string | undefined): void {
  if (trouble === undefined)
    return log.info('fleet: the store answers; attempts are counted by all instances together');
  const remedy = 'Look at the store and at fleet.url; log-ins go on, and it is asked again each second.';
  log.warn(
    { 'error.message': printable(trouble), remedy },
    `fleet: the store is away (${printable(trouble)}); attempts are counted by this instance alone`,
  );
}
