// What an explanation is made in, for one configuration.
import type { Config } from '../config/config.js';
import type { ExplainContext } from '../gate/explain/explain-bind.js';
import type { World } from '../gate/world.js';
import { readFaultText } from '../ops/explain/read-faults.js';
import { readerName } from './names.js';
import type { UpstreamStack } from './upstream-stack.js';

/** As things stand now. */
export function explainContextOf(
  config: Config,
  context: World,
  stack: UpstreamStack,
  showsValues: boolean,
): ExplainContext {
  const { group } = config;
  const readFault = readFaultText(stack.mirror.state().lastError, { group: group.name, user: readerName(config) });
  return { context, group: group.name, readFault, showsValues };
}
