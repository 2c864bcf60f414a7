// A look at a fleet from outside: who says in its store that they are there. No instance is needed for it.
import type { Config } from '../config/config.js';
import { type FleetAnswer, instancesOf } from '../ops/http/fleet-route.js';

/** Milliseconds until the store has to be there. */
const PATIENCE = 3000;

/** Rejects with an Error for a configuration without a fleet, and where the store does not answer. */
export async function lookAtFleet(config: Config): Promise<Omit<FleetAnswer, 'fleet'>> {
  const { fleet } = config;
  if (fleet === undefined) throw new Error('fleet.url is not set: this configuration does not belong to a fleet');
  const [{ rollOf }, { openStore }] = await Promise.all([import('./fleet-reading.js'), import('./fleet-side.js')]);
  const { store, names } = openStore(fleet);
  try {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE);
      const leave = store.onHealth((health) => {
        if (health !== 'well') return;
        clearTimeout(timer);
        leave();
        resolve();
      });
    });
    return instancesOf(await rollOf({ bulk: store, names }));
  } finally {
    await store.close();
  }
}
