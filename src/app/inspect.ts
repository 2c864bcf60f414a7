// One look at the directory for an operator's command: the parts of the product for a configuration, read once, listening to nobody.
import type { Config } from '../config/config.js';
import { LargeValues } from '../directory/apps/app-snapshot.js';
import type { ExplainedResult, ExplainRequest } from '../gate/explain/explain.js';
import { Refreshes } from '../ops/telemetry/refreshes.js';
import type { Rules } from '../server/rules.js';
import { makeAppParts, viewsOf } from './app-parts.js';
import { appOf, Cloud, standingOf } from './cloud.js';
import { makeHouse } from './doors.js';
import { explainContextOf } from './explain-context.js';
import { explainIn, withCloud } from './explain-in.js';
import { makeMemory } from './rules.js';
import { makeUpstreamStack } from './upstream-stack.js';

export interface Inspection {
  /** As `explain` says. A password in it is sent upstream. Rejects with UnknownApp. */
  explain(question: ExplainRequest): Promise<ExplainedResult>;
  close(): void;
}

/** Resolves after one read of the upstream, successful or not. Throws an Error for a name, password or URL that cannot be used. */
export async function inspect(config: Config): Promise<Inspection> {
  // A single read needs no connections kept open for later.
  const once = { ...config, upstream: { ...config.upstream, warmConnections: 0 } };
  const stack = makeUpstreamStack(once, new Refreshes(), () => {}, rethrow);
  const parts = makeAppParts(once, new LargeValues());
  stack.views.use(viewsOf(parts));
  const apps = [...makeHouse(once, stack, makeMemory(once), parts).rules.values()];
  const cloud = new Cloud({
    standing: (account, app) => standingOf(account, appOf(once, app), stack.mirror.snapshot, once),
    report: () => {},
    failed: () => {},
    defect: rethrow,
  });
  await cloud.use(once);
  await stack.mirror.start();
  return {
    explain: async (question) => {
      const contextOf = ({ name, gate }: Rules) => explainContextOf(once, name, gate, stack, true);
      return withCloud(await explainIn(apps, question, contextOf), once, cloud);
    },
    close: () => {
      cloud.stop();
      stack.stop(false);
    },
  };
}

/** A single read reports a defect as it is. */
function rethrow(error: unknown): never {
  throw error;
}
