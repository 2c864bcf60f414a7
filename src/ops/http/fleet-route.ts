// GET /fleet: this instance's part in its fleet, and who else is in it.
import type { Roll } from '../../fleet/roll-call.js';
import { printable } from '../log/printable.js';
import type { FleetState, State } from '../state.js';
import { type Answer, json } from './route.js';

/** What it answers. `instances` is left out where the store cannot be asked, and `trouble` says why. */
export interface FleetAnswer {
  readonly fleet: FleetState;
  readonly instances?: readonly FleetInstance[];
  /** How many say something that does not open with this fleet's key. */
  readonly unreadable?: number;
  /** How many reports were not fetched: too many, or too long. */
  readonly leftOut?: number;
  readonly trouble?: string;
}

export interface FleetInstance {
  readonly instance: string;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly ready: boolean;
  readonly role?: string;
  readonly why?: string;
  readonly generation?: number;
  readonly members?: number;
  /** Since its directory was read, and since its last message. */
  readonly ageSeconds?: number;
  readonly heardSeconds: number;
  /** Nobody has sealed when it was heard: an older version. */
  readonly undated?: boolean;
}

/** Answers GET /fleet: 404 without a fleet; with `trouble` if the store cannot say who is there. */
export async function answerFleet(state: State, roll: () => Promise<Roll | undefined>): Promise<Answer> {
  const { fleet } = state;
  if (fleet === undefined)
    return json(404, { error: 'this instance is not in a fleet: set fleet.url and fleet.keyFile' });
  try {
    return json(200, { fleet, ...instancesOf(await roll()) } satisfies FleetAnswer);
  } catch (error) {
    return json(200, { fleet, trouble: printable((error as Error).message) } satisfies FleetAnswer);
  }
}

/** What others say of themselves is printable here. */
export function instancesOf(roll: Roll | undefined): Pick<FleetAnswer, 'instances' | 'unreadable' | 'leftOut'> {
  const instances = (roll?.instances ?? []).map(
    ({ instance, version, startedAt, ready, role, why, generation, age, members, heard, isDated }): FleetInstance => ({
      instance: printable(instance),
      version: printable(version),
      startedAt: printable(startedAt),
      ready,
      ...(role === undefined ? {} : { role: printable(role) }),
      ...(why === '' ? {} : { why: printable(why) }),
      ...(generation === undefined ? {} : { generation }),
      ...(members === undefined ? {} : { members }),
      // Its last message said how old its directory was.
      ...(age === undefined ? {} : { ageSeconds: Math.round((age + heard) / 1000) }),
      heardSeconds: Math.round(heard / 1000),
      ...(isDated ? {} : { undated: true }),
    }),
  );
  return { instances, unreadable: roll?.unreadable ?? 0, leftOut: roll?.leftOut ?? 0 };
}
