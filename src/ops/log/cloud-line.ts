// The second line of a refused bind: what JumpCloud's API says about it.

import type { CloudFinding } from '../../gate/explain/cloud-reason.js';
import { CLOUD_REASONS, sentenceOf } from '../../gate/explain/cloud-reasons.js';
import type { Trace } from '../../gate/trace.js';
import { appField, type Logger } from './log.js';
import { printable } from './printable.js';
import type { LogSource } from './source.js';

/** At info. `ldap.connection` and `reference` are those of the refusal's own line; `group` is for the remedy. */
export function logFinding(log: Logger, finding: CloudFinding, trace: Trace, source: LogSource, group: string): void {
  const user = printable(finding.account);
  const remedy = CLOUD_REASONS[finding.reason].remedy({ user, group: printable(group) });
  log.info({ ...findingFields(finding, trace, source), remedy }, `JumpCloud: ${sentenceOf(finding)}`);
}

/** Without the remedy. */
export function findingFields(finding: CloudFinding, trace: Trace, source: LogSource) {
  const user = printable(finding.account);
  return {
    'ldap.connection': source.connection,
    ...appField(source),
    'user.name': user,
    reason: trace.reason,
    ...(trace.reference === '' ? {} : { reference: trace.reference }),
    'cloud.reason': finding.reason,
    'cloud.calls': finding.calls,
  };
}
