// This instance among the others of its fleet: it says that it is there, and asks who else is.
import type { InstanceReport, Presence, Roll } from '../fleet/roll-call.js';
import type { FleetSide } from './fleet-side.js';

/** Announces this instance to its fleet and reads who else is in it. `report` is this instance's part. */
export class FleetMembers {
  private side: FleetSide | undefined;
  private presence: Presence | undefined;

  constructor(private readonly report: () => InstanceReport) {}

  /** Of this fleet from now on, or of none. */
  async use(side: FleetSide | undefined): Promise<void> {
    if (side === this.side) return;
    const { presence } = this;
    this.side = side;
    this.presence = undefined;
    await presence?.close();
    if (side === undefined) return;
    const { makePresence } = await import('./fleet-reading.js');
    // Another one may have come meanwhile.
    if (side === this.side) this.presence = makePresence(side, this.report);
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
