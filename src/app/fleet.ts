// The fleet beside the binds, where `fleet` is set: there before its store is, and through changes of the configuration.
import type { Config, FleetConfig } from '../config/config.js';
import type { Limits } from '../fleet/check.js';
import type { Purge, PurgesBefore } from '../fleet/purges.js';
import type { CredentialCache } from '../gate/bind/credential-cache.js';
import { SharedChecks } from '../gate/bind/shared-checks.js';
import type { Permit } from '../gate/ports.js';
import type { FleetState } from '../ops/state.js';
import { Histogram } from '../ops/telemetry/histogram.js';
import { same } from './differing-keys.js';
import type { FleetSide, FleetSideParts } from './fleet-side.js';
import type { RevokedMemory } from './revocation.js';

export interface FleetSurroundings extends Pick<FleetSideParts, 'purged' | 'defect'> {
  /** The store has become another than it was: `trouble` says why it is away; undefined: it is back. */
  readonly turned: (trouble: string | undefined) => void;
}

/** Of what was decided before the fleet was there. */
const UNTOLD: Permit = { settled: () => {} };

/** The fleet side of a running app: connects to the store while `fleet` is set, follows reloads, and counts what was decided together and alone. */
export class Fleet {
  side: FleetSide | undefined;
  /** Replaced ones that still report what was under way. */
  private readonly leaving = new Set<FleetSide>();
  private fleet: FleetConfig | undefined;
  private made: unknown;
  /** Which purges the side that is there, or was there last, receives: the others of its fleet send them by the same. */
  private stream: unknown;
  /** Of the last side that has left. */
  private purges: PurgesBefore | undefined;
  /** How long the store took for decisions. */
  readonly took = new Histogram();
  private before = { store: 0, local: 0 };
  private wasWell = false;
  private since = Date.now();

  constructor(private readonly surroundings: FleetSurroundings) {}

  /** Of an app; undefined where there is no fleet. `limits`: as they are at the moment. */
  checksFor({ fleet }: Pick<Config, 'fleet'>, app: string, limits: () => Limits): SharedChecks | undefined {
    if (fleet === undefined) return undefined;
    let side: FleetSide | undefined;
    let port: ReturnType<FleetSide['decisions']['forApp']> | undefined;
    return new SharedChecks({
      decide: (question, decided) => {
        if (side !== this.side) {
          side = this.side;
          port = side?.decisions.forApp(app, limits);
        }
        return port === undefined ? { kind: 'alone', permit: UNTOLD } : port.decide(question, decided);
      },
    });
  }

  /** True if it shares by the same as this configuration has. */
  keeps(config: Config): boolean {
    return same(madeOf(config), this.made);
  }

  /** Shares by this configuration from now on, or nothing. Leave the previous sharing first: its store is closed once it knows what was under way. */
  async use(config: Config): Promise<void> {
    if (this.keeps(config)) return;
    const { fleet } = config;
    const made = madeOf(config);
    void this.stop(true);
    this.made = made;
    this.fleet = fleet;
    if (fleet === undefined) return;
    const { makeFleetSide } = await import('./fleet-side.js');
    // Another configuration may have come meanwhile.
    if (this.made !== made) return;
    const { purged, defect, turned } = this.surroundings;
    const stream = [fleet.url, fleet.key, fleet.prefix, config.upstream.baseDN];
    const isOther = !same(stream, this.stream);
    const before = this.purges && { ...this.purges, ...(isOther && { last: undefined, epoch: undefined }) };
    this.stream = stream;
    this.purges = undefined;
    this.side = makeFleetSide(fleet, config, { purged, defect, before, took: (ms) => this.took.add(ms) });
    const { store } = this.side;
    this.wasWell = true;
    store.onHealth((health) => {
      const isWell = health === 'well';
      if (isWell === this.wasWell) return;
      this.wasWell = isWell;
      this.since = Date.now();
      turned(isWell ? undefined : (store.trouble ?? health));
    });
  }

  /** Tells all others to forget it as well. */
  announce(purge: Purge): void {
    const { side, fleet, purges } = this;
    if (side !== undefined) side.purges.announce(purge);
    // It is being loaded.
    else if (fleet !== undefined)
      this.purges = { last: purges?.last, epoch: purges?.epoch, waiting: [...(purges?.waiting ?? []), purge] };
  }

  /** What revocations are carried out on: this instance's memory, and that of all others. */
  revoking(cache: CredentialCache): RevokedMemory {
    if (this.fleet === undefined) return cache;
    return {
      revoke: (account, sessions) => {
        cache.revoke(account);
        this.announce({ kind: 'revoke', account, sessions });
      },
      renew: (account) => {
        cache.renew(account);
        this.announce({ kind: 'renew', account });
      },
      revokeAll: () => {
        cache.revokeAll();
        this.announce({ kind: 'revokeAll' });
      },
    };
  }

  /** Undefined where there is no fleet. */
  get state(): FleetState | undefined {
    const { fleet, side, before } = this;
    if (fleet === undefined) return undefined;
    const { store, local } = side?.decisions.counts ?? { store: 0, local: 0 };
    const trouble = side === undefined ? 'not loaded yet' : side.store.trouble;
    return {
      instance: fleet.instance,
      store: fleet.url,
      up: side?.store.health === 'well',
      together: side?.decisions.isTogether ?? false,
      since: new Date(this.since).toISOString(),
      ...(trouble === undefined ? {} : { trouble }),
      decisions: { store: before.store + store, local: before.local + local },
    };
  }

  /** `isReplaced`: another configuration follows. */
  async stop(isReplaced = false): Promise<void> {
    const { side, leaving } = this;
    this.made = this.fleet = undefined;
    if (!isReplaced) await Promise.all([...leaving].map((one) => one.close(false)));
    if (side === undefined) return;
    this.before = {
      store: this.before.store + side.decisions.counts.store,
      local: this.before.local + side.decisions.counts.local,
    };
    this.side = undefined;
    const { last, unsent: waiting } = side.purges;
    this.purges = { last, waiting, epoch: side.decisions.epoch };
    leaving.add(side);
    await side.close(isReplaced);
    leaving.delete(side);
  }
}

/** What a side is made from. */
function madeOf({ fleet, upstream, binds }: Config): unknown[] {
  return [fleet, upstream.baseDN, upstream.operationTime, binds.refusedTtl, binds.cache.ttl];
}
