// Everything that talks to the upstream, for one configuration of it: the mirror, the bind pool, the look-up of names.
import { performance } from 'node:perf_hooks';
import type { Config } from '../config/config.js';
import { SnapshotBuilder } from '../directory/builder.js';
import { Mirror, type MirrorEvent } from '../directory/mirror.js';
import { uidOf } from '../directory/snapshot.js';
import type { Layout } from '../layout/layout.js';
import type { Refreshes } from '../ops/telemetry/refreshes.js';
import { BindCoalescing } from '../upstream/bind-coalescing.js';
import { BindPool } from '../upstream/bind-pool.js';
import { Dialer } from '../upstream/dialer.js';
import { NameLookup } from '../upstream/name-lookup.js';
import { AppViews } from './app-view.js';
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
  /** Reads no more; binds under way are answered if `graceful`, for as long as one may take. */
  stop(graceful: boolean): void;
}

const clock = () => performance.now();

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
  const builder = new SnapshotBuilder({
    layout,
    now: clock,
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  });
  const { refresh, doubt } = config.directory;
  const mirror = new Mirror({
    reader,
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
    stop: (graceful) => {
      mirror.stop();
      reader.close();
      if (graceful) setTimeout(() => pool.close(), operationTime + 1000).unref();
      else pool.close();
    },
  };
}
