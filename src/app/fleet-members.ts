// This instance among the others of its fleet: it reads the directory with them, says that it is there, and asks who else is.
import type { Config } from '../config/config.js';
import type { InstanceReport, Presence, Roll } from '../fleet/roll-call.js';
import { logReading } from '../ops/log/fleet-log.js';
import type { State } from '../ops/state.js';
import type { Fleet } from './fleet.js';
import type { FleetSide } from './fleet-side.js';
import type { GuardedLog } from './guarded-log.js';
import type { UpstreamStack } from './upstream-stack.js';

/** Takes this instance into its fleet and out of it, and through changes of the configuration. `state` is this instance's. */
export class FleetMembers {
  private side: FleetSide | undefined;
  private presence: Presence | undefined;
  private readonly startedAt = new Date();

  constructor(
    private readonly fleet: Fleet,
    private readonly state: () => State,
    private readonly log: GuardedLog,
  ) {}

  /** In the fleet of this configuration from now on, or in none. `stack`: what reads the directory. */
  async use(config: Config, stack: UpstreamStack): Promise<void> {
    if (!this.fleet.keeps(config)) await this.leave(stack);
    await this.fleet.use(config);
    const { side } = this.fleet;
    await this.read(stack, side);
    await this.appear(side);
  }

  async stop(stack: UpstreamStack): Promise<void> {
    await this.leave(stack);
    await this.fleet.stop();
  }

  /** Out of the fleet: the lease is free before the store is left, and nobody sees this instance any more. */
  private async leave(stack: UpstreamStack): Promise<void> {
    await Promise.all([this.read(stack, undefined), this.appear(undefined)]);
  }

  /** Has a stack read the directory with the fleet as it is at the moment, if there is one. */
  share(stack: UpstreamStack): Promise<void> {
    return this.read(stack, this.fleet.side);
  }

  private read(stack: UpstreamStack, side: FleetSide | undefined): Promise<void> {
    return stack.share(side, (reading) => {
      this.log.write((log) => logReading(log, reading));
      this.say();
    });
  }

  /** Known to the others of this fleet from now on, or to nobody. */
  private async appear(side: FleetSide | undefined): Promise<void> {
    if (side === this.side) return;
    const { presence } = this;
    this.side = side;
    this.presence = undefined;
    await presence?.close();
    if (side === undefined) return;
    const { makePresence } = await import('./fleet-reading.js');
    // Another one may have come meanwhile.
    if (side === this.side) this.presence = makePresence(side, () => reportOf(this.state(), this.startedAt));
  }

  /** What this instance says of itself has changed. */
  say(): void {
    void this.presence?.say();
  }

  /** Undefined without a fleet. Rejects with StoreError. */
  async roll(): Promise<Roll | undefined> {
    const { side } = this;
    if (side === undefined) return undefined;
    const { rollOf } = await import('./fleet-reading.js');
    return rollOf(side);
  }
}

/** What an instance says of itself to the others. */
function reportOf({ ready, version, snapshot, fleet }: State, startedAt: Date): InstanceReport {
  const { role, why = '', generation } = fleet?.reading ?? {};
  const { ageSeconds, members } = snapshot;
  const age = ageSeconds === undefined ? undefined : ageSeconds * 1000;
  return {
    instance: fleet?.instance ?? '',
    version,
    startedAt: startedAt.toISOString(),
    ready,
    role,
    why,
    generation,
    age,
    members,
  };
}
