// What JumpCloud's API is asked about in a running app, and what follows here from its answers.
import type { LagPace } from '../cloud/lag.js';
import type { Audit } from '../ops/log/audit.js';
import { logFinding } from '../ops/log/cloud-line.js';
import { logLag } from '../ops/log/lag-log.js';
import { logLimits, logNoLimits } from '../ops/log/limits-log.js';
import { printable } from '../ops/log/printable.js';
import { logReader } from '../ops/log/reader-log.js';
import { logGap, logMoreRevoked, logPoll, logRevoked, logUnresolved } from '../ops/log/revocation-log.js';
import type { Telemetry } from '../ops/telemetry/telemetry.js';
import type { Listener } from '../server/listener.js';
import { appOf, type CloudSurroundings, standingOf } from './cloud.js';
import type { Fleet } from './fleet.js';
import type { GuardedLog } from './guarded-log.js';
import { gatesOf, readerName } from './names.js';
import type { Setup } from './setup.js';

export interface CloudNeighbours {
  /** As it is at the moment. */
  readonly setup: () => Setup;
  readonly fleet: Fleet;
  readonly revokeSessions: Listener['revoke'];
  readonly telemetry: Telemetry;
  readonly log: GuardedLog;
  readonly audit: Audit | undefined;
  /** For tests. */
  readonly lagPace: LagPace | undefined;
}

/** What `Cloud` needs, from what is beside it. Nothing here depends on a reload: each part asks for what is there at the moment. */
export function cloudSurroundings(neighbours: CloudNeighbours): CloudSurroundings {
  const { setup, telemetry, log, audit } = neighbours;
  return {
    standing: (account, app) => {
      const { config, stack } = setup();
      return standingOf(account, appOf(config, app), stack.mirror.snapshot, config);
    },
    report: (finding, trace, source, group) => {
      audit?.finding(finding, trace, source);
      log.write((log) => logFinding(log, finding, trace, source, group));
    },
    found: (trace) => telemetry.found(trace),
    defect: log.defect,
    revocation: revocationOf(neighbours),
    reader: {
      changed: (faults) => log.write((log) => logReader(log, readerName(setup().config), faults)),
    },
    limits: {
      read: (lockout) => {
        const limits = setup().memory.limiters.stayBelow(lockout);
        if (limits !== undefined) log.write((log) => logLimits(log, limits, lockout));
      },
      failed: (fault) => log.write((log) => logNoLimits(log, fault)),
    },
    lag: {
      groups: () => gatesOf(setup().config).gates,
      snapshot: () => setup().stack.mirror.snapshot,
      refresh: () => setup().stack.mirror.refreshNow(),
      compared: (lag, before) => log.write((log) => logLag(log, lag, before)),
      pace: neighbours.lagPace,
    },
    failed: (message) => {
      const remedy = 'Check HTTPS_PROXY (http://host:port) and upstream.api; logins work without it.';
      log.unguarded.warn({ 'error.message': printable(message), remedy }, 'upstream.api: JumpCloud’s API is not used');
    },
  };
}

/** What events change here. */
function revocationOf({
  setup,
  fleet,
  revokeSessions,
  log,
}: CloudNeighbours): NonNullable<CloudSurroundings['revocation']> {
  return {
    credentialCache: () => fleet.revoking(setup().memory.credentialCache),
    mirror: () => setup().stack.mirror,
    revokeSessions,
    revoked: (account, kinds, sessions) => log.write((log) => logRevoked(log, account, kinds, sessions)),
    moreRevoked: (accounts) => log.write((log) => logMoreRevoked(log, accounts)),
    unresolved: (kinds, events) => log.write((log) => logUnresolved(log, kinds, events)),
    turned: (outcome) => log.write((log) => logPoll(log, outcome)),
    gap: () => log.write((log) => logGap(log)),
  };
}
