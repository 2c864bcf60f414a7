// One look at the directory for an operator's command: the parts of the product for a configuration, read once, listening to nobody.
import type { Config } from '../config/config.js';
import { type Answered, explain, type Question } from '../gate/explain.js';
import { Refreshes } from '../ops/refreshes.js';
import { makeMemory, makeRules } from './rules.js';
import { sceneOf } from './scene.js';
import { makeUpstreamSide } from './upstream-side.js';

export interface Inspection {
  /** As `explain` says. A password in it is sent upstream. */
  explain(question: Question): Promise<Answered>;
  close(): void;
}

/** Resolves after one read of the upstream, successful or not. Throws an Error for a name, password or URL that cannot be used. */
export async function inspect(config: Config): Promise<Inspection> {
  // Whoever asks once needs no connections kept open for later.
  const once = { ...config, upstream: { ...config.upstream, warmConnections: 0 } };
  const side = makeUpstreamSide(once, new Refreshes(), () => {}, rethrow);
  const { gate: context } = makeRules(once, side, makeMemory(once));
  await side.mirror.start();
  return {
    explain: (question) => explain(question, sceneOf(once, context, side, true)),
    close: () => side.stop(false),
  };
}

/** Whoever asks once sees a defect as it is. */
function rethrow(error: unknown): never {
  throw error;
}
