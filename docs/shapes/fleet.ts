// What `jumpgate fleet --json` prints.
import type { FleetListed } from '../../src/cli/fleet.js';
import type { FleetInstance } from '../../src/ops/http/fleet-route.js';
import type { FleetReadingState, FleetState } from '../../src/ops/state.js';
import { array, choice, count, flag, moment, number, object, of, text, whole } from './shape.js';

const reading = of<FleetReadingState>()(
  object({
    role: choice(['reader', 'taker', 'alone'])
      .describe('reader: it reads for all. taker: it takes what another one reads. alone: it reads for itself')
      .optional(),
    why: text('Why it is alone, or why the others do not have what it reads').optional(),
    isReader: flag('It holds the lease of the reader'),
    generation: count('The number of the newest image in the store').optional(),
    by: text('The instance that has read it').optional(),
    ageSeconds: number('Seconds since it was what JumpCloud said').optional(),
    reads: object({
      shared: count('Reads for all'),
      taken: count('Images that were taken'),
      repeated: count('Images that were taken and brought nothing new'),
      alone: count('Reads for itself'),
    }).describe('Since the start'),
  }),
);

const state = of<FleetState>()(
  object({
    instance: text('How the others call it (fleet.instance)'),
    store: text('The address of the store'),
    up: flag('The store answers in time'),
    together: flag('All instances decide as one'),
    since: moment('Since when up is what it is'),
    trouble: text('Why it is not up').optional(),
    decisions: object({
      store: count('Password checks that the store decided'),
      local: count('Password checks that this instance decided alone'),
    }).describe('Since the start'),
    reading: reading.describe('How it gets its directory; absent before it does').optional(),
  }),
);

const instance = of<FleetInstance>()(
  object({
    instance: text('Its name (fleet.instance)'),
    version: text('Its version of Jumpgate'),
    startedAt: moment('When it started'),
    ready: flag('It is ready to work'),
    role: text('reader, taker or alone; absent before its first read').optional(),
    why: text('Why it is alone, or why the others do not have what it reads').optional(),
    generation: count('The number of the image that it has').optional(),
    members: count('How many may log in there').optional(),
    ageSeconds: whole('Seconds since its directory was read').optional(),
    heardSeconds: whole('Seconds since its last report'),
    undated: flag(
      'heardSeconds is not sealed, as in older versions: somebody who can write to the store can set it',
    ).optional(),
  }),
);

export const fleet = of<FleetListed>()(
  object({
    fleet: state.describe('The part of the instance that was asked; absent with --alone').optional(),
    instances: array(instance)
      .describe('Who is there; absent if the store cannot be asked: trouble says why')
      .optional(),
    unreadable: count('Instances that have another key (fleet.keyFile)').optional(),
    leftOut: count('Reports that were not fetched: too many, or too long').optional(),
    trouble: text('Why the store cannot be asked').optional(),
  }),
);
