// What an explanation is made in, for one configuration.
import type { Config } from '../config/config.js';
import type { ExplainContext } from '../gate/explain/explain-bind.js';
import type { World } from '../gate/world.js';
import { parseDN } from '../ldap/dn.js';
import { readFaultText } from '../ops/explain/read-faults.js';
import type { UpstreamStack } from './upstream-stack.js';

/** As things stand now. */
export function explainContextOf(
  config: Config,
  context: World,
  stack: UpstreamStack,
  showsValues: boolean,
): ExplainContext {
  const { group, upstream } = config;
  const { user, dn = '' } = upstream.reader;
  const reader = user ?? parseDN(dn)?.[0]?.[0]?.value ?? dn;
  const readFault = readFaultText(stack.mirror.state().lastError, { group: group.name, user: reader });
  return { context, group: group.name, readFault, showsValues };
}
