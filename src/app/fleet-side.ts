// What an instance shares with others, where `fleet` is set. Without it nothing of it is loaded, and nothing is different.
import type { FleetConfig } from '../config/config.js';
import { FleetNames } from '../fleet/names.js';
import { redisConnect } from '../fleet/redis-client.js';
import { type Store, StoreGuard } from '../fleet/store.js';

/** Milliseconds within which a probe of the connection for snapshots has to be answered: octets may be under way on it. */
const BULK_PATIENCE = 1000;

export interface FleetSide {
  readonly names: FleetNames;
  /** For decisions: what is slow here is given up. */
  readonly store: Store;
  /** For what is large: on a connection of its own, so that no decision waits behind it. */
  readonly bulk: Store;
  /** Of the configuration. */
  readonly instance: string;
  close(): void;
}

/** Connects at once, and works without a store until it is there. */
export function makeFleetSide(
  { url, user, password, key, ca, decisionTime, prefix, instance }: FleetConfig,
  defect: (error: unknown) => void,
): FleetSide {
  const names = new FleetNames(key?.bytes() ?? Buffer.alloc(0), prefix);
  const connect = redisConnect({ url, user, password: password && (() => password.reveal()), ca });
  const shared = { connect, random: Math.random, clock: () => performance.now(), defect };
  const store = new StoreGuard({ ...shared, patience: decisionTime });
  const bulk = new StoreGuard({ ...shared, patience: BULK_PATIENCE });
  return {
    names,
    store,
    bulk,
    instance,
    close: () => {
      void store.close();
      void bulk.close();
    },
  };
}
