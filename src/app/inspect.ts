// One look at the directory for an operator's command: the parts of the product for a configuration, read once, listening to nobody.
import type { Config } from '../config/config.js';
import { LargeValues } from '../directory/apps/app-snapshot.js';
import type { ExplainedResult, ExplainRequest } from '../gate/explain/explain.js';
import { Refreshes } from '../ops/telemetry/refreshes.js';
import { makeAppParts, viewsOf } from './app-parts.js';
import { makeHouse } from './doors.js';
import { explainContextOf } from './explain-context.js';
import { explainIn } from './explain-in.js';
import { makeMemory } from './rules.js';
import { makeUpstreamStack } from './upstream-stack.js';

export interface Inspection {
  /** As `explain` says. A password in it is sent upstream. Rejects with UnknownApp. */
  explain(question: ExplainRequest): Promise<ExplainedResult>;
  close(): void;
}

/** Resolves after one read of the upstream, successful or not. Throws an Error for a name, password or URL that cannot be used. */
export async function inspect(config: Config): Promise<Inspection> {
  // Whoever asks once needs no connections kept open for later.
  const once = { ...config, upstream: { ...config.upstream, warmConnections: 0 } };
  const stack = makeUpstreamStack(once, new Refreshes(), () => {}, rethrow);
  const parts = makeAppParts(once, new LargeValues());
  stack.views.use(viewsOf(parts));
  const apps = [...makeHouse(once, stack, makeMemory(once), parts).rules.values()];
  await stack.mirror.start();
  return {
    explain: (question) =>
      explainIn(apps, question, ({ name, gate }) => explainContextOf(once, name, gate, stack, true)),
    close: () => stack.stop(false),
  };
}

/** Whoever asks once sees a defect as it is. */
function rethrow(error: unknown): never {
  throw error;
}
