// Everything that talks to the upstream, for one configuration of it: the mirror, the bind pool, the look-up of names.
import { performance } from 'node:perf_hooks';
import type { Config } from '../config/config.js';
import { SnapshotBuilder } from '../directory/builder.js';
import { Mirror, type MirrorEvent } from '../directory/mirror.js';
import { uidOf } from '../directory/snapshot.js';
import type { FleetReader, FleetReading } from '../fleet/fleet-reader.js';
import type { Layout } from '../layout/layout.js';
import type { Refreshes } from '../ops/telemetry/refreshes.js';
import { inSlices, type Steps } from '../runtime/cooperative.js';
import { BindCoalescing } from '../upstream/bind-coalescing.js';
import { BindPool } from '../upstream/bind-pool.js';
import { Dialer } from '../upstream/dialer.js';
import { NameLookup } from '../upstream/name-lookup.js';
import { AppViews } from './app-view.js';
import type { FleetSide } from './fleet-side.js';
import { endpointsOf, makeReader, mirrorLayout, upstreamTlsOf } from './names.js';

export interface UpstreamStack {
  /** The names in the mirror. */
  readonly layout: Layout;
  /** What apps see of it, where they see something else. */
  readonly views: AppViews;
  readonly mirror: Mirror;
  readonly pool: BindPool;
  readonly verifier: BindCoalescing;
  readonly nameLookup: NameLookup;
  readonly asksForSecondFactor: boolean;
  /** Reads through a fleet from now on, or alone; `changed` is called when the way of reading changes. */
  share(side: FleetSide | undefined, changed: (reading: FleetReading) => void): Promise<void>;
  /** How it comes by its directory in a fleet; undefined where it is alone. */
  readonly reading: FleetReading | undefined;
  /** Reads no more; binds under way are answered if `graceful`, for as long as one may take. */
  stop(graceful: boolean): void;
}

const clock = () => performance.now();
/** Milliseconds of work at a time. */
const SLICE = 1;

/** Not reading yet: `mirror.start()` begins. Throws an Error for a name, password, URL or authority that cannot be used. */
export function makeUpstreamStack(
  config: Config,
  refreshes: Refreshes,
  log: (event: MirrorEvent) => void,
  defect: (error: unknown) => void,
): UpstreamStack {
  const layout = mirrorLayout(config);
  const views = new AppViews();
  const dialer = new Dialer(upstreamTlsOf(config));
  const reader = makeReader(config, layout, dialer);
  const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
  const builder = new SnapshotBuilder({ layout, now: clock, pause });
  const shared: { side: FleetSide | undefined; reader: FleetReader | undefined } = {
    side: undefined,
    reader: undefined,
  };
  const { refresh, doubt } = config.directory;
  const mirror = new Mirror({
    reader: { read: (wanted) => (shared.reader ?? reader).read(wanted) },
    build: async (image) => {
      const snapshot = await builder.build(image);
      await views.build(snapshot);
      return snapshot;
    },
    refresh,
    doubt,
    now: clock,
    random: Math.random,
    log,
    defect,
    measured: (outcome, ms) => refreshes.add(outcome, ms),
  });
  const { connectTime, operationTime, bindConnections: size, warmConnections: warm } = config.upstream;
  const endpoints = endpointsOf(config);
  const pool = new BindPool({ endpoints, dialer, connectTime, operationTime, size, warm, defect });
  return {
    layout,
    views,
    mirror,
    pool,
    verifier: new BindCoalescing(pool, defect),
    nameLookup: new NameLookup({ reader, mirror, uidOf: (entry) => uidOf(entry, layout), time: operationTime, defect }),
    asksForSecondFactor: endpoints.some((endpoint) => endpoint.asksForSecondFactor),
    share: async (side, changed) => {
      if (side === shared.side) return;
      const before = shared.reader;
      shared.side = side;
      shared.reader = undefined;
      await before?.close();
      if (side === undefined) return;
      const { makeFleetReader } = await import('./fleet-reading.js');
      // Another one may have come meanwhile.
      if (shared.side !== side) return;
      const fleetReader: FleetReader = makeFleetReader(side, config, {
        ...{ reader, defect, clock },
        builtDigest: () => builder.digest,
        look: (wanted) => void (wanted === 'new' ? mirror.refreshNow() : mirror.look()),
        changed: () => changed(fleetReader.state),
        run: <Result>(steps: Steps<Result>) => inSlices(steps, SLICE, clock, pause),
      });
      shared.reader = fleetReader;
    },
    get reading() {
      return shared.reader?.state;
    },
    stop: (graceful) => {
      mirror.stop();
      void shared.reader?.close();
      reader.close();
      if (graceful) setTimeout(() => pool.close(), operationTime + 1000).unref();
      else pool.close();
    },
  };
}
