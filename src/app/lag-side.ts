// The members that LDAP has, for the comparison with JumpCloud's API; and what came out of it, as state.

import type { LdapMembers } from '../cloud/lag/group-difference.js';
import type { LaggingList } from '../cloud/lag/lagging.js';
import { Lag, type LagPace, type LagParts, type LagReport } from '../cloud/lag.js';
import type { CloudApi } from '../cloud/ports.js';
import type { Snapshot } from '../directory/snapshot.js';
import { printable } from '../ops/log/printable.js';
import type { LagListState, LagState } from '../ops/state.js';

export interface LagSideParts extends Pick<LagParts, 'groups' | 'refresh'> {
  readonly snapshot: () => Snapshot | undefined;
  /** Told of each comparison. */
  readonly compared: (lag: LagState, before: LagState) => void;
  readonly pace: LagPace | undefined;
}

/** The comparison as the product has it: with its mirror, its clocks and its words. */
export class LagSide {
  private readonly lag: Lag;

  constructor({ snapshot, groups, refresh, compared, pace }: LagSideParts, defect: (error: unknown) => void) {
    this.lag = new Lag({
      ...{ groups, refresh, defect },
      ldap: () => {
        const current = snapshot();
        return current && ldapMembersOf(current);
      },
      compared: (report, before) => compared(lagStateOf(report, Date.now()), lagStateOf(before, Date.now())),
      clock: () => performance.now(),
      now: Date.now,
      random: Math.random,
      ...(pace === undefined ? {} : { pace }),
    });
  }

  start(api: CloudApi): void {
    this.lag.use(api);
  }

  stop(): void {
    this.lag.use(undefined);
  }

  /** Members may be other ones now. */
  soon(): void {
    this.lag.soon();
  }

  /** Something about this user has changed. */
  doubt(name: string): void {
    this.lag.doubt(name);
  }

  /** As `Lag.nameOf`. */
  nameOf(id: string): string | undefined {
    return this.lag.nameOf(id);
  }

  get state(): LagState {
    return lagStateOf(this.lag.report, Date.now());
  }

  /** Milliseconds since 1970. `groups`: undefined for any. */
  missingSince(account: string, groups: readonly string[] | undefined): number | undefined {
    const found = this.lag.missing(account);
    return found === undefined || groups?.includes(found.group) === false ? undefined : found.since;
  }
}

/** The members in a snapshot, in the form that the lag comparison reads. Iterates lazily: one step for each entry. */
export function ldapMembersOf(snapshot: Snapshot): LdapMembers {
  return {
    takenAt: snapshot.takenAt,
    *namesIn(group) {
      const members = snapshot.membersOf([group]);
      for (const { kind, uid } of snapshot.entries) yield kind === 'user' && members.has(uid) ? uid : undefined;
    },
    isAmbiguous: (name) => snapshot.twins.hasUid(name),
  };
}

/** `now`: milliseconds since 1970. */
export function lagStateOf(report: LagReport, now: number): LagState {
  if (report.kind === 'unknown') return { known: false, why: report.why };
  const { comparedAt, missing, left, oldest, groups, notCompared } = report;
  return {
    known: true,
    comparedAt: new Date(comparedAt).toISOString(),
    missing: listOf(missing),
    left: listOf(left),
    oldestSeconds: oldest === undefined ? 0 : Math.max(0, Math.round((now - oldest) / 1000)),
    groups,
    notCompared: notCompared.map(({ group, why }) => ({ group: printable(group), why })),
  };
}

function listOf({ count, some }: LaggingList): LagListState {
  const members = some.map(({ name, group, since }) => ({
    name: printable(name),
    group: printable(group),
    since: new Date(since).toISOString(),
  }));
  return { count, members };
}
