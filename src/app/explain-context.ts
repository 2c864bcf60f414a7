// What an explanation is made in, for one configuration.
import type { Config } from '../config/config.js';
import type { ExplainContext } from '../gate/explain/explain-bind.js';
import { groupsText } from '../gate/explain/reasons.js';
import type { World } from '../gate/world.js';
import { readFaultText } from '../ops/explain/read-faults.js';
import { gatesOf, readerName } from './names.js';
import type { UpstreamStack } from './upstream-stack.js';

/** The current state, for the app of this name. */
export function explainContextOf(
  config: Config,
  app: string,
  context: World,
  stack: UpstreamStack,
  showsValues: boolean,
): ExplainContext {
  const group = groupsText(config.apps.find(({ name }) => name === app)?.groups ?? []);
  const all = groupsText(gatesOf(config).gates);
  const readFault = readFaultText(stack.mirror.state().lastError, { group: all, user: readerName(config) });
  return { context, group, readFault, showsValues };
}
