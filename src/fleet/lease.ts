// Who reads the upstream for all: a lease in the store, with a number that grows at each acquisition (fencing). Times are the store's own.
import { randomBytes } from 'node:crypto';
import { MOST_HEAD } from './head.js';
import type { FleetNames } from './names.js';
import { type Store, StoreError, script } from './store.js';

/** Milliseconds for which a lease is held without being renewed; it is renewed at a third of them. */
export const LEASE_TIME = 15_000;
/** Milliseconds that one command may take. */
const PATIENCE = 1000;

/** What is in the store at one moment. */
export interface Seen {
  /** Milliseconds since 1970, by the store's clock. */
  readonly now: number;
  /** The fencing number of the lease if it is this instance's, else 0. */
  readonly fence: number;
  /** Published last, as it was sealed; undefined: nothing, or it has expired. */
  readonly head: Buffer | undefined;
}

const NOW = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) ";
/**
 * Takes the lease if it is free, or renews it. The fencing number is above every earlier one, even if the store has lost those: none was above
 * its clock. A number that no script wrote counts as lost. The lease of another instance ends in time, even if the store's clock went back or
 * somebody removed its expiry. A head that is longer than any of ours does not count.
 */
const ENTER = script(`${NOW}
local fence = 0
local last = tonumber(redis.call('GET', KEYS[2]) or 0)
if not last or not (last >= 0 and last < ${Number.MAX_SAFE_INTEGER}) then last = 0 end
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] and last > 0 then
  fence = last
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
elseif not holder then
  fence = math.max(last + 1, now)
  redis.call('SET', KEYS[2], string.format('%.0f', fence))
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
else
  local left = redis.call('PTTL', KEYS[1])
  if left < 0 or left > ${LEASE_TIME} then redis.call('PEXPIRE', KEYS[1], ${LEASE_TIME}) end
end
local head = redis.call('HGET', KEYS[3], 'sealed') or ''
return { now, fence, #head > ${MOST_HEAD} and '' or head }`);
const RENEW = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('GET', KEYS[2]) ~= ARGV[3] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`);
const RELEASE = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`);

export interface LeaseOptions {
  readonly store: Store;
  readonly names: FleetNames;
  /** The id of what is read: instances that read something else have a lease of their own. */
  readonly reading: string;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Called when it was lost, other than by `release`. */
  readonly lost?: () => void;
  /** Milliseconds. */
  readonly time?: number;
}

/** The lease of the reading instance, with a fencing number. Renewed by a timer; `release()` gives it up. */
export class Lease {
  private token = newToken();
  private fence = 0;
  /** By the clock, from before it was asked for: the store's time of it ends later. */
  private until = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;
  private readonly keys: readonly [string, string, string];
  private readonly time: number;

  constructor(private readonly options: LeaseOptions) {
    const { names, reading, time = LEASE_TIME } = options;
    this.keys = [names.of('lease', reading), names.of('fence', reading), names.of('head', reading)];
    this.time = time;
  }

  /** As far as is known here: a process that was stopped meanwhile learns from the fencing number that it has lost the lease. */
  get isHeld(): boolean {
    return this.fence > 0 && this.options.clock() < this.until;
  }

  /** Takes the lease if nobody has it, and keeps it from then on. Rejects with StoreError. */
  async enter(): Promise<Seen> {
    const { store, clock } = this.options;
    const { token } = this;
    const asked = clock();
    const answer = await store.run(ENTER, this.keys, [token, this.time], PATIENCE);
    const [now, fence, head] = Array.isArray(answer) ? (answer as unknown[]) : [];
    if (typeof now !== 'number' || typeof fence !== 'number' || typeof head !== 'string' || head.length > MOST_HEAD)
      throw new StoreError('garbled', 'an unexpected answer about the lease');
    if (fence > 0 && token === this.token) this.hold(fence, asked);
    else this.lose();
    return { now, fence: this.fence, head: head === '' ? undefined : Buffer.from(head, 'base64') };
  }

  /** Others may take it. Never rejects: the lease expires anyway. */
  async release(): Promise<void> {
    clearTimeout(this.timer);
    const { token, keys } = this;
    // Even if the lease does not seem to be held: an answer may have been lost.
    this.token = newToken();
    this.fence = 0;
    await this.options.store.run(RELEASE, keys.slice(0, 1), [token], PATIENCE).catch(() => {});
  }

  private hold(fence: number, asked: number): void {
    this.fence = fence;
    this.until = asked + this.time;
    this.later();
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.renew(), this.time / 3).unref();
  }

  private async renew(): Promise<void> {
    const { store, clock } = this.options;
    const { token, fence } = this;
    const asked = clock();
    try {
      const isMine = await store.run(RENEW, this.keys.slice(0, 2), [token, this.time, fence], PATIENCE);
      if (token !== this.token || fence !== this.fence) return;
      if (isMine === 1) this.hold(fence, asked);
      else this.lose();
    } catch {
      if (token !== this.token || fence !== this.fence) return;
      // The store is away: it may be back in time.
      if (this.isHeld) this.later();
      else this.lose();
    }
  }

  private lose(): void {
    clearTimeout(this.timer);
    if (this.fence === 0) return;
    this.fence = 0;
    this.token = newToken();
    this.options.lost?.();
  }
}

function newToken(): string {
  return randomBytes(16).toString('base64url');
}
