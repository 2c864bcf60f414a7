// The line about the store that instances share: when it is away, and when it is back.
import type { FleetReading } from '../../fleet/fleet-reader.js';
import type { Logger } from './log.js';
import { printable } from './printable.js';

/** `trouble`: why it is away; undefined: it is back. */
export function logFleet(log: Logger, trouble: string | undefined): void {
  if (trouble === undefined)
    return log.info(
      'fleet: the store answers; once it has received the results of this instance, all instances count attempts together',
    );
  const remedy = 'Check the store and fleet.url; logins continue, and the store is tried again every second.';
  log.warn(
    { 'error.message': printable(trouble), remedy },
    `fleet: the store is away (${printable(trouble)}); attempts are counted by this instance alone`,
  );
}

/** Who reads the directory, at each change. */
export function logReading(log: Logger, { role, why, by }: FleetReading): void {
  switch (role) {
    case undefined:
      return;
    case 'reader':
      if (why === '') return log.info('fleet: this instance reads the directory for all');
      return log.warn(
        { 'error.message': printable(why) },
        `fleet: ${printable(why)}; the other instances read on their own`,
      );
    case 'taker':
      return log.info(`fleet: ${by === undefined ? 'another instance' : printable(by)} reads the directory for all`);
    case 'alone':
      return log.warn(
        { 'error.message': printable(why) },
        `fleet: this instance reads the directory for itself: ${printable(why)}`,
      );
  }
}
