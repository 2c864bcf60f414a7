// What an instance shares with others, where `fleet` is set. Without it nothing of it is loaded, and nothing is different.
import { randomBytes } from 'node:crypto';
import type { Config, FleetConfig } from '../config/config.js';
import { Decisions } from '../fleet/decisions.js';
import { FleetNames } from '../fleet/names.js';
import { type Purge, Purges, type PurgesBefore } from '../fleet/purges.js';
import { redisConnect } from '../fleet/redis-client.js';
import { Seal } from '../fleet/seal.js';
import type { Store } from '../fleet/store.js';
import { StoreGuard } from '../fleet/store-guard.js';
import { formatDN } from '../ldap/dn.js';

/** Milliseconds within which a probe of the connection for snapshots must be answered: data may be in transit on it. */
const BULK_PATIENCE = 1000;
/** Milliseconds for which a store that was emptied decides nothing: meanwhile all instances write to it what they have seen. */
const GRACE = 3000;

export interface FleetSide {
  readonly names: FleetNames;
  /** For decisions: what is slow here is given up. */
  readonly store: Store;
  /** For what is large: on a connection of its own, so that no decision waits behind it. */
  readonly bulk: Store;
  readonly decisions: Decisions;
  readonly purges: Purges;
  /** Of the configuration. */
  readonly instance: string;
  /** `isReplaced`: what is under way is waited for, because the process continues. Without it, it has ended already. */
  close(isReplaced: boolean): Promise<void>;
}

export interface FleetSideParts {
  /** Another instance has forgotten this. */
  readonly purged: (purge: Purge) => void;
  /** Of the side before this one. */
  readonly before: PurgesBefore | undefined;
  /** How long the store took for a decision. */
  readonly took: (ms: number) => void;
  readonly defect: (error: unknown) => void;
}

const clock = () => performance.now();

/** Starts to connect, and works without a store until it is connected. */
export function makeFleetSide(fleet: FleetConfig, config: Config, parts: FleetSideParts): FleetSide {
  const { url, user, password, ca, decisionTime, verdicts, prefix, instance } = fleet;
  const { defect, purged, took, before } = parts;
  const key = fleet.key?.bytes() ?? Buffer.alloc(0);
  const names = new FleetNames(key, prefix);
  const connect = redisConnect({ url, user, password: password && (() => password.reveal()), ca });
  const shared = { connect, random: Math.random, clock, defect };
  const store = new StoreGuard({ ...shared, patience: decisionTime });
  const bulk = new StoreGuard({ ...shared, patience: BULK_PATIENCE });
  const realm = formatDN(config.upstream.baseDN);
  const known = { store, names, realm, random: randomBytes };
  const purges = new Purges({
    ...known,
    seal: new Seal(key, 'purges'),
    heard: purged,
    before,
    stuck: () => decisions.soon(),
  });
  const decisions = new Decisions({
    ...known,
    purges,
    seal: new Seal(key, 'verdicts'),
    clock,
    decisionTime,
    // A bind that is sent once more takes its time once more.
    flight: 2 * config.upstream.operationTime,
    equalTime: 2 * config.upstream.operationTime,
    refusedTtl: config.binds.refusedTtl,
    acceptedTtl: verdicts ? config.binds.cache.ttl : 0,
    grace: GRACE,
    took,
  });
  return {
    ...{ names, store, bulk, decisions, purges, instance },
    close: async (isReplaced) => {
      if (isReplaced) await decisions.reported();
      decisions.close();
      purges.close();
      await Promise.all([store.close(), bulk.close()]);
    },
  };
}

/** The store of a fleet and the names of its keys, for read-only use. Starts to connect. */
export function openStore({ url, user, password, key, ca, prefix }: FleetConfig): { store: Store; names: FleetNames } {
  const connect = redisConnect({ url, user, password: password && (() => password.reveal()), ca });
  const store = new StoreGuard({ connect, random: Math.random, clock, patience: BULK_PATIENCE, defect: () => {} });
  return { store, names: new FleetNames(key?.bytes() ?? Buffer.alloc(0), prefix) };
}
