// What must hold in a simulated fleet at any moment. The first violation ends a simulation.
import type { SharedDecision } from '../../../src/gate/ports.js';
import {
  CACHE_TTL,
  DECISION_TIME,
  FLIGHT,
  LIMITS,
  MAX_STALE,
  MINUTE,
  MOST_REMEMBERED,
  REFRESH,
  type VirtualInstance,
} from './virtual-instance.js';
import type { Spied, VirtualStore } from './virtual-store.js';
import type { Owner, VirtualTime } from './virtual-time.js';
import type { Account, VirtualUpstream } from './virtual-upstream.js';

const NEVER = Number.NEGATIVE_INFINITY;
/** Milliseconds within which everybody is in who has a right password. */
const PROMISED = 2000;
const SECOND = 1000;
/** Milliseconds until all instances decide together again: a store that came and went must be up for 16 probes, and is given a grace. */
const TOGETHER_AGAIN = 40 * SECOND;
/** Events that wait for one instance: timers, answers and messages. */
const MOST_WAITING = 3000;
/** Accounts, addresses and pairs that one instance counts: there are fewer of them in this world. */
const MOST_COUNTED = 3000;
const MOST_NOTES = 20_000;
/** As gate/bind/credential-cache.ts has them: after how many minutes a refused password is asked about again. */
const PAUSES = [1, 30, 120, 360, 1440];

export class Invariants {
  readonly violations: string[] = [];
  /** Why nothing can be promised at the moment: what is broken of the upstream; and of all else. */
  readonly broken = new Set<string>();
  /** When something was broken last, of the upstream, and of anything. */
  upstreamBackAt = NEVER;
  wellSince = 0;
  emptiedAt = NEVER;
  /** How often it was looked: an invariant that is never checked holds always. */
  readonly looked: Record<string, number> = {};
  private readonly decidedAlone = new Map<string, number>();
  private readonly lostAttempts = new Map<string, number[]>();
  private readonly revokedAt = new Map<string, number>();
  /** Recent events, to help explain a violation. */
  private readonly notes: string[] = [];
  private fence = 0;
  private generation = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly upstream: VirtualUpstream,
    private readonly store: VirtualStore,
  ) {
    upstream.refused = (uid) => this.wrongReachedUpstream(uid);
    store.spy = (spied) => this.published(spied);
  }

  check(holds: boolean, what: string, detail: () => string): void {
    this.looked[what] = (this.looked[what] ?? 0) + 1;
    if (!holds) this.violations.push(`${what}, ${(this.time.now / SECOND).toFixed(3)} s after the start: ${detail()}`);
  }

  note(text: string): void {
    this.notes.push(`${(this.time.now / SECOND).toFixed(3)} s: ${text}`);
    if (this.notes.length > MOST_NOTES) this.notes.splice(0, MOST_NOTES / 2);
  }

  /** The last that has to do with this: faults, and what was decided for an account. */
  lately(about: string): string[] {
    return this.notes
      .filter((note) => / (begins|ends|stops|dies)$/.test(note) || note.includes(` ${about} `))
      .slice(-60);
  }

  begins(fault: string, isUpstream: boolean): void {
    this.note(`${fault} begins`);
    this.broken.add(fault);
    if (isUpstream) this.upstreamBackAt = Number.POSITIVE_INFINITY;
  }

  ends(fault: string): void {
    this.note(`${fault} ends`);
    this.broken.delete(fault);
    if (![...this.broken].some((each) => each.startsWith('upstream'))) {
      if (this.upstreamBackAt === Number.POSITIVE_INFINITY) this.upstreamBackAt = this.time.now;
    }
    this.wellSince = this.time.now;
  }

  get isWell(): boolean {
    return this.broken.size === 0;
  }

  decided(
    instance: VirtualInstance,
    account: string,
    decision: SharedDecision,
    took: number,
    wasPaused: boolean,
  ): void {
    // The others change nothing.
    if (decision.kind === 'alone' || decision.kind === 'allowed')
      this.note(`${instance.owner.name} decides ${account} ${decision.kind} after ${took.toFixed(1)} ms`);
    const aloneAt = this.decidedAlone.get(account) ?? NEVER;
    if (decision.kind === 'alone') this.decidedAlone.set(account, this.time.now);
    // A store that was frozen decides now what others have given up on: an equal password counts as on its way until they say otherwise.
    const isWaitingForOther = decision.kind !== 'alone' && this.time.now - took - aloneAt < FLIGHT;
    if (wasPaused || isWaitingForOther) return;
    this.check(
      took <= DECISION_TIME + 1,
      'no decision waits for the store longer than 50 ms',
      () => `${took} ms for ${account} at ${instance.owner.name}`,
    );
  }

  /** The store has forgotten everything. What no remaining instance has seen, nobody reports. */
  emptied(isThere: (owner: Owner) => boolean): void {
    this.emptiedAt = this.time.now;
    this.unreported(isThere);
  }

  died(owner: Owner): void {
    this.note(`${owner.name} dies`);
    this.isMissing(owner);
  }

  stopped(owner: Owner): void {
    this.note(`${owner.name} stops`);
    this.isMissing(owner);
  }

  /** What an instance alone has seen, it cannot report to a store that was emptied just now, or has yet to come back. */
  private isMissing(owner: Owner): void {
    const isStoreBroken = [...this.broken].some((fault) => !/^(crash|pause|reader|upstream)/.test(fault));
    const since = Math.max(this.emptiedAt, this.wellSince);
    if (isStoreBroken || this.time.now - since < MINUTE) this.unreported((each) => each !== owner);
  }

  /** Messages are lost, or later than the grace: who keeps its connection does not hear in time of a store that was emptied just now. */
  unheard(): void {
    if (this.time.now - this.emptiedAt < MINUTE) this.unreported(() => false);
  }

  private unreported(isThere: (owner: Owner) => boolean): void {
    for (const [uid, tried] of this.upstream.tried)
      if (tried.some(({ at, owner }) => this.time.now - at < LIMITS.accountWindow + FLIGHT && !isThere(owner)))
        this.decidedAlone.set(uid, this.time.now);
  }

  revoked(account: string): void {
    this.revokedAt.set(account, this.time.now);
  }

  /** Nobody has told what became of a password. */
  lost(account: string): void {
    const lost = this.lostAttempts.get(account) ?? [];
    lost.push(this.time.now);
    this.lostAttempts.set(account, lost);
  }

  /** Somebody was let in who had `began` then. */
  letIn(account: Account, password: string, began: number, owner: Owner): void {
    const { uid, changedAt, removedAt, isMember } = account;
    const isOld = password === account.before;
    this.check(password === account.password || isOld, 'no success with a wrong password', () => `${uid} ${password}`);
    if (isOld && changedAt > NEVER)
      this.check(
        began - changedAt <= CACHE_TTL + 5 * SECOND,
        'a password that was changed ends with the memory of it',
        () => `${uid} after ${began - changedAt} ms`,
      );
    const revokedAt = this.revokedAt.get(uid);
    if (isOld && revokedAt !== undefined && began > revokedAt + SECOND && this.wasWellFrom(revokedAt - TOGETHER_AGAIN))
      this.check(
        false,
        'what was revoked ends immediately',
        () => `${uid} at ${owner.name}, ${began - revokedAt} ms after`,
      );
    if (isMember) return;
    this.check(removedAt > NEVER, 'no success for a non-member', () => uid);
    const from = Math.max(removedAt, this.wellSince);
    const most = this.isWell ? from + 2 * REFRESH + MINUTE : removedAt + MAX_STALE + 2 * REFRESH;
    this.check(began <= most, 'a removed member is out in time', () => `${uid} after ${began - removedAt} ms`);
  }

  /** Somebody with a right password wants in since `began`, and is not in yet, or just now. */
  waits(account: Account, began: number, isKnown: boolean): void {
    const since = this.time.now - Math.max(began, this.upstreamBackAt);
    if (since <= PROMISED) return void this.check(true, 'everybody is in within two seconds', () => '');
    if (this.isExempt(account, isKnown)) return;
    this.check(false, 'everybody is in within two seconds', () => `${account.uid} waits for ${Math.round(since)} ms`);
  }

  /** Once in a while. */
  look(instances: readonly VirtualInstance[]): void {
    const { time } = this;
    const counts = time.waiting();
    for (const instance of instances) {
      const { owner, fleet, cache, limiter } = instance;
      const { generation = 0 } = fleet.reader.state;
      this.check(generation >= instance.generation, 'generations never go back', () => owner.name);
      instance.generation = generation;
      const waiting = counts.get(owner) ?? owner.held.length;
      this.check(waiting <= MOST_WAITING, 'what waits is bounded', () => `${owner.name}: ${waiting}`);
      this.check(
        cache.size <= MOST_REMEMBERED && limiter.size <= MOST_COUNTED,
        'what is cached is bounded',
        () => `${owner.name}: ${cache.size} ${limiter.size}`,
      );
    }
    for (const { size } of this.store.links)
      this.check(size <= 1000, 'commands under way are bounded', () => `${size}`);
    const readers = instances.filter(({ fleet }) => fleet.reader.state.isReader);
    if (time.now - this.emptiedAt > 20 * SECOND)
      this.check(readers.length <= 1, 'one holds the lease', () => readers.map(({ owner }) => owner.name).join());
    if (!this.isWell || time.now - this.wellSince < TOGETHER_AGAIN) return;
    const alone = instances.filter(({ decisions }) => !decisions.isTogether);
    this.check(alone.length === 0, 'all decide together again', () => alone.map(({ owner }) => owner.name).join());
  }

  private wrongReachedUpstream(uid: string): void {
    const { now } = this.time;
    const tried = this.upstream.tried.get(uid) ?? [];
    const lastRight = tried.findLastIndex(({ outcome }) => outcome === 'right');
    const wrong = tried.slice(lastRight + 1).filter(({ at }) => now - at < LIMITS.accountWindow - FLIGHT);
    // One more from where the account has logged in.
    const most = LIMITS.perAccount + 1;
    this.note(`upstream refuses ${uid} at ${tried.at(-1)?.owner.name}`);
    const isAlone = now - (this.decidedAlone.get(uid) ?? NEVER) < LIMITS.accountWindow + FLIGHT;
    if (!isAlone)
      return this.check(
        wrong.length <= most,
        'at most the limit of all instances together',
        () =>
          `${wrong.length} of ${uid}: ${wrong.map(({ at, owner }) => `${Math.round(at)} ${owner.name}`).join(', ')}`,
      );
    const last = wrong.at(-1)?.owner;
    const own = wrong.filter(({ owner }) => owner === last).length;
    this.check(own <= most, 'at most the limit of an instance on its own', () => `${own} of ${uid} at ${last?.name}`);
  }

  private published({ text, args, reply, owner }: Spied): void {
    if (reply !== 'done' || !text.includes("'sealed', ARGV")) return;
    const [fence, generation] = [Number(args[0]), Number(args[1])];
    const said = () =>
      `${owner.name}: fence ${fence} after ${this.fence}, generation ${generation} after ${this.generation}`;
    this.check(fence >= this.fence, 'nobody publishes over a successor', said);
    this.check(generation > this.generation, 'what is published is newer', said);
    this.fence = Math.max(fence, this.fence);
    this.generation = Math.max(generation, this.generation);
  }

  private wasWellFrom(at: number): boolean {
    return this.isWell && this.wellSince <= at;
  }

  /** What the documentation does not promise: whose attempts others have used up. */
  private isExempt(account: Account, isKnown: boolean): boolean {
    const { uid, lockedUntil, rightRefusedAt } = account;
    const { now } = this.time;
    const recent = LIMITS.accountWindow + FLIGHT;
    // The right password was refused then, and is asked about again after growing pauses: several locks, one after the other, make them long.
    const pause = PAUSES[Math.min(rightRefusedAt.length, PAUSES.length) - 1] ?? 0;
    if (now - lockedUntil < 180 * MINUTE || now - (rightRefusedAt.at(-1) ?? NEVER) < (pause + 1) * MINUTE) return true;
    const lost = (this.lostAttempts.get(uid) ?? []).filter((at) => now - at < recent).length;
    const wrong = (this.upstream.tried.get(uid) ?? []).some(
      ({ at, outcome }) => outcome === 'wrong' && now - at < recent,
    );
    if (!wrong) return lost >= 2;
    const isAlone = now - (this.decidedAlone.get(uid) ?? NEVER) < recent;
    return isAlone || lost > 0 || !isKnown;
  }
}
