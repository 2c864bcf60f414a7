// How far JumpCloud's LDAP is behind its console: the members of the groups by its API against those that LDAP has, compared again and again.
import type { Steps } from '../runtime/cooperative.js';
import { inTurns } from '../runtime/in-turns.js';
import { burstOf, CALLS_PER_HOUR } from './client/budget.js';
import { type Difference, GroupDifferences, type LdapMembers, type NotCompared } from './lag/group-difference.js';
import { type InSlices, KnownUsers } from './lag/known-users.js';
import { type Direction, type Found, type Lagging, type LaggingList, LaggingMembers } from './lag/lagging.js';
import { type CloudApi, CloudError, type CloudFault } from './ports.js';

/** Milliseconds; shorter in tests. */
export interface LagPace {
  /** From one comparison to the next, and by how much it is more or less. */
  readonly every: number;
  readonly jitter: number;
  /** From one to the next at least, however many events there are; and to the second look at what was found once. */
  readonly between: number;
  /** From an event, or the start, to a comparison at least: LDAP has something to do as well. */
  readonly settle: number;
  /** What a read of LDAP may take. */
  readonly read: number;
}

const PACE: LagPace = { every: 300_000, jitter: 60_000, between: 60_000, settle: 10_000, read: 10_000 };

export interface LagParts {
  /** Names of the groups, as they are in LDAP. */
  readonly groups: () => readonly string[];
  readonly ldap: () => LdapMembers | undefined;
  /** Reads LDAP; resolves when a read that began afterwards is over. */
  readonly refresh: () => Promise<unknown>;
  /** Told of each comparison that has ended, and of the one before it. */
  readonly compared: (report: LagReport, before: LagReport) => void;
  readonly defect: (error: unknown) => void;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
  readonly pace?: LagPace;
}

export type LagFault = CloudFault | NotCompared | 'not-yet' | 'everyone';

export type LagReport =
  /** `not-yet`: nothing was compared so far; `everyone`: no app lets in the members of a group. */
  | { readonly kind: 'unknown'; readonly why: LagFault }
  | {
      readonly kind: 'known';
      /** Milliseconds since 1970. */
      readonly comparedAt: number;
      readonly missing: LaggingList;
      readonly left: LaggingList;
      /** When the oldest of them was seen first: milliseconds since 1970. */
      readonly oldest: number | undefined;
      /** How many groups were compared, and which were not. */
      readonly groups: number;
      readonly notCompared: readonly { readonly group: string; readonly why: NotCompared }[];
    };

const NOT_YET: LagReport = { kind: 'unknown', why: 'not-yet' };
const HOUR = 3_600_000;
/** Milliseconds of the event loop that are taken at a time. */
const SLICE = 0.4;
/** Milliseconds without a comparison after which earlier results are dropped. */
const LONGEST_GAP = HOUR;

/** Compares the groups' members by the API with those in LDAP, every five minutes or so, within a budget of calls. `report` is the latest result. */
export class Lag {
  report: LagReport = NOT_YET;
  private side: Side | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  /** When the next comparison is due, and the earliest moment for one: by the clock. */
  private dueAt = Number.POSITIVE_INFINITY;
  private earliest = Number.NEGATIVE_INFINITY;
  /** Members may have changed while they were being compared. */
  private isWanted = false;
  /** Calls that were made and have not come back yet, and when that was so. */
  private owed = 0;
  private owedAt = Number.NEGATIVE_INFINITY;
  private readonly pace: LagPace;

  constructor(private readonly parts: LagParts) {
    this.pace = parts.pace ?? PACE;
  }

  /** Asks there from now on; undefined: nobody is asked, and nothing is known. */
  use(api: CloudApi | undefined): void {
    clearTimeout(this.timer);
    this.dueAt = Number.POSITIVE_INFINITY;
    this.report = NOT_YET;
    this.side = api === undefined ? undefined : new Side(api, this.parts);
    if (api !== undefined) this.soon();
  }

  /** Members may have changed. */
  soon(): void {
    const { settle, jitter } = this.pace;
    this.isWanted = this.running !== undefined;
    if (this.isWanted) return;
    // Many instances receive one event at the same time.
    this.wake(this.parts.clock() + settle + this.parts.random() * Math.min(settle, jitter));
  }

  /** An event says that this user has changed. */
  doubt(name: string): void {
    this.side?.users.doubt(name);
  }

  /** The user's name by its ID, as far as it is known; empty for a user that is gone. */
  nameOf(id: string): string | undefined {
    return this.side?.users.nameOf(id);
  }

  /** Somebody whom JumpCloud should have in LDAP already, by the last comparison. */
  missing(name: string): Lagging | undefined {
    return this.report.kind === 'known' ? this.side?.members.of('missing', name) : undefined;
  }

  /** Compares once; a call in the meantime is the same one. Never rejects. */
  compare(): Promise<void> {
    clearTimeout(this.timer);
    this.dueAt = Number.POSITIVE_INFINITY;
    this.running ??= this.once().then((next) => {
      this.running = undefined;
      const { isWanted } = this;
      this.isWanted = false;
      this.wake(isWanted ? this.earliest : next);
    });
    return this.running;
  }

  /** When the next one is due. */
  private async once(): Promise<number> {
    const { side } = this;
    const { clock, compared, defect, random } = this.parts;
    const { between, every, jitter } = this.pace;
    const began = clock();
    if (side === undefined) return began;
    const before = side.calls;
    let report: LagReport;
    try {
      report = await side.compare();
    } catch (error) {
      report = { kind: 'unknown', why: error instanceof CloudError ? error.fault : 'garbled' };
      if (!(error instanceof CloudError)) defect(error);
    }
    this.earliest = Math.max(began + between, this.affordableAt(side.calls - before, began));
    // Another API has come meanwhile.
    if (side !== this.side) return this.earliest;
    const last = this.report;
    this.report = report;
    try {
      compared(report, last);
    } catch (error) {
      defect(error);
    }
    const isUnsure = report.kind === 'known' && side.members.unsureUntil !== undefined;
    return isUnsure ? this.earliest : clock() + every + jitter * (2 * random() - 1);
  }

  /** When the next one that costs as much as this one can be paid for: a large group is compared less often. */
  private affordableAt(cost: number, began: number): number {
    const perMs = CALLS_PER_HOUR.lag / HOUR;
    this.owed = Math.max(0, this.owed - (began - this.owedAt) * perMs) + cost;
    this.owedAt = began;
    return began + Math.max(0, this.owed + cost - burstOf('lag')) / perMs;
  }

  /** At that time, or at the earliest one after it. What is due before stays so. */
  private wake(at: number): void {
    if (this.side === undefined) return;
    this.dueAt = Math.min(this.dueAt, Math.max(at, this.earliest));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.compare(), Math.max(0, this.dueAt - this.parts.clock())).unref();
  }
}

/** What belongs to one API. */
class Side {
  readonly users: KnownUsers;
  readonly members: LaggingMembers;
  private readonly differences: GroupDifferences;
  private comparedAt: number | undefined;

  constructor(
    api: CloudApi,
    private readonly parts: LagParts,
  ) {
    const { ldap, clock, pace = PACE } = parts;
    this.members = new LaggingMembers(pace.read);
    this.users = new KnownUsers(api, clock, sliced);
    const isKnown = (name: string) => this.members.of('left', name) !== undefined;
    this.differences = new GroupDifferences({ api, users: this.users, ldap, inSlices: sliced, clock, isKnown });
  }

  get calls(): number {
    return this.users.calls + this.differences.calls;
  }

  /** Rejects with a CloudError. */
  async compare(): Promise<LagReport> {
    const { groups, clock, now, refresh, ldap } = this.parts;
    const names = groups();
    const { members, users, differences } = this;
    if (this.comparedAt !== undefined && clock() - this.comparedAt > LONGEST_GAP) members.forget();
    if (names.length === 0) return { kind: 'unknown', why: 'everyone' };
    // What was seen once counts if LDAP, read later, still has it so: it may not be read for long otherwise.
    const isTooOld = () => members.unsureUntil !== undefined && (ldap()?.takenAt ?? 0) < members.unsureUntil;
    if (isTooOld()) await refresh();
    if (isTooOld()) return { kind: 'unknown', why: 'no-directory' };
    users.begin();
    differences.keep(names);
    const found: Found[] = [];
    const notCompared: { group: string; why: NotCompared }[] = [];
    for (const group of names) {
      const difference = await differences.of(group);
      if (isDifference(difference)) found.push({ ...difference, group });
      else notCompared.push({ group, why: difference });
    }
    users.end();
    await sliced(members.compare(found, now()));
    this.comparedAt = clock();
    const [first] = notCompared;
    if (found.length === 0) return { kind: 'unknown', why: first?.why ?? 'no-group' };
    const [missing, left] = (['missing', 'left'] satisfies Direction[]).map((each) => members.list(each));
    return {
      ...{ kind: 'known', comparedAt: now(), missing: missing!, left: left!, oldest: members.oldest },
      ...{ groups: found.length, notCompared },
    };
  }
}

function isDifference(one: Difference | NotCompared): one is Difference {
  return typeof one !== 'string';
}

const sliced: InSlices = <Result>(steps: Steps<Result>) => inTurns(steps, SLICE);
