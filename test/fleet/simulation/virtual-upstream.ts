// JumpCloud as a simulated fleet sees it: passwords, members, a lock after too many wrong ones; and who has asked what, for the invariants.
import { ReadError, type UpstreamImage } from '../../../src/directory/reader.js';
import type { Verdict } from '../../../src/gate/ports.js';
import { imageWith } from '../../support/fleet-instance.js';
import type { Owner, VirtualTime } from './virtual-time.js';

export interface Account {
  readonly uid: string;
  password: string;
  /** The one before, if it was changed. */
  before: string | undefined;
  isMember: boolean;
  /** When the present password came, and when the membership ended. */
  changedAt: number;
  removedAt: number;
  /** Wrong ones since the last right one. */
  wrong: number;
  lockedUntil: number;
  /** When the right password was refused, because of a lock, since it was accepted last. */
  rightRefusedAt: number[];
}

/** What has reached the upstream. */
export interface Tried {
  readonly at: number;
  readonly owner: Owner;
  readonly outcome: 'right' | 'wrong';
}

/** Wrong passwords in a row that lock an account, and for how long in milliseconds. */
const LOCK_AFTER = 10;
const LOCKED = 1_800_000;

export class VirtualUpstream {
  readonly accounts = new Map<string, Account>();
  readonly tried = new Map<string, Tried[]>();
  isAway = false;
  /** Milliseconds that each answer takes beyond the usual. */
  slowness = 0;
  reads = 0;
  /** A wrong password has been counted. */
  refused: (uid: string) => void = () => {};
  /** Somebody reads the directory. */
  reading: (owner: Owner) => void = () => {};

  constructor(
    private readonly time: VirtualTime,
    private readonly random: () => number,
  ) {}

  add(uid: string, isMember: boolean): Account {
    const none = Number.NEGATIVE_INFINITY;
    const account = {
      uid,
      password: `right of ${uid}`,
      before: undefined,
      isMember,
      changedAt: none,
      removedAt: none,
      wrong: 0,
      lockedUntil: none,
      rightRefusedAt: [],
    };
    this.accounts.set(uid, account);
    return account;
  }

  /** As upstream, where case makes no difference. */
  named(uid: string): Account | undefined {
    return this.accounts.get(uid.toLowerCase());
  }

  get members(): string[] {
    return [...this.accounts.values()].filter(({ isMember }) => isMember).map(({ uid }) => uid);
  }

  /** Decides in the middle of its way. */
  bind(uid: string, password: string, told: (verdict: Verdict) => void): void {
    const { time } = this;
    const { owner } = time;
    const half = 10 + 20 * this.random() + this.slowness / 2;
    if (this.isAway) return void time.after(half, () => told(trouble('upstream-unreachable')), owner);
    time.after(
      half,
      () => {
        const verdict = this.isAway ? trouble('upstream-timeout') : this.judged(uid, password, owner);
        time.after(half, () => told(verdict), owner);
      },
      time.world,
    );
  }

  private judged(uid: string, password: string, owner: Owner): Verdict {
    const account = this.accounts.get(uid);
    const { now } = this.time;
    const isRight = account !== undefined && password === account.password && now >= account.lockedUntil;
    const log = this.tried.get(uid) ?? [];
    this.tried.set(uid, log);
    log.push({ at: now, owner, outcome: isRight ? 'right' : 'wrong' });
    if (!isRight) this.refused(uid);
    if (account === undefined) return { kind: 'refused' };
    account.wrong = isRight ? 0 : account.wrong + 1;
    if (isRight) account.rightRefusedAt = [];
    else if (password === account.password) account.rightRefusedAt.push(now);
    if (account.wrong >= LOCK_AFTER && now >= account.lockedUntil) {
      account.lockedUntil = now + LOCKED;
      account.wrong = 0;
    }
    return { kind: isRight ? 'accepted' : 'refused' };
  }

  /** For the caller. */
  async read(): Promise<UpstreamImage> {
    this.reads++;
    const { time } = this;
    if (this.isAway) {
      await time.sleep(50);
      throw new ReadError('unreachable', 'it is away');
    }
    const { members } = this;
    this.reading(time.owner);
    await time.sleep(200 + 300 * this.random() + this.slowness);
    if (this.isAway) throw new ReadError('unreachable', 'it went away');
    return imageWith(members);
  }
}

function trouble(reason: 'upstream-unreachable' | 'upstream-timeout'): Verdict {
  return { kind: 'trouble', code: 52, reason, detail: reason };
}
