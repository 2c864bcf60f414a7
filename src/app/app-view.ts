// What one app sees of the mirror: a snapshot of its own over each of the mirror's.
import { type AppShape, appSnapshotSteps, type LargeValues } from '../directory/apps/app-snapshot.js';
import type { GateNames } from '../directory/gates.js';
import type { Snapshot } from '../directory/snapshot.js';
import { inTurns } from '../runtime/in-turns.js';

/** Milliseconds per turn: the longest that a burst of logins waits for it. */
const SLICE = 1;

/** Builds and caches one app's snapshot for each snapshot of the mirror; a few milliseconds per turn of the event loop. */
export class AppView {
  private readonly made = new WeakMap<Snapshot, Promise<Snapshot>>();
  private readonly ready = new WeakMap<Snapshot, Snapshot>();

  /** `gates`: whose members are in the app. `room`: shared by all apps. */
  constructor(
    private readonly gates: GateNames,
    private readonly shape: Omit<AppShape, 'members'>,
    private readonly room: LargeValues,
  ) {}

  /** Makes the app's snapshot over one of the mirror's, once. */
  build(base: Snapshot): Promise<Snapshot> {
    let made = this.made.get(base);
    if (made === undefined) {
      made = this.make(base);
      this.made.set(base, made);
    }
    return made;
  }

  /** The app's snapshot over this one; undefined if it was not made yet. */
  of(base: Snapshot): Snapshot | undefined {
    return this.ready.get(base);
  }

  private async make(base: Snapshot): Promise<Snapshot> {
    const members = base.membersOf(this.gates);
    const shape = { ...this.shape, members: (uid: string) => members.has(uid) };
    const snapshot = await inTurns(appSnapshotSteps(base, shape, this.room), SLICE);
    this.ready.set(base, snapshot);
    return snapshot;
  }
}

/** The views of all apps over one mirror. */
export class AppViews {
  private current: readonly AppView[] = [];
  private coming: readonly AppView[] = [];
  /** The mirror's newest, which nobody may see yet. */
  private next: Snapshot | undefined;

  /** To be called with each new snapshot of the mirror before anybody sees it. */
  async build(base: Snapshot): Promise<void> {
    this.next = base;
    for (const view of [...this.current, ...this.coming]) await view.build(base);
  }

  /** Resolves when the views of a new configuration have what the mirror has; from then on each new read is built for them as well. */
  async prepare(views: readonly AppView[], newest: () => Snapshot | undefined): Promise<void> {
    this.coming = views;
    // A read may bring another one meanwhile, and may be about to show one that it has built for the views before alone.
    const missing = () => [newest(), this.next].find((base) => base !== undefined && isMissing(views, base));
    for (let base = missing(); base !== undefined; base = missing()) for (const view of views) await view.build(base);
  }

  /** Replaces the current views, and those that were prepared. */
  use(views: readonly AppView[]): void {
    this.current = views;
    this.coming = [];
  }

  /** Those that were prepared are not wanted. */
  drop(): void {
    this.coming = [];
  }
}

function isMissing(views: readonly AppView[], base: Snapshot): boolean {
  return views.some((view) => view.of(base) === undefined);
}
