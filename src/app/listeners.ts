// Who receives every operation and every fault of a running app, one after the other.
import type { Audit } from '../ops/log/audit.js';
import type { ClientLines } from '../ops/log/client-lines.js';
import { type ListenerDefects, Listeners, type NamedListener } from '../ops/telemetry/listeners.js';
import type { Telemetry } from '../ops/telemetry/telemetry.js';
import type { Cloud } from './cloud.js';

/** The audit stream comes first: its line must be written whatever becomes of the others. */
export function makeListeners(
  audit: Audit | undefined,
  lines: ClientLines,
  telemetry: Telemetry,
  cloud: Cloud,
  defects: ListenerDefects,
): Listeners {
  const ofAudit: NamedListener[] =
    audit === undefined
      ? []
      : [{ name: 'audit', operation: (trace, source, now) => audit.operation(trace, source, now) }];
  return new Listeners(
    [
      ...ofAudit,
      {
        name: 'log',
        operation: (trace, source, now) => lines.operation(trace, source, now),
        fault: (fault, detail, source) => lines.fault(fault, detail, source),
        defect: (error, source, trace) => lines.defect(error, source, trace),
      },
      {
        name: 'telemetry',
        operation: (trace, source, now) => telemetry.operation(trace, source, now),
        fault: (fault, detail, source) => telemetry.fault(fault, detail, source),
        defect: (_error, source) => telemetry.fault('defect', '', source),
      },
      cloud,
    ],
    defects,
  );
}
