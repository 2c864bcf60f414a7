// What an explanation is made in, for one configuration.
import type { Config } from '../config/config.js';
import type { GateContext } from '../gate/context.js';
import type { Scene } from '../gate/explain-bind.js';
import { parseDN } from '../ldap/dn.js';
import { readFaultText } from '../ops/read-faults.js';
import type { UpstreamSide } from './upstream-side.js';

/** As things stand now. */
export function sceneOf(config: Config, context: GateContext, side: UpstreamSide, showsValues: boolean): Scene {
  const { group, upstream } = config;
  const { user, dn = '' } = upstream.reader;
  const reader = user ?? parseDN(dn)?.[0]?.[0]?.value ?? dn;
  const readFault = readFaultText(side.mirror.state().lastError, { group: group.name, user: reader });
  return { context, group: group.name, readFault, showsValues };
}
